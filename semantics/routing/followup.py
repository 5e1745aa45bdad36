"""Questions that continue an earlier one: `and for Q3?`, `only Europe`, `same by channel`.

A text continues the earlier one when it asks for nothing by itself. What it says replaces the slot
of the same kind; what it does not say is kept. A text that stands alone is a new topic.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from clearway.semantics.frame import (
    NOWHERE,
    Dimension,
    Existence,
    Filter,
    Frame,
    MeasureSlot,
    Order,
    Period,
)
from clearway.semantics.parsing.sketch import Item, Sketch
from clearway.semantics.resolving.timing import Timing, TimingRules, earlier_by
from clearway.semantics.words.tokens import Token
from clearway.semantics.words.wordset import wordset

_MARKERS = wordset(
    """
    and only just same now also instead but then for in by as per without excluding except
    exclude sort sorted order ordered versus vs or again with from since during not
    """
)
_YEAR_BEFORE = frozenset(
    ["the year before", "a year before", "the year earlier", "a year earlier", "one year earlier"]
)
_ADDING = frozenset(["also", "additionally", "too", "plus"])


def continues(tokens: Sequence[Token], sketch: Sketch) -> bool:
    """Whether a text says something, but asks for nothing that could stand alone."""
    if not _says_anything(sketch):
        return False
    asked = [item for item in sketch.heads if not item.everything]
    wanted = [m for m in sketch.mentions if m.wanted]
    lead = tokens[0].low if tokens else ""
    marked = lead in _MARKERS or [t.low for t in tokens[:2]] in (
        ["what", "about"],
        ["how", "about"],
    )
    alone = bool(asked or wanted or sketch.person)
    if not alone:
        return marked or len(tokens) <= 8
    fuller = bool(sketch.groups or sketch.periods or sketch.conditions or sketch.sortings)
    return marked and not fuller and len(tokens) <= 8


def _says_anything(sketch: Sketch) -> bool:
    return bool(
        sketch.heads
        or sketch.groups
        or sketch.conditions
        or sketch.periods
        or sketch.sortings
        or sketch.limit is not None
        or sketch.presentation
        or any(m.wanted for m in sketch.mentions)
    )


class Continuation(TimingRules):
    """A fragment resolved in the light of the Frame it continues."""

    def merged(self, tokens: Sequence[Token], earlier: Frame) -> Frame:
        """Return the earlier Frame with what the fragment says in it."""
        sketch, previous = self.sketch, _without_spans(earlier)
        back = _year_before(tokens, previous.period)
        if back is not None and previous.comparison is None:
            return replace(previous, text=self.text, follow_up=True, period=back)
        for mention in sketch.mentions:
            self._guarded(self._resolve_mention, mention)
        sketch.mentions = [m for m in sketch.mentions if m.table]
        self.subject = previous.subject
        measures, columns = self._asked_anew(previous)
        measures = measures or previous.measures
        dimensions = self._groups(True)
        if any(token.low in _ADDING for token in tokens):
            dimensions = (*previous.dimensions, *dimensions, *columns)
        filters, existence = self._conditions((*dimensions, *columns))
        order = [self._guarded(self._order, s, measures) for s in sketch.sortings]
        timing = self._guarded(self._timing, measures, existence) or Timing(existence)
        grouped = bool(measures) or bool(previous.dimensions)
        return replace(
            previous,
            text=self.text,
            follow_up=True,
            measures=measures,
            dimensions=(dimensions or columns or previous.dimensions) if grouped else (),
            attributes=() if grouped else (*columns, *dimensions) or previous.attributes,
            filters=_replaced(previous.filters, (*filters, *timing.filters)),
            existence=timing.existence or previous.existence,
            order=tuple(o for o in order if o is not None) or _still_sorting(previous, measures),
            limit=sketch.limit if sketch.limit is not None else previous.limit,
            skip=sketch.skip if sketch.limit is not None else previous.skip,
            period=timing.period or previous.period,
            comparison=timing.comparison or previous.comparison,
            presentation="chart" if sketch.presentation == "chart" else previous.presentation,
            assumptions=(*previous.assumptions, *self.assumptions),
            leftover=tuple(self.leftover),
            ambiguities=tuple(self.ambiguities),
        )

    def _asked_anew(self, earlier: Frame) -> tuple[tuple[MeasureSlot, ...], tuple[Dimension, ...]]:
        """Numbers replace the earlier numbers; columns replace the earlier columns."""
        measures: list[MeasureSlot] = []
        columns: list[Dimension] = []
        for item in self.sketch.heads:
            found = self._guarded(self._anew, item, bool(earlier.measures))
            if isinstance(found, MeasureSlot):
                measures.append(found)
            else:
                columns.extend(found or ())
        return tuple(measures), tuple(columns)

    def _anew(self, item: Item, measured: bool) -> MeasureSlot | list[Dimension]:
        if item.everything:
            return []
        found = self._head(item)
        if isinstance(found, list) and len(found) == 1 and measured:
            ref = found[0].column
            term = self.lexicon.terms[ref.table][ref.name]
            if term.column.role == "measure":
                return self._slot(term, term.column.aggregate or "sum", item)
        return found


def _year_before(tokens: Sequence[Token], period: Period | None) -> Period | None:
    """`and the year before?`: the same stretch of time, a year earlier."""
    said = " ".join(token.low for token in tokens if token.kind != "mark")
    for lead in ("and ", "what about ", "how about ", "and in ", "in "):
        said = said.removeprefix(lead)
    if said not in _YEAR_BEFORE or period is None or period.start is None or period.end is None:
        return None
    return replace(
        period,
        start=earlier_by(period.start, "year", period.zone),
        end=earlier_by(period.end, "year", period.zone),
        label=f"{period.label} a year before",
    )


def _without_spans(frame: Frame) -> Frame:
    """Earlier slots are not in the new text."""
    return replace(
        frame,
        measures=tuple(replace(m, span=NOWHERE) for m in frame.measures),
        attributes=tuple(replace(d, span=NOWHERE) for d in frame.attributes),
        dimensions=tuple(replace(d, span=NOWHERE) for d in frame.dimensions),
        filters=tuple(_moved(f) for f in frame.filters),
        existence=tuple(_moved_existence(e) for e in frame.existence),
        order=tuple(_moved_order(o) for o in frame.order),
        period=replace(frame.period, span=NOWHERE) if frame.period else None,
    )


def _moved(found: Filter) -> Filter:
    measure = replace(found.measure, span=NOWHERE) if found.measure else None
    return replace(found, measure=measure, span=NOWHERE)


def _moved_existence(found: Existence) -> Existence:
    return replace(found, filters=tuple(_moved(f) for f in found.filters), span=NOWHERE)


def _moved_order(found: Order) -> Order:
    measure = replace(found.measure, span=NOWHERE) if found.measure else None
    return replace(found, measure=measure, span=NOWHERE)


def _replaced(earlier: Sequence[Filter], new: Sequence[Filter]) -> tuple[Filter, ...]:
    """A new condition on a column takes the place of the earlier ones on it."""
    columns = {f.column for f in new if f.column is not None}
    return (*(f for f in earlier if f.column is None or f.column not in columns), *new)


def _still_sorting(previous: Frame, measures: tuple[MeasureSlot, ...]) -> tuple[Order, ...]:
    """Rows sorted by a number that was replaced are sorted by the new one."""
    if measures == previous.measures or len(measures) != 1:
        return previous.order
    return tuple(replace(o, measure=measures[0]) if o.measure else o for o in previous.order)
