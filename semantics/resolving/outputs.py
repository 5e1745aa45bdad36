"""How what is asked for is grouped and sorted."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from clearway.semantics.frame import Dimension, MeasureSlot, Order, Span, Step
from clearway.semantics.judgement import words_of
from clearway.semantics.parsing.entries import Term
from clearway.semantics.parsing.sketch import GROUP, HEAD, Item, Sorting
from clearway.semantics.resolving.heads import stands_for_row
from clearway.semantics.resolving.latest import LatestRules
from clearway.semantics.words.roots import same_root


class OutputRules(LatestRules):
    """Resolves the heads, groups and sort keys of a sketch."""

    steps: tuple[Dimension, ...] = ()
    """Steps of time to group by."""

    def _groups(self, measured: bool) -> tuple[Dimension, ...]:
        found: list[Dimension] = []
        for item in list(self.sketch.groups):
            if not (measured or item.each or item.grain) and self._guarded(self._sorts, item):
                continue
            found.extend(self._guarded(self._group, item, measured) or ())
        self.steps = tuple(d for d in found if d.grain is not None)
        return tuple(found)

    def _sorts(self, item: Item) -> bool:
        """`doctors by salary`: rows are not grouped by a number, they are put in its order."""
        listed = any(m.wanted for m in self.sketch.mentions) or self.listed
        if item.each or item.grain is not None or item.entry is None or not listed:
            return False
        if item.entry.tables or self.sketch.breakdown:
            return False
        term = self._terms(item.entry, item.span, self._contexts(item.owner))[0]
        if term.column.role != "measure" or term.table != self.subject or term.state:
            return False
        self.sketch.groups.remove(item)
        waiting = [s for s in self.sketch.sortings if s.item is None and not s.by_label]
        waiting += [s for s in self.sketch.sortings if s.item is not None and s.item.vague]
        if waiting:
            # `the largest store by area`: the direction was said before.
            waiting[0].item = item
        else:
            self.sketch.sortings.append(Sorting(item.span, item))
        return True

    def _group(self, item: Item, measured: bool) -> list[Dimension]:
        if item.grain is not None:
            return [self._by_time(item)]
        entry = item.entry
        assert entry is not None  # noqa: S101 - groups without a grain have one
        if item.owner is None or entry is not item.owner.entry:
            terms = self._terms(entry, item.span, self._contexts(item.owner))
            self.used.update(t.table for t in terms)
            return [
                Dimension(column=t.ref, identifies=stands_for_row(t), span=item.span) for t in terms
            ]
        table = item.owner.table
        if not table:
            return []
        named = self._in_table(entry, item.span, table, 1) if entry.columns else ()
        if named and not self.lexicon.labels.get(table):
            self.used.add(table)
            return [Dimension(column=t.ref, span=item.span) for t in named]
        told = self.listed and not any(d.column.via for d in self.columns)
        if not measured and self.subject == table and told:
            return []
        return self._entity(table, item.span, measured)

    def _by_time(self, item: Item) -> Dimension:
        table = self.subject or self._ranked_by()
        if table is None:
            raise self._unclear(item.span)
        name = self._table(table).time_column or self._told_time(table)
        if name is not None and name in self.lexicon.terms[table]:
            return self._step(self.lexicon.terms[table][name], item.grain, item.span)
        calendar = self._calendar_time(table)
        one_year = len(self.sketch.periods) == 1 and self.sketch.periods[0][0].year is not None
        if calendar is not None and (one_year or item.grain == "year"):
            # `by quarter for 2024`: the calendar of a star counts them within a year.
            table = calendar.table
        if item.entry is not None and item.entry.columns.get(table):
            return Dimension(
                column=self._in_table(item.entry, item.span, table)[0].ref, span=item.span
            )
        raise self._unclear(item.span)

    def _told_time(self, table: str) -> str | None:
        """`claims filed per month`: of several times the one a verb names."""
        terms = [t for t in self.lexicon.terms[table].values() if t.time]
        verbs = [verb for verb, _, _ in self.sketch.verbs]
        named = [
            t for t in terms if any(same_root(v, w) for v in verbs for w in words_of(t.column.name))
        ]
        return named[0].column.name if len(named) == 1 else None

    def _step(self, term: Term, grain: Step | None, span: Span) -> Dimension:
        """Steps of time, as the asker's calendar cuts them."""
        zone = "UTC" if term.column.type == "date" else self.zone
        shift = self.calendar.shift_of(grain) if grain else 0
        return Dimension(column=term.ref, grain=grain, zone=zone, shift=shift, span=span)

    def _ranked_by(self) -> str | None:
        """`the month with the highest revenue`: it is about the rows that revenue is of."""
        for sorting in self.sketch.sortings:
            if sorting.item is not None:
                order = self._order(sorting, ())
                if order.measure is not None:
                    return order.measure.table or None
        for condition in self.sketch.conditions:
            if condition.entry is not None and condition.entry.columns:
                return self._terms(condition.entry, condition.span, ())[0].table
        return None

    def _order(self, sorting: Sorting, measures: Sequence[MeasureSlot]) -> Order:
        item = sorting.item
        if item is None:
            return self._order_without_item(sorting, measures)
        row = self._row_number(item, measures)
        if row is not None:
            return Order(column=row.ref, descending=sorting.descending, span=sorting.span)
        if item.aggregate is not None or (item.entry is not None and item.entry.measures):
            return self._by_measure(sorting, self._measure(item), measures)
        if item.entry is None:
            return self._by_concept(sorting, item)
        term = self._terms(item.entry, item.span, self._contexts(item.owner))[0]
        self.used.add(term.table)
        if term.column.role == "measure" and self._summed(item, term, measures):
            slot = self._slot(term, term.column.aggregate or "sum", item)
            return self._by_measure(sorting, slot, measures)
        if sorting.superlative and not (term.number or term.time):
            raise self._unclear(sorting.span)
        return Order(column=term.ref, descending=sorting.descending, span=sorting.span)

    def _by_concept(self, sorting: Sorting, item: Item) -> Order:
        """Sort by the column an adjective is about, each row by its own or by its last one."""
        term = self._item_concept(item)
        self.used.add(term.table)
        of_each = self._last_time_of_each(sorting, term)
        if of_each is not None:
            return of_each
        descending = sorting.descending
        if item.concept == "age" and term.number and words_of(term.column.name)[-1] == "age":
            descending = not descending
        return Order(column=term.ref, descending=descending, span=sorting.span)

    def _row_number(self, item: Item, measures: Sequence[MeasureSlot]) -> Term | None:
        """`shops by number of products`, where that is a column of shops."""
        if item.aggregate != "count" or item.entry is None or item.counted or measures:
            return None
        term = self._one(item.entry, item.span, self._contexts(item.owner))
        if term.table != self.subject or term.column.role != "measure" or not self.listed:
            return None
        self.used.add(term.table)
        return term

    def _by_measure(
        self, sorting: Sorting, slot: MeasureSlot, measures: Sequence[MeasureSlot]
    ) -> Order:
        """Sort by a number; by the one asked for, where it is the same."""
        plain = ((replace(m, span=slot.span, share=False, percent=False), m) for m in measures)
        same = next((m for bare, m in plain if bare == slot), slot)
        return Order(measure=same, descending=sorting.descending, span=sorting.span)

    def _summed(self, item: Item, term: Term, measures: Sequence[MeasureSlot]) -> bool:
        """Whether a number sorts groups, not rows: rows of its own table are not what is listed."""
        if measures:
            return True
        if any(shown.column == term.ref for shown in self.columns):
            return False
        if not (self.columns or self.sketch.groups or any(m.wanted for m in self.sketch.mentions)):
            return False
        if item.owner is not None and item.owner.table != self.subject:
            return False
        rows = any(m.wanted or m.region in (HEAD, GROUP) for m in self.sketch.mentions)
        return not (rows and self.subject == term.table)

    def _order_without_item(self, sorting: Sorting, measures: Sequence[MeasureSlot]) -> Order:
        if sorting.by_label:
            labels = self.lexicon.labels.get(self.subject or "", ())
            if not labels:
                raise self._unclear(sorting.span)
            return Order(column=labels[0].ref, descending=sorting.descending, span=sorting.span)
        timely = sorting.concept == "time"
        if timely and len(self.steps) == 1:
            column = self.steps[0].column
            return Order(column=column, descending=sorting.descending, span=sorting.span)
        if not measures and not sorting.superlative:
            return self._order_of_rows(sorting)
        if len(measures) != 1 or timely:
            raise self._unclear(sorting.span)
        return Order(measure=measures[0], descending=sorting.descending, span=sorting.span)

    def _order_of_rows(self, sorting: Sorting) -> Order:
        """`ascending` sorts what is shown; `cheapest first` what rows cost, shown or not."""
        descending, concept = sorting.descending, sorting.concept
        shown = [self.lexicon.terms[d.column.table][d.column.name] for d in self.columns]
        numbers = [t for t in shown if (t.time if concept == "time" else t.number or t.time)]
        fits = numbers if concept else shown
        if len(fits) == 1 and concept != "age":
            return Order(column=fits[0].ref, descending=descending, span=sorting.span)
        if not concept:
            raise self._unclear(sorting.span)
        term = self._concept("value" if concept == "high" else concept, None, sorting.span)
        self.used.add(term.table)
        born = concept == "age" and words_of(term.column.name)[-1] != "age"
        return Order(column=term.ref, descending=descending != born, span=sorting.span)

    def _explicit(self) -> bool:
        """Whether the columns to show were listed (`the names of ...`)."""
        headed = any(m.region == HEAD and not m.wanted for m in self.sketch.mentions)
        return any(
            item.aggregate is None
            and item.entry is not None
            and (item.owner is not None or item.entry.generic or headed)
            for item in self.sketch.heads
        )

    def _names_kinds(self, shown: Sequence[Dimension]) -> bool:
        """`list channels`, `jobs that failed`: each once, where no rows were spoken of."""
        if self.sketch.sortings or not shown:
            return False
        terms = [self.lexicon.terms[d.column.table][d.column.name] for d in shown]
        for mention in self.sketch.mentions:
            if not any(t in mention.entry.columns.get(mention.table, {}) for t in terms):
                return False
        return all(t.column.role == "dimension" and not t.label for t in terms)
