"""The normal form of a Frame: one of the several ways in which slots can say the same.

Nothing is added and nothing is lost: whoever plans the normal form answers the question asked.
Only the order in which things are shown may be another one.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from typing import Any, TypeVar

from clearway.semantics.frame import Comparator, Dimension, Filter, Frame, MeasureSlot, Scalar
from clearway.semantics.plainform import to_plain

OPPOSITE: dict[Comparator, Comparator] = {
    "=": "<>", "<>": "=", "<": ">=", ">=": "<", ">": "<=", "<=": ">", "in": "not in",
    "not in": "in",
}  # fmt: skip
_ONE: dict[Comparator, Comparator] = {"in": "=", "not in": "<>"}
_SOME: tuple[Comparator, ...] = (">", ">=")

Slot = TypeVar("Slot", Dimension, MeasureSlot, Filter)


def normal_form(frame: Frame) -> Frame:
    """Return a Frame that means the same, equal for Frames that differ in how they say it."""
    subject = frame.subject or _only_table(frame.measures)
    filters = _by_column([_filter(found, subject) for found in frame.filters])
    existence = tuple(
        replace(each, filters=_sorted(tuple(_filter(found, each.table) for found in each.filters)))
        for each in frame.existence
    )
    if (subject, filters, existence) != (frame.subject, frame.filters, frame.existence):
        frame = replace(frame, subject=subject, filters=filters, existence=existence)
    return _unordered(_side_by_side(_counted_rows(frame)))


def _by_column(filters: Sequence[Filter]) -> tuple[Filter, ...]:
    """Sort conditions, for they all hold; those of one column and kind stay as they were said."""
    if len(filters) < 2:
        return tuple(filters)
    return tuple(sorted(filters, key=lambda found: _meaning(replace(found, values=()))))


def _only_table(measures: Sequence[MeasureSlot]) -> str | None:
    """`the highest price in each category`: the rows are those of the one table measured."""
    tables = {measure.table for measure in measures}
    return tables.pop() or None if len(tables) == 1 else None


def _filter(found: Filter, subject: str | None) -> Filter:
    """Say `not below 5` as `at least 5`, one of one value as that value, 90.0 as 90.

    What does not hold of a related row is another matter: that there may be no such row at all.
    """
    values = tuple(map(_plain, found.values))
    if values != found.values:
        found = replace(found, values=values)
    own = found.column is not None and found.column.table == subject and not found.column.via
    truth = any(isinstance(value, bool) for value in values)
    if own and found.negated and not truth and found.comparator in OPPOSITE:
        found = replace(found, negated=False, comparator=OPPOSITE[found.comparator])
    if len(values) == 1 and found.comparator in _ONE:
        found = replace(found, comparator=_ONE[found.comparator])
    return found


def _plain(value: Scalar) -> Scalar:
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _counted_rows(frame: Frame) -> Frame:
    """`jobs with more than 3 failed runs`: those runs alone are looked at, and counted.

    Said of groups that show no other number, and need one such row at least.
    """
    having = [found for found in frame.filters if found.measure is not None]
    if len(having) != 1 or frame.measures or frame.order or not frame.dimensions:
        return frame
    counted, measure = having[0], having[0].measure
    if measure is None or measure.aggregate != "count" or not measure.where or measure.over:
        return frame
    least = counted.values[0] if len(counted.values) == 1 else None
    positive = isinstance(least, int) and least >= (0 if counted.comparator == ">" else 1)
    plain = not any(each.negated or each.alternative for each in (counted, *measure.where))
    if counted.comparator not in _SOME or not plain or not positive:
        return frame
    every = replace(counted, measure=replace(measure, where=()))
    rest = tuple(found for found in frame.filters if found is not counted)
    return replace(frame, filters=(*rest, *measure.where, every))


def _side_by_side(frame: Frame) -> Frame:
    """`2024 against 2025` shows the two that `2025 against 2024` does."""
    held, period = frame.comparison, frame.period
    if held is None or period is None or held.kind != "side_by_side" or frame.order:
        return frame
    first, second = sorted((period, held.base), key=lambda each: str(each.start), reverse=True)
    return replace(frame, period=first, comparison=replace(held, base=second))


def _unordered(frame: Frame) -> Frame:
    """Sort what is shown, but for whole rows.

    A chart is drawn along its first dimension, a ranking by its measure.
    """
    if frame.presentation == "chart":
        return frame
    ranked = frame.limit is not None or frame.comparison is not None
    whole = all(each.identifies for each in frame.attributes)
    shown = (frame.dimensions, frame.attributes, frame.limit_per, frame.measures)
    dimensions, attributes, limit_per, measures = ordered = (
        _sorted(frame.dimensions),
        frame.attributes if whole else _sorted(frame.attributes),
        _sorted(frame.limit_per),
        frame.measures if ranked else _sorted(frame.measures),
    )
    if ordered == shown:
        return frame
    return replace(
        frame,
        dimensions=dimensions,
        attributes=attributes,
        limit_per=limit_per,
        measures=measures,
    )


def _sorted(slots: tuple[Slot, ...]) -> tuple[Slot, ...]:
    return tuple(sorted(slots, key=_meaning)) if len(slots) > 1 else slots


def _meaning(slot: Dimension | MeasureSlot | Filter) -> str:
    return json.dumps(_without_spans(to_plain(slot)), sort_keys=True)


def _without_spans(plain: Any) -> Any:
    if isinstance(plain, dict):
        return {key: _without_spans(item) for key, item in plain.items() if key != "span"}
    return [_without_spans(item) for item in plain] if isinstance(plain, list) else plain
