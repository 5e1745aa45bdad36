"""How the literals of a question may be written in SQL: from a slot's value to text, and back."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Literal
from zoneinfo import ZoneInfo

from sqlglot import exp

from clearway.semantics.frame import Period
from clearway.stores.plans.slots import WILD, Slot, span_kind

Side = Literal["start", "end", "last", "on", "year", "quarter", "month"]
"""What a literal says of a period: its first moment, the first after it, the last within it, its
only day, or a part of a date."""

_Writer = Callable[[Period], str | int | None]


def _local(moment: datetime, period: Period) -> datetime:
    return moment.astimezone(ZoneInfo(period.zone)).replace(tzinfo=None)


def _forms(side: Literal["start", "end"]) -> dict[str, _Writer]:
    """Return the ways to write a bound."""

    def moment(period: Period) -> datetime | None:
        return period.start if side == "start" else period.end

    def written(write: Callable[[datetime, Period], str]) -> _Writer:
        return lambda period: None if (m := moment(period)) is None else write(m, period)

    return {
        f"{side}_date": written(lambda m, p: _local(m, p).date().isoformat()),
        f"{side}_utc": written(lambda m, _: _naive(m).isoformat(sep=" ")),
        f"{side}_local": written(lambda m, p: _local(m, p).isoformat(sep=" ")),
        f"{side}_offset": written(lambda m, _: m.astimezone(UTC).isoformat(sep=" ")),
        f"{side}_offset_t": written(lambda m, _: m.astimezone(UTC).isoformat()),
        f"{side}_local_t": written(lambda m, p: _local(m, p).isoformat()),
    }


def _naive(moment: datetime) -> datetime:
    return moment.astimezone(UTC).replace(tzinfo=None)


def _last(before: timedelta, *, date: bool) -> _Writer:
    def write(period: Period) -> str | None:
        if period.end is None:
            return None
        moment = _local(period.end, period) - before
        return moment.date().isoformat() if date else moment.isoformat(sep=" ")

    return write


def _first(period: Period) -> datetime | None:
    return None if period.start is None else _local(period.start, period)


def _part(kind: tuple[str, ...], read: Callable[[datetime], str | int]) -> _Writer:
    """A part of the date says it all only of a period of some kind."""

    def write(period: Period) -> str | int | None:
        first = _first(period)
        return read(first) if first is not None and span_kind(period) in kind else None

    return write


def _quarter(first: datetime) -> int:
    return (first.month + 2) // 3


_PERIOD: Mapping[Side, Mapping[str, _Writer]] = {
    "start": _forms("start"),
    "end": _forms("end"),
    "last": {
        "last_date": _last(timedelta(days=1), date=True),
        "last_second": _last(timedelta(seconds=1), date=False),
    },
    "on": {"on_date": _part(("day",), lambda first: first.date().isoformat())},
    "year": {"year": _part(("year", "quarter", "month"), lambda first: first.year)},
    "quarter": {
        "quarter": _part(("quarter",), _quarter),
        "quarter_name": _part(("quarter",), lambda first: f"Q{_quarter(first)}"),
    },
    "month": {"month": _part(("month",), lambda first: first.month)},
}
_WRITERS = {name: write for side in _PERIOD.values() for name, write in side.items()}
PARTS: frozenset[str] = frozenset({"year", "quarter", "month"})

COMPLETE: tuple[frozenset[Side], ...] = (
    frozenset({"start", "end"}),
    frozenset({"start", "last"}),
    frozenset({"on"}),
    frozenset({"year", "quarter"}),
    frozenset({"year", "month"}),
)
"""Sides that together say a whole period; a year alone says a year."""


def period_forms(period: Period, side: Side, literal: exp.Literal) -> Iterator[str]:
    """Yield the names of the forms in which a period is written like this literal."""
    for name, write in _PERIOD[side].items():
        value = write(period)
        if value is not None and _same(value, literal):
            yield name


def value_form(slot: Slot, literal: exp.Literal, *, folded: bool) -> str | None:
    """Return the form in which a slot's value is written like this literal; `folded` ignores case.

    A text is found in lower case only where the statement folds the other side.
    """
    value = slot.value
    if isinstance(value, str):
        if not literal.is_string:
            return None
        if literal.this == value:
            return "text"
        return "lower" if folded and literal.this == value.lower() else None
    if isinstance(value, int | float) and not isinstance(value, bool):
        return "number" if _same(value, literal) else None
    return None


def literal_of(slot: Slot, form: str) -> exp.Expr | None:
    """Return the literal that says a slot's value in a form; None where it cannot be said so."""
    value = slot.value
    if isinstance(value, Period):
        written = _WRITERS[form](value)
        if written is None:
            return None
        if isinstance(written, int):
            return exp.Literal.number(written)
        return exp.Literal.string(written)
    if isinstance(value, str):
        if not WILD.isdisjoint(value):
            return None
        return exp.Literal.string(value.lower() if form == "lower" else value)
    return exp.Literal.number(value) if isinstance(value, int | float) else None


def side_written(form: str) -> Side:
    """Return which side of a period a form says."""
    return next(side for side, forms in _PERIOD.items() if form in forms)


def says_all(period: Period, sides: set[Side]) -> bool:
    """Return whether these sides leave nothing of a period unsaid."""
    if period.start is None:
        return not sides.isdisjoint({"end", "last"})
    if period.end is None:
        return "start" in sides
    if span_kind(period) == "year" and sides >= {"year"}:
        return True
    return any(sides >= complete for complete in COMPLETE)


def _same(value: str | int | float, literal: exp.Literal) -> bool:
    if isinstance(value, str):
        return bool(literal.is_string) and literal.this == value
    return not literal.is_string and literal.this == str(value)
