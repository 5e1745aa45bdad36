"""Days of the week a question is about, whichever week they are in: weekends, Mondays."""

from __future__ import annotations

from collections.abc import Sequence

from clearway.semantics.frame import Existence, Filter, MeasureSlot
from clearway.semantics.resolving.timing import TimingRules


class WeekdayRules(TimingRules):
    """Resolves the days of the week of a sketch."""

    def _on_days(
        self, measures: Sequence[MeasureSlot], existence: tuple[Existence, ...]
    ) -> tuple[Filter, ...]:
        """`revenue on weekends`: of rows whose own time falls on those days."""
        said = self.sketch.days
        if not said:
            return ()
        span, negated = said[0].span, said[0].negated
        table = next((m.table for m in measures if m.table), None) or self.subject
        if table is None or any(each.negated != negated for each in said):
            raise self._unclear(span)
        own = self._time_term(table, span)
        if own is None or self._happened(existence, table, span) is not None:
            raise self._unclear(span)
        self.used.add(own.table)
        names = tuple(dict.fromkeys(name for each in said for name in each.names))
        zone = "UTC" if own.column.type == "date" else self.zone
        return (
            Filter(
                column=own.ref,
                comparator="in",
                values=names,
                negated=negated,
                step="weekday",
                zone=zone,
                span=span,
            ),
        )
