"""`how much`, `how long`: what is added up, costs or lasts."""

from __future__ import annotations

from clearway.semantics.parsing.atoms import Atom
from clearway.semantics.parsing.counts import CountRules
from clearway.semantics.parsing.cursor import entry_of, span_of
from clearway.semantics.parsing.sketch import Item

_BEFORE_NAMED = frozenset(["det", "all", "of", "noise"])

_IS = frozenset(["is", "are", "was", "were"])


class HowMuchRules(CountRules):
    """Amounts asked for by `how`."""

    def _howlong(self, atom: Atom) -> None:
        """`how long do jobs take`: what lasts is asked for by how long it does."""
        self.at += 1
        self.sketch.heads.append(Item(span_of(atom), concept="long"))

    def _howmuch(self, atom: Atom) -> None:
        """`how much revenue did we make`, `how much is the track`, `how much did Europe sell`."""
        self.at += 1
        if self._money(atom):
            return
        index = self._peek(self.at, _BEFORE_NAMED)
        if self._kind_at(index) == "noun" and not entry_of(self.atoms[index]).tables:
            self.at = index
            entry, owner, span = self._noun_phrase()
            self._place(Item((atom.start, span[1]), entry=entry, owner=owner, aggregate="sum"))
        elif self._kind_at(index) == "be" and self.atoms[index].text.lower() in _IS:
            self.sketch.heads.append(Item(span_of(atom), concept="cost"))
        else:
            self.howmuch = atom

    def _agg(self, atom: Atom) -> None:
        """`the amount of money spent by Ada`: which amount that is depends on what was spent."""
        if self._kind_at(self._peek(self.at + 1, _BEFORE_NAMED)) == "noun" or not self._money(atom):
            super()._agg(atom)
        else:
            self.at += 1

    def _money(self, atom: Atom) -> bool:
        span = span_of(atom)
        if not self.text[span[0] : span[1]].lower().endswith(" money"):
            return False
        self._place(Item(span, concept="money", aggregate="sum"))
        return True
