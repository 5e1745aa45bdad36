"""Whether an expression reads a number from the data without making it larger than the data is.

Allowlists: columns, small constants, sums and the aggregates of a calendar. What is not known to
keep a number as small as those is taken to make it large.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from sqlglot import exp

from clearway.tools.sql.guard.bounds.moments import UNIT_S, moment, text_seconds
from clearway.tools.sql.guard.bounds.numbers import constant, span
from clearway.tools.sql.guard.statement.scope import Output
from clearway.tools.sql.guard.statement.spelling import call_name, type_name
from clearway.tools.sql.guard.vocabulary import words

Bound = Mapping[int, Output]

MAX_NUMBER = 100_000
"""Largest constant that an end may be made of."""
_MAX_SPAN_S = 20 * UNIT_S["year"]
_MAX_YEARS = 150
"""How far from the year 2000 a written end may be."""
_MAX_DEPTH = 60

_CALLS = words("""
    min max avg count any_value mode percentile_disc percentile_cont first_value last_value
    coalesce greatest least nullif abs round floor ceil ceiling trunc sign int4 int8
    row_number rank dense_rank ntile generate_series generate_subscripts
    length char_length character_length cardinality array_length array_upper array_lower
    jsonb_array_length json_array_length
    lower upper now date date_trunc date_bin make_date make_timestamp to_date timezone
    transaction_timestamp statement_timestamp clock_timestamp
""")
_TYPES = words("int2 int4 int8 numeric float4 float8 date timestamp timestamptz interval")
_TIME_VALUES = (exp.CurrentDate, exp.CurrentTimestamp, exp.Localtimestamp)
_THROUGH = (exp.Paren, exp.Alias, exp.Neg, exp.Filter, exp.Window, exp.WithinGroup, exp.AtTimeZone)
_SMALL_FIELDS = words("""
    year isoyear quarter month week day hour minute second dow isodow doy decade century millennium
""")


def is_modest(node: exp.Expr | None, bound: Bound, depth: int = 0) -> bool:
    """Return whether a value is as small as stored ones, and small constants beside them."""
    if node is None or depth > _MAX_DEPTH:
        return False
    found = span(node)
    if found is not None:
        return found.size <= MAX_NUMBER
    rule = _RULES.get(type(node))
    return rule(node, bound, depth + 1) if rule is not None else False


def _text(node: exp.Expr, _: Bound, __: int) -> bool:
    """A date, a short length of time, or a word such as 'month'."""
    length = text_seconds(node.name)
    if length is not None:
        return abs(length) <= _MAX_SPAN_S
    at = moment(node)
    if at is not None:
        return abs(at.year - 2000) <= _MAX_YEARS
    return node.name.isalpha() and node.name.lower() not in ("infinity", "epoch")


def _column(node: exp.Expr, bound: Bound, depth: int) -> bool:
    """A stored column, or one made of what is modest; what functions return can be anything."""
    output = bound.get(id(node))
    if output is None or not (output.type or output.made_of):
        return False
    return all(is_modest(each, bound, depth) for each in output.made_of)


def _cast(node: exp.Expr, bound: Bound, depth: int) -> bool:
    return type_name(node.args["to"]) in _TYPES and is_modest(node.this, bound, depth)


def _inner(node: exp.Expr, bound: Bound, depth: int) -> bool:
    return is_modest(node.this, bound, depth)


def _first(node: exp.Expr, bound: Bound, depth: int) -> bool:
    return is_modest(node.expressions[0], bound, depth)


def _both(node: exp.Expr, bound: Bound, depth: int) -> bool:
    return is_modest(node.this, bound, depth) and is_modest(node.expression, bound, depth)


def _quotient(node: exp.Expr, bound: Bound, depth: int) -> bool:
    by = span(node.expression)
    away = by is not None and (by.low >= 1 or by.high <= -1)
    return away and is_modest(node.this, bound, depth)


def _query(node: exp.Expr, bound: Bound, depth: int) -> bool:
    outputs = node.selects if isinstance(node, exp.Query) else []
    return len(outputs) > 0 and all(is_modest(each, bound, depth) for each in outputs)


def _case(node: exp.Expr, bound: Bound, depth: int) -> bool:
    values = [branch.args["true"] for branch in node.args["ifs"]]
    values += filter(None, [node.args.get("default")])
    return all(isinstance(each, exp.Null) or is_modest(each, bound, depth) for each in values)


def _call(node: exp.Expr, bound: Bound, depth: int) -> bool:
    name, arguments = call_name(node), node.expressions
    if name == "count":
        return True
    if name in ("round", "trunc") and len(arguments) > 1 and constant(arguments[1]) is None:
        return False
    return name in _CALLS and all(
        isinstance(each, exp.Null | exp.Star) or is_modest(each, bound, depth) for each in arguments
    )


def _extract(node: exp.Expr, _: Bound, __: int) -> bool:
    return node.name.lower() in _SMALL_FIELDS


def _interval(node: exp.Expr, _: Bound, __: int) -> bool:
    unit = node.args.get("unit")
    word = f" {unit.name}" if isinstance(unit, exp.Var) else ""
    length = text_seconds(node.this.name + word)
    return length is not None and abs(length) <= _MAX_SPAN_S


_RULES: dict[type[exp.Expr], Callable[[exp.Expr, Bound, int], bool]] = {
    exp.Literal: _text,
    exp.Column: _column,
    exp.Cast: _cast,
    exp.Add: _both,
    exp.Sub: _both,
    exp.Union: _both,
    exp.Except: _both,
    exp.Intersect: _both,
    exp.Order: _inner,
    exp.Distinct: _first,
    exp.Bracket: _inner,
    exp.JSONExtractScalar: _inner,
    exp.Div: _quotient,
    exp.Select: _query,
    exp.Subquery: _inner,
    exp.Case: _case,
    exp.Anonymous: _call,
    exp.Extract: _extract,
    exp.Interval: _interval,
    **dict.fromkeys(_THROUGH, _inner),
    **dict.fromkeys(_TIME_VALUES, lambda _, __, ___: True),
}
