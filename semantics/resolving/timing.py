"""When: which column a period is about, periods held against each other, and who did what then."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

from clearway.semantics.frame import (
    Comparator,
    Comparison,
    Dimension,
    Existence,
    Filter,
    Grain,
    MeasureSlot,
    Period,
    Span,
)
from clearway.semantics.judgement import words_of
from clearway.semantics.parsing.entries import Term
from clearway.semantics.resolving.years import TIMELESS, YearRules
from clearway.semantics.times.period import Stretch
from clearway.semantics.words.roots import same_root
from clearway.semantics.words.tokens import singular
from clearway.semantics.words.wordset import wordset

_WHEN = wordset(
    """
    date time at on ts timestamp datetime day month year created create occurred happened event
    start started begin when posted logged recorded inserted entry order ordered
    """
)

Said = tuple[Stretch, Span]


@dataclass(frozen=True, slots=True)
class Timing:
    """What the times of a question come to."""

    existence: tuple[Existence, ...]
    period: Period | None = None
    comparison: Comparison | None = None
    filters: tuple[Filter, ...] = ()
    dimension: Dimension | None = None
    """Several whole years or months are shown one by one."""


class TimingRules(YearRules):
    """Resolves the periods of a sketch."""

    def _timing(self, measures: Sequence[MeasureSlot], existence: tuple[Existence, ...]) -> Timing:
        """Return the period, of the rows or of what they must have, and what it is held against."""
        sketch = self.sketch
        if not sketch.periods:
            if sketch.compared and not sketch.compared_values and len(measures) < 2:
                raise self._unclear((0, len(self.text)))
            return Timing(existence)
        first, span = sketch.periods[0]
        table = next((m.table for m in measures if m.table), None) or self.subject
        if table is None:
            raise self._unclear(span)
        happened = self._happened(existence, table, span)
        if happened is not None and len(sketch.periods) == 1 and not sketch.compared:
            number, made, term = happened
            self.used.add(term.table)
            timed = replace(made, period=self._period(first, term, span))
            return Timing((*existence[:number], timed, *existence[number + 1 :]))
        own = self._time_term(table, span)
        if own is None:
            return Timing(existence, filters=self._in_years(table, first, span))
        self.used.add(own.table)
        self._refuse_named_start(first, own.table, span)
        if sketch.compared and not sketch.compared_values:
            return self._compared_periods(own, measures, existence)
        if len(sketch.periods) > 1:
            return self._one_by_one(own, measures, existence)
        return Timing(existence, self._period(first, own, span))

    def _in_that_time(
        self, filters: tuple[Filter, ...], timing: Timing
    ) -> tuple[tuple[Filter, ...], Timing]:
        if timing.period is None:
            return filters, timing
        return self._guarded(self._none_then, filters, timing) or (filters, timing)

    def _none_then(
        self, filters: tuple[Filter, ...], timing: Timing
    ) -> tuple[tuple[Filter, ...], Timing]:
        """`regions without sales in 2024`: none in that time, whatever there was before."""
        period = timing.period
        if period is not None and any(
            f.comparator == "is null" and not f.negated and f.column == period.column
            for f in filters
        ):
            # `not seen since May`: never seen at all, or not from then on.
            raise self._unclear(period.span)
        none = [f for f in filters if f.measure is not None and f.values == (0,)]
        if period is None or period.column is None or not none or timing.comparison is not None:
            return filters, timing
        slots = [f.measure for f in none if f.measure is not None]
        if any(slot.table != period.column.table for slot in slots):
            return filters, timing
        column = self.lexicon.terms[period.column.table][period.column.name].column
        within = _as_filters(period, date_only=column.type == "date")
        moved = tuple(
            replace(f, measure=replace(f.measure, where=(*f.measure.where, *within)))
            if f in none and f.measure is not None
            else f
            for f in filters
        )
        return moved, replace(timing, period=None)

    def _compared_periods(
        self, own: Term, measures: Sequence[MeasureSlot], existence: tuple[Existence, ...]
    ) -> Timing:
        """`this quarter versus last quarter`, `2025 against the year before`."""
        said = self.sketch.periods
        first, span = said[0]
        if len(said) > 2 or not measures or first.start is None or first.end is None:
            raise self._unclear(span)
        back = self.sketch.back or ("year" if len(said) == 2 and _year_before(*said) else None)
        if back is not None:
            base = _moved_back(first, back, self.zone)
            label = f"{first.label} a {back} before"
            other = Period(start=base[0], end=base[1], column=own.ref, zone=self.zone, label=label)
        elif len(said) == 2:
            other = self._period(said[1][0], own, said[1][1])
        else:
            raise self._unclear(span)
        kind = "growth" if self.sketch.growth else "side_by_side"
        comparison = Comparison(base=other, kind=kind, span=said[-1][1])  # type: ignore[arg-type] # literals
        return Timing(existence, self._period(first, own, span), comparison)

    def _one_by_one(
        self, own: Term, measures: Sequence[MeasureSlot], existence: tuple[Existence, ...]
    ) -> Timing:
        """`for 2023, 2024 and 2025`: neighbours, each in its own row."""
        said = sorted(self.sketch.periods, key=lambda pair: str(pair[0].start))
        units = {stretch.unit for stretch, _ in said}
        unit = next(iter(units))
        joined = all(a.end == b.start for (a, _), (b, _) in pairwise(said))
        if len(units) != 1 or unit is None or unit == "hour" or not joined or not measures:
            raise self._unclear(said[-1][1])
        first, last = said[0][0], said[-1][0]
        label = f"{first.label} to {last.label}"
        whole = first._replace(end=last.end, label=label, year=None)
        dimension = self._step(own, unit, said[0][1])
        return Timing(existence, self._period(whole, own, said[0][1]), dimension=dimension)

    def _period(self, stretch: Stretch, term: Term, span: Span) -> Period:
        return Period(
            start=stretch.start,
            end=stretch.end,
            column=term.ref,
            zone=self.zone,
            label=stretch.label,
            span=span,
        )

    def _happened(
        self, existence: tuple[Existence, ...], table: str, span: Span
    ) -> tuple[int, Existence, Term] | None:
        """Return what is said to have happened then, where that is not the rows' own time."""
        for verb, verb_span, _ in self.sketch.verbs:
            event = self._table_of_verb(verb)
            if event is None or event == table or verb_span > span:
                continue
            term = self._own_time(event)
            if term is None:
                continue
            for number, made in enumerate(existence):
                if made.table == event or made.span < span:
                    return number, replace(made, via=event if made.table != event else ""), term
            if self.joins.paths(table, event):
                return len(existence), Existence(table=event, span=verb_span), term
        for number, made in enumerate(existence):
            term = self._own_time(made.table)
            if made.span < span and term is not None:
                return number, made, term
            if made.span < span and made.negated:
                raise self._unclear(span)
        return None

    def _own_time(self, table: str) -> Term | None:
        name = self._table(table).time_column
        return self.lexicon.terms[table].get(name) if name else self._calendar_time(table)

    def _time_term(self, table: str, span: Span) -> Term | None:
        """Return the column a period is about: the one a verb names, else the table's own.

        A column that names one event (`published_on`) does not stand for another (`was sold`).
        """
        terms = self.lexicon.terms[table]
        verbs = [verb for verb, _, _ in self.sketch.verbs if verb not in TIMELESS]
        for verb in verbs:
            named = [t for t in terms.values() if t.time and _names_event(t, verb)]
            if len(named) == 1:
                return named[0]
        own = self._own_time(table)
        if own is not None and verbs:
            events = _events_of(own, table)
            if events and not any(same_root(verb, word) for word in events for verb in verbs):
                raise self._unclear(span)
        return own


def _as_filters(period: Period, *, date_only: bool) -> tuple[Filter, ...]:
    """The bounds of a period as conditions on its column."""
    bounds: tuple[tuple[Comparator, datetime | None], ...] = (
        (">=", period.start),
        ("<", period.end),
    )
    zone = ZoneInfo(period.zone)
    return tuple(
        Filter(
            column=period.column,
            comparator=comparator,
            values=(moment.astimezone(zone).date().isoformat() if date_only else str(moment),),
            exact=True,
            span=period.span,
        )
        for comparator, moment in bounds
        if moment is not None
    )


def _names_event(term: Term, verb: str) -> bool:
    return any(same_root(verb, word) for word in words_of(term.column.name))


def _events_of(term: Term, table: str) -> frozenset[str]:
    """Return the words of a time column that name one event among others; a calendar names none."""
    if term.table != table:
        return frozenset()
    own = tuple(singular(word)[:4] for word in words_of(table))
    return frozenset(w for w in words_of(term.column.name) if not w.startswith(own)) - _WHEN


def _year_before(first: Said, second: Said) -> bool:
    """Whether `last year` is said of something finer: the same stretch, a year earlier."""
    return second[0].label == "last year" and first[0].unit in ("day", "week", "month", "quarter")


def _moved_back(stretch: Stretch, unit: Grain, zone: str) -> tuple[datetime, datetime]:
    """Return the same stretch one day, week, month, quarter or year earlier."""
    assert stretch.start is not None and stretch.end is not None  # noqa: S101 - none is open
    return earlier_by(stretch.start, unit, zone), earlier_by(stretch.end, unit, zone)


def earlier_by(moment: datetime, unit: Grain, zone: str) -> datetime:
    """Return the same moment of an asker's day one unit earlier."""
    local = moment.astimezone(ZoneInfo(zone))
    if unit in ("day", "week", "hour"):
        size = {"hour": timedelta(hours=1), "day": timedelta(1), "week": timedelta(7)}[unit]
        return (local - size).astimezone(UTC)
    months = {"month": 1, "quarter": 3, "year": 12}[unit]
    index = local.year * 12 + local.month - 1 - months
    day = local.day
    while True:
        try:
            return local.replace(year=index // 12, month=index % 12 + 1, day=day).astimezone(UTC)
        except ValueError:
            day -= 1
