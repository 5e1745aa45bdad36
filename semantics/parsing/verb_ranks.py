"""What is ranked by a verb: the highest rated, who earns the most, the highest failure rate."""

from __future__ import annotations

from clearway.semantics.parsing.atoms import Atom
from clearway.semantics.parsing.comparisons import PRICED
from clearway.semantics.parsing.cursor import entry_of
from clearway.semantics.parsing.how_much import HowMuchRules
from clearway.semantics.parsing.sketch import HEAD, Item, Sorting
from clearway.semantics.words.verbs import link_verbs

_CHOOSING = frozenset(["use", "order", "buy", "sell", "rent", "book", "borrow", "prescribe"])

_SERVING = frozenset(["serve", "work"])


class VerbRankRules(HowMuchRules):
    """Superlatives whose number a verb or a state names."""

    def _valued_so(self, atom: Atom, verb: Atom, index: int, descending: bool) -> bool:
        """`highest rated restaurant`, `lowest paid nurses`: by the number the verb names."""
        noun = self.atoms[index]
        if not entry_of(noun).tables:
            return False
        self.at = index + 1
        self.verb = None
        mention = self._mention(noun)
        mention.wanted = mention.wanted or self.region == HEAD
        concept = PRICED.get(verb.value, f"by {verb.value}")
        item = Item((atom.start, noun.end), concept=concept, owner=mention)
        self._limit_one()
        self._add_sorting(Sorting(item.span, item, descending, superlative=True))
        return True

    def _highest_rate(self, atom: Atom, index: int, descending: bool) -> None:
        """`the highest failure rate`: groups are ranked by how many of their rows are so."""
        rate = self._rate_item(self.atoms[index], self.atoms[index + 1], None)
        self.at = index + 2
        self._limit_one()
        self._add_sorting(Sorting((atom.start, rate.span[1]), rate, descending, superlative=True))

    def _done_most(self, descending: bool) -> bool:
        """`which feature is used most`: by the rows that say it was."""
        verb = self.verb
        if verb is None or self._kind() == "end" or self._kind(1) not in ("end", "stop"):
            return False
        if verb.value in PRICED and (self._asked_something() or self.sketch.person):
            # `who earns the most`
            span = (verb.start, self.atoms[self.at].end)
            item = Item(span, concept=PRICED[verb.value])
            self._limit_one()
            self._add_sorting(Sorting(span, item, descending, superlative=True))
            self.at += 1
            return True
        if not self._asked_something():
            return False
        if verb.value not in _CHOOSING:
            return False
        item = Item((verb.start, self.atoms[self.at].end), aggregate="count", rows=True)
        item.loosely = bool(self.sketch.mentions)
        item.verb = verb.value if self.sketch.mentions else ""
        self._limit_one()
        self._add_sorting(Sorting(item.span, item, descending, superlative=True))
        self.at += 1
        return True

    def _last_done(self, atom: Atom) -> str:
        """Return what is done `most recently`: the verb behind it, else the one before."""
        following = self._kind()
        adverb = self.text[atom.start : atom.end].lower().endswith("ly")
        if following == "verb" and any(head.concept == "time" for head in self.sketch.heads):
            # `when was it last repaired`: that time is asked for, not the one rows have.
            self._loose(atom)
        if not adverb and (following not in ("end", "stop") or self.verb is None):
            return ""
        if following == "verb":
            verb = self.atoms[self.at]
            noun = self._kind(1) == "noun" and bool(entry_of(self.atoms[self.at + 1]).tables)
            if noun and not self._asked_something():
                # `the most recently hired clerk`: they are asked for, and how is said.
                verb.kind = "noise"
                self.at += 1
            return verb.value
        if following == "val":
            return link_verbs().get(self.atoms[self.at].text.lower(), "")
        return self.verb.value if self.verb is not None else ""

    def _tenure(self, concept: str) -> str:
        """`longest-serving clerk`, `who worked longest`: since when they have been there."""
        if concept != "long":
            return concept
        if self._kind() == "verb" and self.atoms[self.at].value in _SERVING:
            self.atoms[self.at].kind = "noise"
            self.at += 1
            return "tenure"
        served = self.verb is not None and self.verb.value in _SERVING
        return "tenure" if served and self._kind() in ("end", "stop", "comma") else concept
