"""Generated rows: generate_series and what is multiplied with it."""

from __future__ import annotations

import math
from collections.abc import Iterable

from sqlglot import exp

from clearway.tools.sql.guard.bounds.modest import Bound, is_modest
from clearway.tools.sql.guard.bounds.moments import moment, seconds
from clearway.tools.sql.guard.bounds.numbers import Range, span
from clearway.tools.sql.guard.refusal import Refused
from clearway.tools.sql.guard.statement.spelling import call_name, position_of

MAX_ROWS = 100_000
"""Most rows one series, or the product of the series of one query, may have."""

_MIN_OPEN_STEP_S = 3600.0
"""Shortest time step of a series whose ends are in the data."""


def check_series(nodes: Iterable[exp.Expr], bound: Bound) -> None:
    """Raise `Refused` where a series, or a product of series, has too many rows.

    `bound` is what the names layer resolved each column to.
    """
    by_query: dict[int, float] = {}
    for node in nodes:
        if not isinstance(node, exp.Anonymous) or call_name(node) != "generate_series":
            continue
        rows = series_rows(node, bound)
        if rows > MAX_ROWS:
            raise _refused(node)
        query = node.find_ancestor(exp.Select)
        product = by_query.get(id(query), 1.0) * max(rows, 1.0)
        if product > MAX_ROWS * 10:
            raise _refused(node)
        by_query[id(query)] = product


def series_rows(node: exp.Expr, bound: Bound) -> float:
    """Return how many rows a generate_series call gives; infinity where nothing bounds it."""
    arguments = node.expressions
    if not 2 <= len(arguments) <= 4:
        raise _refused(node)
    start, stop = span(arguments[0]), span(arguments[1])
    step = span(arguments[2]) if len(arguments) > 2 else Range(1.0, 1.0)
    if start is not None and stop is not None and step is not None:
        return _counted(start, stop, step)
    length = seconds(arguments[2]) if len(arguments) > 2 else None
    if length is not None:
        return _times(arguments[0], arguments[1], length, bound)
    return _open(arguments, step, bound)


def _counted(start: Range, stop: Range, step: Range) -> float:
    if step.low <= 0 <= step.high:
        return math.inf
    way = stop.high - start.low if step.low > 0 else start.high - stop.low
    return way / min(abs(step.low), abs(step.high)) + 1


def _times(first: exp.Expr, last: exp.Expr, step: float, bound: Bound) -> float:
    start, stop = moment(first), moment(last)
    if step == 0:
        return math.inf
    if start is not None and stop is not None:
        return (stop - start).total_seconds() / step + 1
    if _infinite(first) or _infinite(last) or abs(step) < _MIN_OPEN_STEP_S:
        return math.inf
    return 1000.0 if is_modest(first, bound) and is_modest(last, bound) else math.inf


def _open(arguments: list[exp.Expr], step: Range | None, bound: Bound) -> float:
    """Reckon a series whose ends are numbers from the data: they may be read, not multiplied."""
    whole_step = step is not None and (step.low >= 1 or step.high <= -1)
    modest = all(is_modest(argument, bound) for argument in arguments[:2])
    return 1000.0 if whole_step and modest else math.inf


def _infinite(node: exp.Expr) -> bool:
    return any("infinity" in part.name.lower() for part in node.find_all(exp.Literal))


def _refused(node: exp.Expr) -> Refused:
    return Refused(
        "bounds",
        "bounds.series",
        "generate_series would make too many rows, or its ends cannot be bounded.",
        f"Write both ends and the step so that there are at most {MAX_ROWS} rows.",
        position_of(node),
    )
