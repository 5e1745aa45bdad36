"""Conversions of a database's own types.

A cast may be a function that someone wrote, run with its owner's rights, and it applies wherever
the type is converted: no search path hides it. Values of types that are not built in may therefore
only become text.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from sqlglot import exp

from clearway.tools.sql.guard.refusal import Refused
from clearway.tools.sql.guard.statement.scope import Output
from clearway.tools.sql.guard.statement.spelling import call_name, position_of, type_name
from clearway.tools.sql.guard.vocabulary import TYPES, words

_DISPLAYED = TYPES | frozenset(
    {
        "boolean",
        "smallint",
        "integer",
        "bigint",
        "real",
        "double precision",
        "character varying",
        "character",
        "time without time zone",
        "time with time zone",
        "timestamp without time zone",
        "timestamp with time zone",
        "bit varying",
        "xml",
        "name",
        "oid",
        "",
    }
)
_TEXTS = words("text varchar bpchar")
_CONVERTING = words("int2 int4 int8 float4 float8 numeric bool date to_number to_date")
_SAME_TYPE = words("""
    min max mode any_value coalesce greatest least nullif lag lead first_value last_value nth_value
    percentile_disc array_agg unnest array_append array_prepend array_cat array_remove array_replace
    trim_array array_sample array_shuffle
""")
_UNKNOWN = Output("")
_THROUGH = (
    exp.Paren,
    exp.Alias,
    exp.Filter,
    exp.WithinGroup,
    exp.Window,
    exp.Bracket,
    exp.Explode,
    exp.Unnest,
    exp.Array,
    exp.Case,
    exp.If,
    exp.Subquery,
    exp.Order,
    exp.Ordered,
    exp.Distinct,
)


def check_casts(nodes: Iterable[exp.Expr], bound: Mapping[int, Output]) -> None:
    """Raise `Refused` where a value of a type that is not built in becomes anything but text."""
    for node in nodes:
        if _converts(node, bound):
            raise Refused(
                "names",
                "types.own_type",
                "A value of a type that is not built in is converted.",
                "Convert it to text, or compare it as it is.",
                position_of(node),
            )


def _converts(node: exp.Expr, bound: Mapping[int, Output]) -> bool:
    if isinstance(node, exp.Cast):
        return _target(node) not in _TEXTS and _is_foreign(node.this, bound)
    if isinstance(node, exp.Anonymous) and call_name(node) in _CONVERTING:
        return any(_is_foreign(argument, bound) for argument in node.expressions)
    return False


def _target(cast: exp.Expr) -> str:
    to = cast.args["to"]
    while to.args.get("this") is exp.DType.ARRAY:
        to = to.expressions[0]
    return type_name(to)


def _is_foreign(node: exp.Expr, bound: Mapping[int, Output], depth: int = 0) -> bool:
    if depth > 50:
        return True
    if isinstance(node, exp.Cast):
        return "." in _target(node)
    if isinstance(node, exp.Column):
        output = bound.get(id(node), _UNKNOWN)
        return _is_own(output.type) or _any(output.made_of, bound, depth)
    return _any(_carried(node), bound, depth)


def _carried(node: exp.Expr) -> Iterable[exp.Expr]:
    """Return the parts whose type a node's value can have."""
    if isinstance(node, exp.Select):
        return node.selects[:1]
    if isinstance(node, exp.SetOperation):
        return (node.this, node.expression)
    if isinstance(node, exp.Anonymous):
        return node.expressions if call_name(node) in _SAME_TYPE else ()
    return node.iter_expressions() if isinstance(node, _THROUGH) else ()


def _any(parts: Iterable[exp.Expr], bound: Mapping[int, Output], depth: int) -> bool:
    return any(_is_foreign(part, bound, depth + 1) for part in parts)


def _is_own(type_: str) -> bool:
    """Return whether a type, as Postgres displays it, is not one of the built-in ones."""
    name = type_.split("[", 1)[0]
    bare = name if "(" not in name else name[: name.index("(")] + name[name.index(")") + 1 :]
    return bare.strip() not in _DISPLAYED
