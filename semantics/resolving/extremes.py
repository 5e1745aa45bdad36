"""The rows at an end of a ranking, and the numbers taken of them."""

from __future__ import annotations

from clearway.semantics.frame import Aggregate, Dimension, Filter, MeasureSlot, Order
from clearway.semantics.resolving.timing import Timing
from clearway.semantics.resolving.weekdays import WeekdayRules
from clearway.semantics.words.tokens import singular

MOST_NUMBERS = 4
"""So many may be compared where none was named."""


class ExtremeRules(WeekdayRules):
    """Resolves superlatives that are no plain first row."""

    def _of_the_extreme(
        self,
        measures: tuple[MeasureSlot, ...],
        shown: tuple[Dimension, ...],
        filters: tuple[Filter, ...],
        order: tuple[Order, ...],
    ) -> tuple[tuple[Filter, ...], tuple[Order, ...]]:
        """`the number of loans of the longest book`: one number, of the rows at the extreme."""
        if not measures or shown or len(order) != 1 or order[0].column is None:
            return filters, order
        if self.sketch.limit != 1 or self.sketch.skip:
            return filters, order
        column = order[0].column
        aggregate = "max" if order[0].descending else "min"
        against = MeasureSlot(
            aggregate=aggregate,  # type: ignore[arg-type] # one of two literals
            column=column,
            table=column.table,
            span=order[0].span,
        )
        self.sketch.limit = None
        found = Filter(column=column, comparator="=", against=against, span=order[0].span)
        return (*filters, found), ()

    def _all_at_the_end(
        self,
        measures: tuple[MeasureSlot, ...],
        filters: tuple[Filter, ...],
        timing: Timing,
        order: tuple[Order, ...],
    ) -> tuple[tuple[Filter, ...], tuple[Order, ...]]:
        """`which films have the highest rate`: all that have it, where several are spoken of."""
        if len(order) != 1 or measures:
            return filters, order
        if any(s.listing for s in self.sketch.sortings) and not self.sketch.groups:
            # `the latest orders`: all of them, one after the other.
            self.sketch.limit = None
            return filters, order
        column = order[0].column
        among = bool(filters or timing.existence or timing.period)
        plain = not (among or self.sketch.groups or self.sketch.skip)
        if column is None or not plain or self.sketch.limit != 1 or not self._several():
            return filters, order
        aggregate: Aggregate = "max" if order[0].descending else "min"
        against = MeasureSlot(
            aggregate=aggregate, column=column, table=column.table, span=order[0].span
        )
        self.sketch.limit = None
        return (Filter(column=column, comparator="=", against=against, span=order[0].span),), ()

    def _several(self) -> bool:
        """Whether rows are asked for by a word in the plural."""
        wanted = [m for m in self.sketch.mentions if m.wanted]
        said = self._said(wanted[0].span).split()[-1].lower() if len(wanted) == 1 else ""
        return singular(said) != said

    def _who_is_extreme(self, order: tuple[Order, ...]) -> tuple[Dimension, ...]:
        """`who was hired first`: somebody is asked for, not the day."""
        column = order[0].column if len(order) == 1 else None
        if not self.sketch.person or column is None or column.via:
            return ()
        self.subject = self.subject or column.table
        return tuple(self._entity(self.subject, order[0].span, counted=True))

    def _next_extreme(self, order: tuple[Order, ...]) -> tuple[Dimension, ...]:
        """`the second highest price`, asked for alone: one value, those before it passed over."""
        alone = len(order) == 1 and order[0].column is not None and self.sketch.limit == 1
        column = order[0].column if alone and self.sketch.skip else None
        if column is None:
            return ()
        self.subject = self.subject or column.table
        self.sketch.distinct = True
        return (Dimension(column=column, span=order[0].span),)

    def _extreme(
        self, order: tuple[Order, ...]
    ) -> tuple[tuple[MeasureSlot, ...], tuple[Order, ...]]:
        """`the largest payment amount`, asked for alone, is the maximum."""
        if len(order) != 1 or order[0].column is None or self.sketch.limit != 1:
            return (), order
        first = order[0]
        column = order[0].column
        self.sketch.limit = None
        self.subject = self.subject or column.table
        aggregate = "max" if first.descending else "min"
        slot = MeasureSlot(
            aggregate=aggregate,  # type: ignore[arg-type] # one of two literals
            column=column,
            table=column.table,
            span=first.span,
        )
        return (slot,), ()

    def _all_numbers(self, attributes: tuple[Dimension, ...]) -> tuple[MeasureSlot, ...]:
        """`compare Europe and Asia`: by all that adds up, where no number was named."""
        sketch = self.sketch
        named = attributes or sketch.groups or sketch.sortings or sketch.heads
        values = [c for c in sketch.conditions if c.value_entry is not None]
        if not sketch.compared_values or named or not values or sketch.mentions:
            return ()
        span = values[0].span
        table = self._filters_of(values[0])[0].column
        terms = self.lexicon.terms[table.table].values() if table is not None else ()
        sums = [t for t in terms if t.column.aggregate == "sum"]
        if not 0 < len(sums) <= MOST_NUMBERS:
            raise self._unclear(span)
        self.used.add(sums[0].table)
        self.assumptions.append("all that adds up is compared")
        return tuple(
            MeasureSlot(aggregate="sum", column=t.ref, table=t.table, span=span) for t in sums
        )

    def _each_once(self, order: tuple[Order, ...], shown: tuple[Dimension, ...]) -> None:
        """`the 3 most expensive products`, of a log of sales: one of them may hold all places."""
        sketch = self.sketch
        several = sketch.skip or (sketch.limit or 0) > 1
        ranked = any(s.superlative for s in sketch.sortings)
        shown = () if sketch.distinct else shown
        if several and ranked and order and shown and all(self._is_kind(d) for d in shown):
            raise self._unclear(order[0].span)
