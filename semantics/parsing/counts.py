"""Numbers asked for: what is counted, added up or averaged."""

from __future__ import annotations

from collections.abc import Mapping

from clearway.semantics.frame import Aggregate
from clearway.semantics.parsing.atoms import Atom
from clearway.semantics.parsing.comparisons import ComparisonRules
from clearway.semantics.parsing.cursor import GLUE, entry_of, span_of
from clearway.semantics.parsing.entries import Entry
from clearway.semantics.parsing.sketch import COND, GROUP, HEAD, ORDER, Condition, Item, Sorting

_BEFORE_COUNTED = frozenset(["of", "det", "all", "be", "each", "poss", "noise", "agg", "count"])

_SAYING_HOW = frozenset(["by", "det", "poss", "noise", "be"])

_LINKS = frozenset(["det", "all", "of", "noise", "poss"])


class CountRules(ComparisonRules):
    """Counts and aggregates, and where they go."""

    def _count(self, atom: Atom) -> None:
        """`how many different cities`, `number of albums`, `count failed jobs`, `sales count`."""
        if self._kind(-1) == "noun" and atom.text.lower() == "count" and self._kind(1) != "noun":
            self._count_before(atom)
            return
        self.at += 1
        item = self._shared(Item(span_of(atom), aggregate="count"))
        if self.region == ORDER and self._kind() in ("end", "stop", "comma"):
            # `in descending order of the count`: the one number there is.
            self._add_sorting(Sorting(item.span, None, bool(self.direction)))
            return
        while True:
            kind = self._kind()
            if kind == "distinct":
                item.distinct = True
            elif kind == "val":
                self._val(self.atoms[self.at])
                continue
            elif kind not in _BEFORE_COUNTED or self._in_each():
                break
            self.at += 1
        if self._counted_already(item):
            return
        self._count_what(item)
        self._place(item)
        while item.distinct and item.entry is not None and self._kind() == "and":
            # `the number of different names and places`: both are counted.
            noun = self.atoms[self.at + 1] if self._kind(1) == "noun" else None
            if noun is None or entry_of(noun).tables:
                return
            self.at += 2
            more = Item(span_of(noun), aggregate="count", distinct=True, entry=entry_of(noun))
            self._place(more)

    def _in_each(self) -> bool:
        """`how many in each room`, `count per room`: it is not the rooms that are counted."""
        said = self.text[self.atoms[self.at].start : self.atoms[self.at].end].lower()
        return self._kind() == "each" and said not in ("each", "every", "of each")

    def _counted_already(self, item: Item) -> bool:
        """`How many books are in each genre? List the count`: the number asked for."""
        said = self.text[item.span[0] : item.span[1]].lower()
        behind = self._kind() in ("end", "stop") and self.region == HEAD
        if said not in ("count", "number") or not behind or item.distinct or item.share:
            return False
        numbers = [head for head in self.sketch.heads if head.aggregate is not None]
        return [n.aggregate for n in numbers] == ["count"] and not numbers[0].share

    def _count_before(self, atom: Atom) -> None:
        """`sales count`: the table just named is counted, not listed."""
        self.at += 1
        mention = self.anchor
        if mention is None or mention.entry is not self.atoms[self.at - 2].entry:
            self._loose(atom)
            return
        mention.wanted = False
        span = (mention.span[0], atom.end)
        self.sketch.heads.append(Item(span, aggregate="count", counted=mention))

    def _times(self, atom: Atom) -> None:
        """`how often was X used`: rows are counted, of whatever the rest is about."""
        self.at += 1
        self.sketch.heads.append(Item(span_of(atom), aggregate="count", rows=True))

    def _count_what(self, item: Item) -> None:
        kind = self._kind()
        if kind == "rows":
            item.rows = True
            self.at += 1
            following = self._peek(self.at, GLUE | {"in", "of"})
            if self._kind_at(following) == "noun":
                item.counted = self._mention(self.atoms[following])
                self.at = following + 1
        elif kind == "noun":
            self._count_noun(item)
        elif not self._again(item):
            self._loose_span(item.span)

    def _count_noun(self, item: Item) -> None:
        noun = self.atoms[self.at]
        entry = entry_of(noun)
        self.at += 1
        following = self.atoms[self.at] if self._kind() == "noun" else None
        tables = entry_of(following).tables if following is not None else {}
        if tables and not entry.tables and tables.keys().isdisjoint(entry.columns):
            # `how many active policies`, where something else has a flag for it.
            self.at -= 1
            self._stands_apart(noun, item)
            return
        if following is not None and tables and self._in_role(entry, tables):
            # `how many home matches`: which of the two keys is meant.
            self.sketch.passed.append((noun.text, span_of(noun)))
            self._count_noun(item)
            return
        if entry.state and len(entry.columns) == 1:
            # `how many admins are there`: the rows that are so.
            rows = self._rows_in_state(noun, entry)
            rows.wanted, item.counted = False, rows
            where = Condition(span_of(noun), "=", (True,), entry=entry, owner=rows)
            where.negated = self._take_negation()
            self._add_condition(where)
            return
        if not entry.tables or (item.distinct and entry.columns):
            item.entry = entry
            return
        item.counted = self._mention(noun)
        owned = self._compound()
        if owned is not None:
            item.entry, item.owner, item.counted = owned, item.counted, None

    def _stands_apart(self, noun: Atom, item: Item) -> None:
        """A word before what is counted: a value of it, or nothing that is known of it."""
        if entry_of(noun).values:
            noun.kind = "val"
            self._val(noun)
        else:
            self._loose(noun)
            self.at += 1
        self._count_what(item)

    def _in_role(self, entry: Entry, tables: Mapping[str, int]) -> bool:
        return any(t.ref.via for table in tables for t in entry.columns.get(table, {}))

    def _again(self, item: Item) -> bool:
        """`..., and how many do they have?` asks for the number it is sorted by."""
        for sorting in self.sketch.sortings:
            if sorting.item is not None and sorting.item.aggregate == "count":
                known = sorting.item
                item.counted, item.entry, item.owner = known.counted, known.entry, known.owner
                return True
        return False

    def _agg(self, atom: Atom) -> None:
        """`average price`, `maximum and minimum length`, `total number of orders`."""
        aggregates, index = self._aggregates(atom)
        kind = self._kind_at(index)
        if kind == "count":
            counted = self._peek(index + 1, _LINKS)
            if self._kind_at(counted) != "noun" or entry_of(self.atoms[counted]).tables:
                self.at = index
                self._aggregate_of_counts(atom)
                return
            index, kind = counted, "noun"
        if kind == "val":
            self.at = index
            self._val(self.atoms[index])
            index = self._peek(self.at, frozenset(["det", "all", "of"]))
            kind = self._kind_at(index)
        if kind != "noun" and (self._on_average(atom) or self._by_their_mean(atom)):
            self.at += 1
            return
        if kind != "noun":
            self.at += 1
            if atom.value != "sum" or kind not in ("end", "comma", "period", "by", "each"):
                self._loose(atom)
            return
        self.at = index
        entry, owner, span = self._noun_phrase()
        extreme = len(aggregates) == 1 and atom.value in ("max", "min") and owner is None
        if extreme and self.region == COND and self._asked_something():
            # `which model has the minimum price`: rows are sorted by it, and the first is taken.
            self._limit_one()
            item = Item((atom.start, span[1]), entry=entry)
            self._add_sorting(Sorting(item.span, item, atom.value == "max", superlative=True))
            return
        shared = self._shared(Item(span))
        for found in aggregates:
            item = Item((found.start, span[1]), entry=entry, owner=owner)
            item.share, item.percent = shared.share, shared.percent
            item.aggregate = _aggregate(found.value)
            if owner is not None and entry is owner.entry:
                item.counted = owner
            self._place(item)

    def _on_average(self, atom: Atom) -> bool:
        """`the slowest job on average`: groups are sorted by their average."""
        last = self.sketch.sortings[-1].item if self.sketch.sortings else None
        if last is None and self.sketch.heads and self.sketch.heads[-1].concept:
            last = self.sketch.heads[-1]
        if atom.value != "avg" or last is None or not last.concept or last.aggregate is not None:
            return False
        last.aggregate = "avg"
        return True

    def _by_their_mean(self, atom: Atom) -> bool:
        """`slower than 5 minutes on average`, `than average by their mean`: so is each group."""
        last = self.sketch.conditions[-1] if self.sketch.conditions else None
        if atom.value != "avg" or last is None or last.item is not None:
            return False
        between = [a.kind for a in self.atoms[: self.at] if a.start >= last.span[1]]
        if not _SAYING_HOW.issuperset(between):
            return False
        last.grouped, last.span = True, (last.span[0], atom.end)
        self.grouping = None
        return True

    def _aggregate_of_counts(self, atom: Atom) -> None:
        """`total number of orders` counts; `the maximum number of tracks` sorts by a count."""
        if atom.value in ("max", "min") and self._asked_something():
            region, self.region = self.region, ORDER
            self.direction = atom.value == "max"
            self._limit_one()
            self._count(self.atoms[self.at])
            self.region = region if region != HEAD else COND
        elif atom.value != "sum":
            self._loose(atom)

    def _aggregates(self, atom: Atom) -> tuple[list[Atom], int]:
        """Return the aggregates joined here and the index of what they are of."""
        found = [atom]
        index = self.at + 1
        while True:
            index = self._peek(index, _LINKS)
            joint = index
            if self._kind_at(index) in ("and", "or", "comma"):
                joint = self._peek(index + 1, frozenset(["det", "all", "of", "and", "or"]))
            if joint != index and self._kind_at(joint) == "agg":
                found.append(self.atoms[joint])
                index = joint + 1
            elif self._kind_at(index) == "agg" and self.atoms[index].value == atom.value:
                index += 1
            else:
                return found, index

    def _place(self, item: Item) -> None:
        """Put a number where the region says: asked for, sorted by, or compared."""
        if self._compared(item):
            return
        if self.region == ORDER:
            self._sort_by(item)
        elif self.region == GROUP and item.aggregate == "count" and item.entry is not None:
            # `for each number of cylinders`: the number is a column.
            self.sketch.groups.append(Item(item.span, entry=item.entry, owner=item.owner))
        else:
            self.sketch.heads.append(item)

    def _compared(self, item: Item) -> bool:
        """`whose number of albums is more than 3`, `products with total revenue over 1000`."""
        following = self._peek(self.at, GLUE)
        if self.region != COND and self._kind_at(following) not in ("cmp", "between"):
            return False
        if self._kind_at(following) == "cmp" and " " in self.atoms[following].value:
            return False
        others = [m for m in self.sketch.mentions if m not in (item.counted, item.owner)]
        if not (others or self.sketch.heads or self.sketch.groups):
            return False
        if self._extreme(item, following):
            return True
        condition = self._comparison(item.span, following)
        if condition is None:
            return False
        if condition.than is not None:
            # `was the home score higher than the away score`: of each row.
            condition.entry, condition.owner = item.entry, item.owner or self.anchor
        else:
            condition.item = item
        self._add_condition(condition)
        return True

    def _limit_one(self) -> None:
        number = self.limit[0] if self.limit else 1
        self.limit = None
        if self.sketch.limit is None:
            self.sketch.limit = number

    def _sort_by(self, item: Item) -> None:
        ranked = self.sketch.limit is not None or self.listing
        superlative = self.direction is not None and ranked
        self._add_sorting(Sorting(item.span, item, bool(self.direction), superlative=superlative))

    def _add_sorting(self, sorting: Sorting) -> None:
        self.sketch.sortings.append(sorting)
        self.direction = None


def _aggregate(value: str) -> Aggregate:
    return value  # type: ignore[return-value] # the tables of `english` hold aggregates only
