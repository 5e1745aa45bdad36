"""`how much`, `how long`: what is added up, costs or lasts."""

from __future__ import annotations

from clearway.semantics.parsing.atoms import Atom
from clearway.semantics.parsing.counts import CountRules
from clearway.semantics.parsing.cursor import entry_of, span_of
from clearway.semantics.parsing.sketch import Item

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
        index = self._peek(self.at, frozenset(["det", "all", "of", "noise"]))
        if self._kind_at(index) == "noun" and not entry_of(self.atoms[index]).tables:
            self.at = index
            entry, owner, span = self._noun_phrase()
            self._place(Item((atom.start, span[1]), entry=entry, owner=owner, aggregate="sum"))
        elif self._kind_at(index) == "be" and self.atoms[index].text.lower() in _IS:
            self.sketch.heads.append(Item(span_of(atom), concept="cost"))
        else:
            self.howmuch = atom
