"""Filters and periods as SQL conditions."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from sqlglot import exp

from clearway.semantics.frame import Comparator, Filter, Period, Scalar
from clearway.semantics.judgement import is_text
from clearway.semantics.types import Column


class Impossible(Exception):
    """No statement can be made of a Frame; the message says why, in words for the asker."""


_COMPARISONS: dict[str, type[exp.Binary]] = {
    "=": exp.EQ, "<>": exp.NEQ, ">": exp.GT, ">=": exp.GTE, "<": exp.LT, "<=": exp.LTE,
}  # fmt: skip


def compare(left: exp.Expr, comparator: Comparator, right: exp.Expr) -> exp.Expr:
    """Return `left comparator right`."""
    made = _COMPARISONS.get(comparator)
    if made is None:
        raise Impossible(f"{comparator} does not compare one number with another")
    return made(this=left, expression=right)


def boolean_all(tests: Sequence[exp.Expr]) -> exp.Expr:
    """Return the conjunction of tests."""
    return exp.and_(*tests) if len(tests) > 1 else tests[0]


def literal(value: Scalar) -> exp.Expr:
    """Return a value as a literal of its own type."""
    if value is None:
        return exp.Null()
    if isinstance(value, bool):
        return exp.Boolean(this=value)
    if isinstance(value, int | float):
        return exp.Literal.number(value)
    return exp.Literal.string(value)


def column_test(
    left: exp.Expr, column: Column, found: Filter, against: exp.Expr | None
) -> exp.Expr:
    """Return the test of one column; stored spellings are compared exactly, typed ones are not."""
    test = _plain_test(left, column, found, against)
    return (
        exp.Not(this=exp.paren(test) if isinstance(test, exp.Between) else test)
        if found.negated
        else test
    )


def _plain_test(  # noqa: PLR0911 - one line for each comparator
    left: exp.Expr, column: Column, found: Filter, against: exp.Expr | None
) -> exp.Expr:
    comparator, values = found.comparator, found.values
    if against is None and not values and comparator != "is null":
        raise Impossible("a comparison with nothing")
    if against is not None:
        return compare(left, comparator, against)
    if comparator == "is null":
        return exp.Is(this=left, expression=exp.Null())
    if comparator == "like":
        return exp.ILike(this=left, expression=literal(values[0]))
    if comparator == "between":
        return exp.Between(this=left, low=literal(values[0]), high=literal(values[1]))
    if comparator in ("in", "not in"):
        inside: exp.Expr = exp.In(this=left, expressions=[literal(v) for v in values])
        return exp.Not(this=inside) if comparator == "not in" else inside
    value = values[0]
    typed = not found.exact and value not in column.values
    if isinstance(value, str) and is_text(column.type) and typed:
        return _same_text(left, comparator, value)
    return compare(left, comparator, literal(value))


def _same_text(left: exp.Expr, comparator: Comparator, value: str) -> exp.Expr:
    """Text as a person typed it: compared without regard to case."""
    if comparator not in ("=", "<>"):
        return compare(left, comparator, literal(value))
    if value.upper() == value.lower():
        return compare(left, comparator, literal(value))
    escaped = value.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    same: exp.Expr = exp.ILike(this=left, expression=exp.Literal.string(escaped))
    return exp.Not(this=same) if comparator == "<>" else same


def period_test(left: exp.Expr, column: Column, period: Period) -> exp.Expr:
    """Return `start <= column < end`, in the column's own kind of time."""
    tests: list[exp.Expr] = []
    if period.start is not None:
        tests.append(exp.GTE(this=left, expression=_moment(period.start, column, period.zone)))
    if period.end is not None:
        tests.append(exp.LT(this=left.copy(), expression=_moment(period.end, column, period.zone)))
    if not tests:
        raise Impossible("a period without bounds")
    return boolean_all(tests)


def _moment(moment: datetime, column: Column, zone: str) -> exp.Expr:
    """A date column holds the asker's days; a timestamp without a zone holds UTC."""
    if column.type == "date":
        return exp.cast(
            exp.Literal.string(moment.astimezone(ZoneInfo(zone)).date().isoformat()), "date"
        )
    if column.type.endswith("with time zone"):
        return exp.cast(exp.Literal.string(moment.isoformat(sep=" ")), "timestamptz")
    return exp.cast(exp.Literal.string(moment.replace(tzinfo=None).isoformat(sep=" ")), "timestamp")
