"""The order of rows: `sorted by price`, `most expensive first`, `alphabetically`."""

from __future__ import annotations

from clearway.semantics.parsing.atoms import Atom
from clearway.semantics.parsing.cursor import GLUE, entry_of, span_of
from clearway.semantics.parsing.ranks import RankRules, sortable
from clearway.semantics.parsing.sketch import ORDER, Item, Sorting

_ARTICLES = frozenset(["det", "all"])

_DONE_SO = frozenset(["end", "stop", "val", "quote", "proper", "in", "period"])
"""What stands behind `ordered` where somebody did so."""

_SORTED_BY = frozenset(["of", "by", "noun", "count", "agg"])


class OrderRules(RankRules):
    """Sorting."""

    def _order(self, atom: Atom) -> None:
        """`sorted by price`; `what has Ada ordered`, `ordered a lamp` are no sorting."""
        said = atom.text.lower() or self.text[atom.start : atom.end].lower()
        following = self._kind_at(self._peek(self.at + 1, frozenset(["det", "all"])))
        if said.startswith("order") and following in _DONE_SO:
            self._relates(atom, "order")
            return
        if not self._asked_something():
            # `Sort employee names by age`: what is sorted comes first.
            self.superlative = True
            self.direction = said.startswith("rank")
            self.at += 1
            return
        self.region = ORDER
        self.at += 1
        if self._kind() == "by":
            self.at += 1
        if (
            said.startswith("rank")
            and self._kind() == "noun"
            and sortable(entry_of(self.atoms[self.at]))
        ):
            self.direction = True

    def _dir(self, atom: Atom) -> None:
        way, _, concept = atom.value.partition(" ")
        descending = way == "desc"
        if self.sketch.sortings and not self.sketch.sortings[-1].superlative:
            self.sketch.sortings[-1].descending = descending
        elif self._kind_at(self._peek(self.at + 1, _ARTICLES)) in _SORTED_BY:
            self.direction = descending
            self.region = ORDER
        elif self.region == ORDER and self._kind_at(self._peek(self.at + 1, GLUE)) == "noun":
            self.direction = descending
        else:
            sorting = Sorting(span_of(atom), None, descending, concept=concept)
            self.sketch.sortings.append(sorting)
        self.at += 1

    def _alpha(self, atom: Atom) -> None:
        self.at += 1
        index = self._peek(self.at, frozenset(["of", "by", "det", "all"]))
        descending = atom.value == "desc"
        if index > self.at and self._kind_at(index) == "noun":
            self.at = index
            entry, owner, span = self._noun_phrase()
            self._add_sorting(Sorting(span, Item(span, entry=entry, owner=owner), descending))
        elif all(sorting.superlative for sorting in self.sketch.sortings):
            self._add_sorting(Sorting(span_of(atom), None, descending, by_label=True))
