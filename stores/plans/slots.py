"""The literals of a question, and what is left of it without them.

Two questions of one shape differ in nothing but literals that change no shape: the bounds of a
period of the same kind, values of the same column, numbers, how many rows. A statement that is
right for one is right for the other, with the other's literals in it.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Literal, TypeVar
from zoneinfo import ZoneInfo

from clearway.semantics.frame import Existence, Filter, Frame, MeasureSlot, Period, Scalar
from clearway.semantics.plainform import to_plain

SlotKind = Literal["period", "text", "number", "group", "limit", "count"]
SpanKind = Literal["year", "quarter", "month", "day", "days", "times"]

SMALLEST = 2
"""Whole numbers below it may change the shape: `the best`, `at least one`, `more than none`."""
WILD = frozenset("%_\\")
"""Characters that are no characters in a pattern."""

_HOLE = "\x00"
_NO_TIME = datetime(1, 1, 1, tzinfo=UTC)
T = TypeVar("T", Filter, Existence)


@dataclass(frozen=True, slots=True, kw_only=True)
class Slot:
    """One literal of a question."""

    kind: SlotKind
    column: str
    """Name of the column it is compared with, of each row or of a group; may be empty there."""
    value: Scalar | Period
    open: bool
    """Whether another value may stand in its place; else it is part of the shape."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Slots:
    """A question's shape, and its literals in an order that the shape settles."""

    shape: str
    slots: tuple[Slot, ...]
    zones: frozenset[str] = frozenset()
    """Time zones the shape names."""
    shifted: bool = False
    """Whether the shape has steps of time that begin later than the calendar's."""

    @property
    def open(self) -> tuple[Slot, ...]:
        """What a template of this shape has holes for."""
        return tuple(slot for slot in self.slots if slot.open)


def slots_of(frame: Frame, doubtful_values: frozenset[str]) -> Slots | None:
    """Return the shape and the literals; None where a question has nothing to bind anew.

    A comparison of periods names its columns after them, and an identifier is what it is: neither
    is taken apart. `doubtful_values`, case-folded, stand in several columns and stay as they are.
    """
    if frame.comparison is not None or frame.identifiers or frame.follow_up:
        return None
    cutter = _Cutter(doubtful_values)
    filters, filter_slots = _sorted(map(cutter.filter, frame.filters))
    existence, existence_slots = _sorted(map(cutter.existence, frame.existence))
    period, period_slots = cutter.period(frame.period)
    limit = frame.limit
    slots = [*filter_slots, *existence_slots, *period_slots]
    if limit is not None:
        open_ = limit >= SMALLEST
        slots.append(Slot(kind="limit", column="", value=limit, open=open_))
        limit = -1 if open_ else limit
    if not any(slot.open for slot in slots):
        return None
    slots += [slot for measure in frame.measures for slot in cutter.within(measure)]
    shape = replace(frame, filters=filters, existence=existence, period=period, limit=limit)
    steps = (*frame.dimensions, *frame.attributes)
    periods = [slot.value for slot in slots if isinstance(slot.value, Period)]
    kinds = [span_kind(period) for period in periods]
    return Slots(
        shape=json.dumps([shape.canonical(), kinds, frame.assumptions], ensure_ascii=False),
        slots=tuple(slots),
        zones=frozenset([*(p.zone for p in periods), *(d.zone for d in steps)]),
        shifted=any(d.shift for d in steps),
    )


class _Cutter:
    """Takes literals out of slots; what it returns instead says that there was one."""

    def __init__(self, doubtful_values: frozenset[str]) -> None:
        self._doubtful = doubtful_values

    def filter(self, found: Filter) -> tuple[Filter, list[Slot]]:
        slots = [self._value(value, found) for value in found.values]
        marks = [_HOLE + type(s.value).__name__ if s.open else s.value for s in slots]
        return replace(found, values=tuple(marks)), slots  # type: ignore[arg-type]  # scalars

    def existence(self, found: Existence) -> tuple[Existence, list[Slot]]:
        filters, slots = _sorted(map(self.filter, found.filters))
        period, period_slots = self.period(found.period)
        slots = [*slots, *period_slots]
        count = found.count
        if count is not None:
            open_ = count >= SMALLEST
            slots.append(Slot(kind="count", column="", value=count, open=open_))
            count = -1 if open_ else count
        return replace(found, filters=filters, period=period, count=count), slots

    def period(self, found: Period | None) -> tuple[Period | None, list[Slot]]:
        if found is None:
            return None, []
        column = found.column.name if found.column is not None else ""
        bare = replace(
            found,
            start=None if found.start is None else _NO_TIME,
            end=None if found.end is None else _NO_TIME,
        )
        return bare, [Slot(kind="period", column=column, value=found, open=True)]

    def within(self, measure: MeasureSlot) -> list[Slot]:
        """A measure is named after what it counts, so its own conditions stay."""
        return [
            replace(slot, open=False) for each in measure.where for slot in self.filter(each)[1]
        ]

    def _value(self, value: Scalar, found: Filter) -> Slot:
        compared = found.column or (found.measure.column if found.measure is not None else None)
        column = compared.name if compared is not None else ""
        if isinstance(value, int | float) and not isinstance(value, bool):
            plain = found.comparator not in ("like", "is null")
            large = value >= SMALLEST or (value > 0 and not float(value).is_integer())
            kind: SlotKind = "number" if found.measure is None else "group"
            return Slot(kind=kind, column=column, value=value, open=plain and large)
        known = isinstance(value, str) and found.exact and found.comparator in _EQUALITY
        open_ = (
            known and str(value).casefold() not in self._doubtful and WILD.isdisjoint(str(value))
        )
        return Slot(kind="text", column=column, value=value, open=open_)


_EQUALITY = ("=", "<>", "in", "not in")


def _sorted(cut: Iterable[tuple[T, list[Slot]]]) -> tuple[tuple[T, ...], list[Slot]]:
    """Order conditions by their shape; equal shapes stay in the order they were said."""
    pairs = sorted(cut, key=lambda pair: json.dumps(_bare(to_plain(pair[0])), sort_keys=True))
    return tuple(found for found, _ in pairs), [slot for _, slots in pairs for slot in slots]


def _bare(plain: object) -> object:
    if isinstance(plain, dict):
        return {key: _bare(item) for key, item in plain.items() if key not in ("span", "label")}
    return [_bare(item) for item in plain] if isinstance(plain, list) else plain


def span_kind(period: Period) -> SpanKind:
    """Return what kind of stretch a period is in its own zone: a template serves one kind only."""
    zone = ZoneInfo(period.zone)
    bounds = [m.astimezone(zone) for m in (period.start, period.end) if m is not None]
    if any(bound.time() != _NO_TIME.time() for bound in bounds):
        return "times"
    if len(bounds) < 2:
        return "days"
    start, end = (bound.date() for bound in bounds)
    months = (end.year - start.year) * 12 + end.month - start.month
    if start.day == end.day == 1:
        if months == 12 and start.month == 1:
            return "year"
        if months == 3 and start.month % 3 == 1:
            return "quarter"
        if months == 1:
            return "month"
    return "day" if end - start == timedelta(days=1) else "days"
