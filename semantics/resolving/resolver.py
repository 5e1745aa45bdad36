"""Give every name in a Sketch its table and column, and make the Frame of it."""

from __future__ import annotations

from collections.abc import Iterable

from clearway.semantics.frame import (
    NOWHERE,
    Alternative,
    Dimension,
    Filter,
    Frame,
    Leftover,
    MeasureSlot,
    Order,
)
from clearway.semantics.resolving.extremes import ExtremeRules
from clearway.semantics.resolving.scope import Unclear, spoken
from clearway.semantics.resolving.timing import Timing


class Resolver(ExtremeRules):
    """One sketch, one lexicon, one Frame."""

    def frame(self) -> Frame:
        """Return the Frame; what cannot be settled is left over or ambiguous in it."""
        sketch = self.sketch
        for mention in sketch.mentions:
            self._guarded(self._resolve_mention, mention)
        sketch.mentions = [m for m in sketch.mentions if m.table]
        self.subject = self._find_subject() or self._who_is_under()
        self._states_in_time()
        measures, attributes = self._heads()
        if sketch.compared_values and not measures:
            measures, attributes = self._held_side_by_side(attributes)
        self.measured = measures[0].table if measures else None
        measures = self._over_another(measures)
        dimensions = self._groups(bool(measures))
        dimensions = self._per_row(measures, dimensions)
        if not measures and self._counts_rows((*dimensions, *attributes)):
            dimensions = self._broken_down(dimensions, attributes)
            measures, attributes = self._row_counts(dimensions), ()
        measures = self._extreme_of_each(measures, dimensions)
        sortings = [self._guarded(self._order, s, measures) for s in sketch.sortings]
        order = _last_said(found for found in sortings if found is not None)
        by_measure = tuple(o.measure for o in order if o.measure is not None)
        measures = self._run_on(measures, dimensions)
        if not measures and by_measure and not self._explicit():
            measures = tuple(dict.fromkeys(by_measure))
        if not (measures or attributes or dimensions):
            attributes = self._those_under() or self._who_is_extreme(order)
            attributes = attributes or self._next_extreme(order)
            measures, order = ((), order) if attributes else self._extreme(order)
        shown = (*dimensions, *attributes) if measures else (*attributes, *dimensions)
        self.used.update(d.column.home for d in shown)
        if any(item.everything for item in sketch.heads) and self.subject:
            self.used.add(self.subject)
        filters, existence = self._conditions(shown, measures)
        timing = self._guarded(self._timing, measures, existence) or Timing(existence)
        days: tuple[Filter, ...] = ()
        if sketch.days:
            days = self._guarded(self._on_days, measures, timing.existence) or ()
        filters, timing = self._in_that_time(filters, timing)
        shown = (*self._extra_dimensions(filters, timing), *shown)
        filters, order = self._of_the_extreme(measures, shown, filters, order)
        filters, order = self._all_at_the_end(measures, filters, timing, order)
        measures, filters = self._of_the_whole(measures, shown, filters, timing.existence)
        grouped = bool(measures or by_measure) or any(f.measure for f in filters)
        if dimensions and not (measures or sketch.heads or any(m.wanted for m in sketch.mentions)):
            self.leftover.extend(Leftover(word=self._said(d.span), span=d.span) for d in dimensions)
        self._guarded(self._refuse_last_of_some, order, timing.existence)
        self._asked_in_vain(measures, shown)
        self._told_together(attributes, by_measure)
        if sketch.limit is not None and not grouped:
            self._guarded(self._each_once, order, shown)
        return Frame(
            text=self.text,
            subject=self.subject,
            everything=any(item.everything for item in sketch.heads),
            measures=measures,
            attributes=() if grouped else _unique(shown),
            dimensions=_unique(shown) if grouped else (),
            filters=(*filters, *timing.filters, *days),
            period=timing.period,
            comparison=timing.comparison,
            existence=timing.existence,
            order=order,
            limit=sketch.limit,
            skip=sketch.skip,
            limit_per=self._limited_within(shown, dimensions, order),
            distinct=sketch.distinct or (not grouped and self._names_kinds(shown)),
            scope="mine" if sketch.mine else None,
            presentation="chart" if sketch.presentation == "chart" else None,
            assumptions=tuple(dict.fromkeys(self.assumptions)),
            leftover=tuple(self.leftover),
            ambiguities=tuple(self.ambiguities),
        )

    def _held_side_by_side(
        self, attributes: tuple[Dimension, ...]
    ) -> tuple[tuple[MeasureSlot, ...], tuple[Dimension, ...]]:
        """`goals of forwards vs midfielders`: how many of each; else all that adds up."""
        measures = self._guarded(self._all_numbers, attributes) or ()
        if not measures and attributes and all(a.identifies for a in attributes):
            return self._row_counts(()), ()
        return measures, attributes

    def _asked_in_vain(
        self, measures: tuple[MeasureSlot, ...], shown: tuple[Dimension, ...]
    ) -> None:
        """Note what was asked for and found nothing to be shown by."""
        sketch = self.sketch
        if sketch.breakdown and not shown:
            self.leftover.append(Leftover(word="breakdown", span=NOWHERE))
        if sketch.trend and not any(d.grain for d in shown):
            self._guarded(self._ask_for_steps, measures)
        if sketch.person and not (shown or measures):
            self.leftover.append(Leftover(word="who", span=(0, 3)))

    def _told_together(
        self, attributes: tuple[Dimension, ...], ranked_by: tuple[MeasureSlot, ...]
    ) -> None:
        """`the total of the customer with the most invoices`: each invoice has one of its own.

        So neither one of them is asked for nor what they are grouped by.
        """
        if not ranked_by or not attributes:
            return
        counted = {slot.table for slot in ranked_by if slot.aggregate == "count"}
        for shown in attributes:
            term = self.lexicon.terms[shown.column.table][shown.column.name]
            of_one = self.subject is not None and self.subject != shown.column.home
            if of_one and shown.column.home in counted and term.column.role == "measure":
                self.leftover.append(Leftover(word=self._said(shown.span), span=shown.span))

    def _counts_rows(self, dimensions: tuple[Dimension, ...]) -> bool:
        """`job runs per status`: rows of what is named are counted in each group."""
        sketch = self.sketch
        if sketch.heads or any(s.item for s in sketch.sortings):
            plain = [d for d in dimensions if not d.identifies]
        else:
            each = {i.span for i in sketch.groups if i.each}
            plain = [d for d in dimensions if not d.identifies or d.span in each]
        if not sketch.breakdown:
            plain = [d for d in plain if d.span in {i.span for i in sketch.groups}]
        wanted = any(m.wanted for m in sketch.mentions)
        if sketch.breakdown and not any(i.aggregate for i in sketch.heads):
            return bool(self._broken_down(dimensions, ()))
        if any(i.aggregate for i in sketch.heads) or any(
            not s.superlative for s in sketch.sortings if s.item
        ):
            return False
        if wanted:
            return bool(plain) and not any(s.superlative and s.item for s in sketch.sortings)
        valued = any(c.value_entry is not None for c in sketch.conditions)
        return bool(sketch.groups) and valued and not sketch.heads

    def _broken_down(
        self, dimensions: tuple[Dimension, ...], attributes: tuple[Dimension, ...]
    ) -> tuple[Dimension, ...]:
        """`breakdown of runs by status`: what is broken down is counted, not shown itself."""
        if not self.sketch.breakdown:
            return dimensions
        counted = {m.span for m in self.sketch.mentions if m.wanted}
        return tuple(d for d in (*dimensions, *attributes) if d.span not in counted)

    def _ask_for_steps(self, measures: tuple[MeasureSlot, ...]) -> None:
        """`revenue trend`: by month or by year, which only the asker knows."""
        asked = self.text.rstrip(" ?!.")
        tables: set[str | None] = {m.table for m in measures if m.table} or {self.subject}
        timed = all(table is not None and self._own_time(table) for table in tables)
        steps = ("month", "quarter", "year") if timed else ()
        choices = [Alternative(label=f"by {step}", rewrite=f"{asked} by {step}") for step in steps]
        raise Unclear(asked, (0, len(asked)), choices)

    def _per_row(
        self, measures: tuple[MeasureSlot, ...], dimensions: tuple[Dimension, ...]
    ) -> tuple[Dimension, ...]:
        """`average units per sale`: over all sales, each of which has one number."""
        averaged = {m.table for m in measures if m.aggregate in ("avg", "median")}
        if not measures or any(m.aggregate not in ("avg", "median") for m in measures):
            return dimensions
        kept = tuple(d for d in dimensions if not (d.identifies and d.column.table in averaged))
        for dimension in kept:
            if dimension.identifies and self._one_to_one(dimension.column.table, averaged):
                self._guarded(self._refuse, dimension.span)
        return kept

    def _one_to_one(self, table: str, averaged: set[str]) -> bool:
        """`average payment per rental`: a list with a line for each is not what is asked for."""
        rows = self._table(table).row_estimate or 0
        most = max((self._table(name).row_estimate or 0 for name in averaged if name), default=0)
        return not self.lexicon.labels.get(table) and rows > 0 and rows * 2 > most

    def _row_counts(self, dimensions: tuple[Dimension, ...]) -> tuple[MeasureSlot, ...]:
        wanted = next((m for m in self.sketch.mentions if m.wanted), None)
        table = wanted.table if wanted is not None else self.subject
        if table is None:
            values = [c.value_entry for c in self.sketch.conditions if c.value_entry is not None]
            tables = {term.table for term in values[0].values} if values else set()
            tables = tables or {d.column.table for d in dimensions}
            if len(tables) != 1:
                return ()
            table = tables.pop()
        self.subject = table
        self.used.add(table)
        self.assumptions.append(f"rows of {spoken(table)} are counted")
        return (
            MeasureSlot(aggregate="count", table=table, span=wanted.span if wanted else NOWHERE),
        )

    def _extra_dimensions(
        self, filters: tuple[Filter, ...], timing: Timing
    ) -> tuple[Dimension, ...]:
        """Values and years held side by side are shown one by one."""
        found = [timing.dimension] if timing.dimension is not None else []
        if self.sketch.compared_values:
            both = [f for f in filters if f.comparator == "in" and f.column is not None]
            if len(both) != 1 or both[0].column is None:
                self.leftover.append(Leftover(word=self.text, span=(0, len(self.text))))
            else:
                found.append(Dimension(column=both[0].column, span=both[0].span))
        return tuple(found)

    def _limited_within(
        self,
        shown: tuple[Dimension, ...],
        dimensions: tuple[Dimension, ...],
        order: tuple[Order, ...],
    ) -> tuple[Dimension, ...]:
        """`the top 3 products in each region`: the limit holds within each group."""
        superlative = any(s.superlative for s in self.sketch.sortings)
        within = {(d.column, d.grain) for d in dimensions}
        ranked = [d for d in shown if (d.column, d.grain) not in within]
        if self.sketch.limit is None or not superlative or not (order and dimensions and ranked):
            return ()
        return dimensions


def _last_said(orders: Iterable[Order]) -> tuple[Order, ...]:
    """`by price, most expensive first`: of two ways to sort by one thing the last holds."""
    kept: dict[tuple[object, object], Order] = {}
    for order in orders:
        kept[order.column, order.measure] = order
    return tuple(kept.values())


def _unique(dimensions: Iterable[Dimension]) -> tuple[Dimension, ...]:
    """Drop repeats; the first one said stays."""
    kept: dict[tuple[object, object], Dimension] = {}
    for dimension in dimensions:
        kept.setdefault((dimension.column, dimension.grain), dimension)
    return tuple(kept.values())
