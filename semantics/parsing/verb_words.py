"""Verbs: what they lead to, and where a word that may be one is not."""

from __future__ import annotations

from clearway.semantics.parsing.atoms import Atom
from clearway.semantics.parsing.cursor import entry_of
from clearway.semantics.parsing.orders import OrderRules
from clearway.semantics.parsing.sketch import COND, GROUP
from clearway.semantics.words.tokens import singular

BEFORE_NAMES = frozenset(["det", "of", "no", "agg", "super", "share"])

_BEFORE_VERBS = frozenset(["to", "i", "we", "me", "us", "it", "they", "he", "she", "them"])

_ASKING = frozenset(["ask", "be", "who", "rel", "has", "mine"])

_BEHIND_NOUNS = frozenset(["by", "each", "of", "in", "end", "stop", "period", "grain", "trend"])

COLLECTIVES = frozenset(["staff", "crew", "personnel", "people", "team", "everyone"])
"""Words in the singular that verbs follow in the plural."""

_GOING = frozenset(["change", "develop", "evolve"])

_NOTHING_MORE = frozenset(["end", "stop", "by", "each", "and", "comma"])

_BEFORE_ADJECTIVES = frozenset(["open", "det", "all", "which", "count", "of", "no", "with", "agg"])

_ARE = frozenset(["is", "are", "was", "were", "be", "been", "isn't", "aren't"])

_UNCHANGED = frozenset(
    ["run", "set", "put", "cut", "read", "hit", "let", "shut", "cost", "split", "spread", "cast"]
)
"""Verbs whose plain form is also what was done to something."""


class VerbRules(OrderRules):
    """What a verb does where it stands."""

    def _verb(self, atom: Atom) -> None:
        if atom.text.lower() == atom.value and (self._names_something() or self._compounded()):
            # `the rate of products`, `out of stock`: a noun nobody knows.
            self._loose(atom)
            self.at += 1
            return
        if self._says_how_it_is(atom) or self._describes(atom):
            # `tickets that are open`: so they are now, which is no event.
            self._loose(atom)
        self._relates(atom, atom.value)
        if atom.value in _GOING and self.text[: self.atoms[0].end].lower().startswith("how"):
            self.sketch.trend = True
        if self.region == GROUP:
            self.region = COND

    def _says_how_it_is(self, atom: Atom) -> bool:
        """Whether a verb stands behind `are` as an adjective does (`open`, `running`)."""
        said = atom.text.lower()
        plain = said == atom.value and not said.endswith("ed") and said not in _UNCHANGED
        lasting = said.endswith("ing") and self._kind_at(self._last_noise(1)) in _NOTHING_MORE
        if not (plain or lasting):
            return False
        index = self.at - 1
        while self._kind_at(index) in ("noise", "not"):
            index -= 1
        before = self.atoms[index] if index >= 0 else None
        if before is None or before.kind not in ("be", "rel", "who"):
            return False
        return self.text[before.start : before.end].split()[-1].lower() in _ARE

    def _describes(self, atom: Atom) -> bool:
        """`running jobs`: those that do so now; not in `best selling products`."""
        if not atom.text.lower().endswith("ing") or self._kind(1) != "noun":
            return False
        before = self._kind(-1) if self.at else "open"
        return before in _BEFORE_ADJECTIVES and bool(entry_of(self.atoms[self.at + 1]).tables)

    def _last_noise(self, offset: int) -> int:
        return self._peek(self.at + offset, frozenset(["noise", "det"]))

    def _compounded(self) -> bool:
        """`units sold rate by region`: the last of two nouns; not in `what do customers rate`."""
        before, following = self._kind(-1), self._kind(1)
        if before not in ("noun", "val") or following not in _BEHIND_NOUNS:
            return False
        asked = any(a.kind in _ASKING for a in self.atoms[: self.at])
        last = self.atoms[self.at - 1]
        said = self.text[last.start : last.end].split()[-1].lower()
        plural = last.kind == "noun" and entry_of(last).tables and singular(said) != said
        return not (asked or plural or said in COLLECTIVES)

    def _names_something(self) -> bool:
        """Whether a noun belongs here: `the rate`, `of stock`, `our rent`; not `we rent`."""
        if self.at == 0:
            return False
        before = self.atoms[self.at - 1]
        if before.kind in ("num", "open", "adj", "top") and self._kind(1) == "noun":
            # `five star hotels`, `list lead actors`
            return True
        if before.kind in ("mine", "poss", "in", "with"):
            return before.text.lower() not in _BEFORE_VERBS
        return before.kind in BEFORE_NAMES
