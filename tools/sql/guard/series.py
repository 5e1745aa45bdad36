"""Generated rows: generate_series and what is multiplied with it."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import datetime

from sqlglot import exp

from clearway.tools.sql.guard.numbers import constant
from clearway.tools.sql.guard.refusal import Refused
from clearway.tools.sql.guard.spelling import call_name, position_of

MAX_ROWS = 100_000
"""Most rows one series, or the product of the series of one query, may have."""

_UNIT_S = {
    "microsecond": 1e-6,
    "millisecond": 1e-3,
    "second": 1.0,
    "sec": 1.0,
    "minute": 60.0,
    "min": 60.0,
    "hour": 3600.0,
    "day": 86_400.0,
    "week": 604_800.0,
    "month": 2_592_000.0,
    "mon": 2_592_000.0,
    "quarter": 7_776_000.0,
    "year": 31_536_000.0,
    "decade": 315_360_000.0,
    "century": 3_153_600_000.0,
}
_STEP = re.compile(r"\s*(-?\d+(?:\.\d+)?)\s*([a-z]+?)s?(?![a-z])\s*", re.IGNORECASE)
_MIN_OPEN_STEP_S = 3600.0
"""Shortest time step of a series whose ends are in the data."""


def check_series(nodes: Iterable[exp.Expr]) -> None:
    """Raise `Refused` where a series, or a product of series, has too many rows."""
    by_query: dict[int, float] = {}
    for node in nodes:
        if not isinstance(node, exp.Anonymous) or call_name(node) != "generate_series":
            continue
        rows = series_rows(node)
        if rows > MAX_ROWS:
            raise _refused(node)
        query = node.find_ancestor(exp.Select)
        product = by_query.get(id(query), 1.0) * max(rows, 1.0)
        if product > MAX_ROWS * 10:
            raise _refused(node)
        by_query[id(query)] = product


def series_rows(node: exp.Expr) -> float:
    """Return how many rows a generate_series call gives; infinity where nothing bounds it."""
    arguments = node.expressions
    if not 2 <= len(arguments) <= 4:
        raise _refused(node)
    start, stop = constant(arguments[0]), constant(arguments[1])
    step = constant(arguments[2]) if len(arguments) > 2 else 1.0
    if start is not None and stop is not None and step is not None:
        return float("inf") if step == 0 else (stop - start) / step + 1
    span = seconds(arguments[2]) if len(arguments) > 2 else None
    if span is not None:
        return _times(arguments[0], arguments[1], span)
    return _open(arguments)


def _times(first: exp.Expr, last: exp.Expr, step: float) -> float:
    start, stop = moment(first), moment(last)
    if step == 0:
        return float("inf")
    if start is not None and stop is not None:
        return (stop - start).total_seconds() / step + 1
    if _infinite(first) or _infinite(last) or abs(step) < _MIN_OPEN_STEP_S:
        return float("inf")
    return 1000.0 if is_modest(first) and is_modest(last) else float("inf")


def _open(arguments: list[exp.Expr]) -> float:
    """Reckon a series whose ends are numbers from the data: they may be read, not multiplied."""
    step = constant(arguments[2]) if len(arguments) > 2 else 1.0
    whole_step = step is not None and abs(step) >= 1
    modest = all(is_modest(argument) for argument in arguments[:2])
    return 1000.0 if whole_step and modest else float("inf")


def is_modest(node: exp.Expr) -> bool:
    """Return whether an expression reads a bound, without making it larger than the data is."""
    for part in node.walk():
        if isinstance(part, exp.Mul | exp.Pow | exp.BitwiseLeftShift):
            return False
        if isinstance(part, exp.Anonymous) and call_name(part) in ("power", "pow", "exp"):
            return False
        if isinstance(part, exp.Literal):
            value = constant(part) if not part.is_string else None
            if value is not None and abs(value) > MAX_ROWS:
                return False
            span = _text_seconds(part.name) if part.is_string else None
            if span is not None and abs(span) > 20 * _UNIT_S["year"]:
                return False
    return True


def _infinite(node: exp.Expr) -> bool:
    return any("infinity" in part.name.lower() for part in node.find_all(exp.Literal))


def moment(node: exp.Expr) -> datetime | None:
    """Return the point in time a constant stands for, None for anything else."""
    while isinstance(node, exp.Cast | exp.Paren):
        node = node.this
    if not isinstance(node, exp.Literal) or not node.is_string:
        return None
    text = node.name.strip()
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        return None
    return found.replace(tzinfo=None)


def seconds(node: exp.Expr) -> float | None:
    """Return the length of a constant interval, None for anything else."""
    while isinstance(node, exp.Cast | exp.Paren):
        node = node.this
    if isinstance(node, exp.Interval) and isinstance(node.this, exp.Literal):
        unit = node.args.get("unit")
        word = f" {unit.name}" if isinstance(unit, exp.Var) else ""
        return _text_seconds(node.this.name + word)
    if isinstance(node, exp.Literal) and node.is_string:
        return _text_seconds(node.name)
    return None


def _text_seconds(text: str) -> float | None:
    total, place = 0.0, 0
    while place < len(text):
        found = _STEP.match(text, place)
        unit = _UNIT_S.get(found[2].lower()) if found else None
        if found is None or unit is None:
            return None
        total += float(found[1]) * unit
        place = found.end()
    return total if text.strip() else None


def _refused(node: exp.Expr) -> Refused:
    return Refused(
        "bounds",
        "bounds.series",
        "generate_series would make too many rows, or its ends cannot be bounded.",
        f"Write both ends and the step so that there are at most {MAX_ROWS} rows.",
        position_of(node),
    )
