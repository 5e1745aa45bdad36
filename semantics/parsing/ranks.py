"""What is ranked: superlatives and the top of a list."""

from __future__ import annotations

from clearway.semantics.frame import Aggregate
from clearway.semantics.parsing.atoms import Atom
from clearway.semantics.parsing.cursor import entry_of, grain_of, span_of
from clearway.semantics.parsing.entries import Entry
from clearway.semantics.parsing.sketch import COND, HEAD, ORDER, Item, Sorting
from clearway.semantics.parsing.values import says_rate
from clearway.semantics.parsing.verb_ranks import VerbRankRules
from clearway.semantics.words.tokens import singular

_FROM_THEN_ON = frozenset(["age", "tenure"])
"""The most of them have those with the earliest date."""

_LASTING = frozenset(["run", "last", "take"])

_BEFORE_RANKED = frozenset(["det", "all", "verb", "unk", "val", "proper", "adj", "noise"])
"""Kinds of words between `top` and what is ranked."""

_MEASURABLE = frozenset(["long", "cost", "tall", "heavy", "wide", "deep"])

_RANKING = frozenset(["top", "super", "adj", "common"])


class RankRules(VerbRankRules):
    """Superlatives."""

    def _super(self, atom: Atom) -> None:
        """`the most albums`, `highest revenue`, `largest payment`, `lowest number of tracks`."""
        if not self._both_extremes(atom):
            self._most(atom)

    def _most(self, atom: Atom) -> None:
        direction, _, sort = atom.value.partition(" ")
        index = self._peek(self.at + 1, frozenset(["det", "all", "of", "be", "noise"]))
        if self._kind_at(index) == "verb" and self._kind_at(index + 1) == "noun":
            # `the most arriving flights`: the verb says in which role.
            verb = self.atoms[index]
            self._relates(verb, verb.value)
            index += 1
            if sort == "value" and self._valued_so(atom, verb, index, direction == "max"):
                return
        rated = self._kind_at(index) == "val" and index + 1 < len(self.atoms)
        if rated and says_rate(self.atoms[index + 1]):
            self._highest_rate(atom, index, direction == "max")
            return
        if self._kind_at(index) == "val" and self._kind_at(index + 1) == "noun":
            # `the most failed runs`: only those are counted.
            self.at = index
            self._val(self.atoms[index])
            index = self.at
        kind = self._kind_at(index)
        if kind in ("count", "agg"):
            self.at = index
            region, self.region = self.region, ORDER
            self.direction = direction == "max"
            self._limit_one()
            (self._count if kind == "count" else self._agg)(self.atoms[index])
            self.region = region if region != HEAD else COND
        elif kind == "rows":
            self._most_rows(atom, index, direction == "max")
        elif kind == "noun":
            self.at = index
            self._most_of(atom, sort, direction == "max")
        elif not (
            self._done_most(direction == "max") or self._last_is_ranked(atom, direction == "max")
        ):
            self._loose(atom)
            self.at += 1

    def _most_of(self, atom: Atom, sort: str, descending: bool) -> None:
        entry, owner, span = self._noun_phrase()
        item = Item((atom.start, span[1]), entry=entry, owner=owner)
        if owner is not None and entry is owner.entry and not entry.measures:
            if sort == "count":
                item.counted, item.aggregate = owner, "count"
            else:
                item.entry, item.concept = None, "value"
                owner.wanted = owner.wanted or self.region == HEAD
        elif self._says_number(atom):
            item.aggregate = "count"
        if self._kind() == "adj" and self.atoms[self.at].value == "time min":
            # `highest commission first` sorts; it does not pick one.
            self.at += 1
            self._add_sorting(Sorting(item.span, item, descending))
            return
        self._limit_one()
        self._add_sorting(Sorting(item.span, item, descending, superlative=True))

    def _both_extremes(self, atom: Atom) -> bool:
        """`highest and lowest salary`: two numbers, of the same column."""
        other = self._peek(self.at + 1, frozenset(["and", "or", "det", "all", "comma"]))
        noun = self._peek(other + 1, frozenset(["det", "all", "of"]))
        if other == self.at + 1 or self._kind_at(other) != "super":
            return False
        if (
            self._kind_at(noun) != "noun"
            or " value" not in f"{atom.value} {self.atoms[other].value}"
        ):
            return False
        self.at = noun
        entry, owner, span = self._noun_phrase()
        if not entry.columns or (owner is not None and entry is owner.entry):
            self._loose(atom)
            return True
        for found in (atom, self.atoms[other]):
            wanted: Aggregate = "max" if found.value.startswith("max") else "min"
            item = Item((found.start, span[1]), entry=entry, owner=owner, aggregate=wanted)
            self._place(item)
        return True

    def _most_rows(self, atom: Atom, index: int, descending: bool) -> None:
        self._limit_one()
        self.at = index + 1
        item = Item((atom.start, self.atoms[index].end), aggregate="count", rows=True)
        following = self._peek(self.at, frozenset(["in", "of", "det", "all"]))
        if following > self.at and self._kind_at(following) == "noun":
            item.counted = self._mention(self.atoms[following])
            self.at = following + 1
        self._add_sorting(Sorting(item.span, item, descending, superlative=True))

    def _last_is_ranked(self, atom: Atom, descending: bool) -> bool:
        """`in which region was revenue highest`: the number before it ranks what was asked for."""
        heads = self.sketch.heads
        if len(heads) + len(self.sketch.groups) != 2 or not heads or self._kind(-1) != "noun":
            return False
        item = heads[-1]
        if item.owner is not None or item.span[1] != self.atoms[self.at - 1].end:
            return False
        heads.pop()
        self._limit_one()
        self._add_sorting(Sorting(item.span, item, descending, superlative=True))
        self.at += 1
        return True

    def _says_number(self, atom: Atom) -> bool:
        return "number of" in self.text[atom.start : atom.end].lower()

    def _adj(self, atom: Atom) -> None:
        """`youngest employee`, `last 10 runs`, `longest and shortest tracks`."""
        concept, _, direction = atom.value.partition(" ")
        if self._of_a_number(concept):
            atom.value = f"{direction} value"
            self._super(atom)
        elif not self._two_extremes(atom, concept):
            self._one_extreme(atom, concept, direction)

    def _two_extremes(self, atom: Atom, concept: str) -> bool:
        """`longest and shortest tracks`: two numbers of one column."""
        other = self._peek(self.at + 1, frozenset(["and", "or", "det", "all", "comma"]))
        if self._kind_at(other) != "adj" or not self.atoms[other].value.startswith(f"{concept} "):
            return False
        for found in (atom, self.atoms[other]):
            wanted: Aggregate = "max" if found.value.endswith("max") else "min"
            self.sketch.heads.append(Item(span_of(found), concept=concept, aggregate=wanted))
        self.paired = other
        self.at = other + 1
        return True

    def _one_extreme(self, atom: Atom, concept: str, direction: str) -> None:
        self.at += 1
        if self._kind() == "adj" and self.atoms[self.at].value == "time min":
            # `most expensive first` sorts; it does not pick one.
            self.at += 1
            descending = (direction == "max") != (concept == "age")
            self._add_sorting(
                Sorting(span_of(atom), Item(span_of(atom), concept=concept), descending)
            )
            return
        if self._kind() == "num":
            self.limit = (int(self.atoms[self.at].count), self.atoms[self.at])
            self.at += 1
        unlimited = self.limit is None and self.sketch.limit is None
        listing = concept == "time" and unlimited and self._several_ranked()
        concept = self._tenure(concept)
        self._limit_one()
        item = Item(span_of(atom), concept=concept)
        if concept == "time":
            item.verb = self._last_done(atom)
        if self._kind() == "verb" and self.atoms[self.at].value in _LASTING:
            # `the longest running job`: said by the adjective already.
            self.atoms[self.at].kind = "noise"
            self.at += 1
        following = self._peek(self.at, frozenset(["det", "all", "val"]))
        if self._kind_at(following) == "noun":
            entry = entry_of(self.atoms[following])
            if entry.tables:
                item.owner = self._mention(self.atoms[following])
            elif following == self.at and sortable(entry):
                item.entry, item.concept = entry, ""
                self.at += 1
        elif self._kind_at(following) == "agg" and self.atoms[following].value == "avg":
            item.aggregate = "avg"
            self.at = following + 1
        descending = (direction == "max") != (concept in _FROM_THEN_ON and not item.entry)
        sorting = Sorting(span_of(atom), item, descending, superlative=True)
        sorting.listing = listing and item.owner is not None
        self._add_sorting(sorting)

    def _of_a_number(self, concept: str) -> bool:
        """`the longest flight distance`: the number is named, not only the thing."""
        if concept not in _MEASURABLE or self._kind(1) != "noun":
            return False
        if not entry_of(self.atoms[self.at + 1]).tables or self._kind(2) != "noun":
            return False
        named = entry_of(self.atoms[self.at + 2])
        terms = [term for owned in named.columns.values() for term in owned]
        return not named.tables and bool(terms) and all(term.number for term in terms)

    def _top(self, atom: Atom) -> None:
        """`top 5 products by revenue`; what they are ranked by comes behind `by` or `with`."""
        self.ranked = span_of(atom)
        self.at += 1
        self.direction = atom.value == "max"
        if self._kind() == "num":
            number = self.atoms[self.at]
            self.limit = (int(number.count), number)
            self.at += 1
            if number.value and not self._step(number):
                self._loose(number)
        if self.limit is not None or not self._several_ranked():
            self._limit_one()
        else:
            self.listing = True
        self.superlative = True

    def _several_ranked(self) -> bool:
        """`top products`: all of them, best first; `top product`, `top sales region`: one."""
        index = self._peek(self.at, _BEFORE_RANKED)
        while self._kind_at(index + 1) == "noun":
            index += 1
        if self._kind_at(index) != "noun":
            return False
        atom = self.atoms[index]
        last = self.text[atom.start : atom.end].split()[-1].lower()
        return singular(last) != last

    def _step(self, atom: Atom) -> bool:
        """`top 3 months`, `which 2 weeks`: steps of time are asked for."""
        grain = grain_of(atom.value)
        ranked = any(later.kind in _RANKING for later in self.atoms)
        if grain is None or not ranked or self._asked_something():
            return False
        self.sketch.groups.append(Item(span_of(atom), grain=grain))
        return True

    def _common(self, atom: Atom) -> None:
        """`most common genre`: the value that most rows of what is asked about have."""
        self.at += 1
        direction, _, loosely = atom.value.partition(" ")
        if self._kind() == "adj" and self.atoms[self.at].value == "time min":
            # `most popular first` sorts; it does not pick one.
            self.at += 1
            self._add_sorting(Sorting(span_of(atom), None, direction == "max"))
            return
        self._limit_one()
        item = Item(span_of(atom), aggregate="count", rows=True, loosely=bool(loosely))
        if self.verb is not None:
            item.verb, item.verb_entry = self.verb.value, self.verb.entry
        conditions = self.sketch.conditions
        if conditions and conditions[-1].span[1] == atom.start - 1:
            item.so = conditions[-1]
        self._add_sorting(Sorting(span_of(atom), item, direction == "max", superlative=True))


def sortable(entry: Entry) -> bool:
    """Whether a column can be the latest or the longest, rather than have one that is."""
    terms = [term for owned in entry.columns.values() for term in owned]
    return all(term.number or term.time for term in terms)
