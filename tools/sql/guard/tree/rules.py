"""Rules of single nodes: which function, type, collation, field or number a node may hold."""

from __future__ import annotations

import re
from collections.abc import Callable

from sqlglot import exp

from clearway.tools.sql.guard.refusal import Refused, shown
from clearway.tools.sql.guard.statement.reading import MARK
from clearway.tools.sql.guard.statement.spelling import call_name, fold, position_of, type_name
from clearway.tools.sql.guard.statement.text import check_identifier
from clearway.tools.sql.guard.vocabulary import (
    COLLATIONS,
    SAMPLING,
    TEXT_SEARCH,
    TIME_FIELDS,
    Enum,
    Vocabulary,
)


def clause_refused(node: exp.Expr, name: str) -> Refused:
    """Return the refusal of an argument that a node may not have."""
    return Refused(
        "tree",
        "tree.clause",
        f"The part {spoken(name)} of {spoken(type(node).__name__)} is not allowed.",
        "Leave it out: a read needs no locks, no INTO, no search, cycle or sampling extras.",
        position_of(node),
    )


def spoken(name: str) -> str:
    """Return a class or argument name as words in a reason."""
    text = "".join(f" {c.lower()}" if c.isupper() else c for c in name).strip("_ ")
    return f"`{text}`"


def _identifier(node: exp.Expr, _: Vocabulary) -> None:
    name = node.args.get("this")
    if not isinstance(name, str):
        raise clause_refused(node, "this")
    name = name.removeprefix(MARK)
    if not node.args.get("quoted"):
        name = fold(name)
    node.args["this"] = name
    node.args["quoted"] = True
    check_identifier(name, position_of(node))


def _call(node: exp.Expr, vocabulary: Vocabulary) -> None:
    name = call_name(node)
    parent = node.parent
    if isinstance(parent, exp.Dot):
        name = f"{parent.this.name}.{name}"
    in_from = isinstance(parent, exp.Table | exp.Lateral) and node.arg_key == "this"
    allowed = vocabulary.table_functions if in_from else vocabulary.functions
    if name not in allowed and not (not in_from and name in vocabulary.table_functions):
        raise function_refused(name, position_of(node))
    if isinstance(parent, exp.Dot):
        return
    if name in TEXT_SEARCH and len(node.expressions) > 1:
        _configuration(node.expressions[0])
    for argument in node.expressions:
        if isinstance(argument, exp.Star) and name != "count":
            raise clause_refused(node, "*")


def _configuration(node: exp.Expr) -> None:
    """Refuse the qualified name of a text search configuration: none of the server's own is."""
    if isinstance(node, exp.Literal) and _QUALIFIED.fullmatch(node.name):
        raise _type_refused(node)


_QUALIFIED = re.compile(r"""\s*("[^"]*"|[^\W\d]\w*)\s*\.\s*("[^"]*"|[^\W\d]\w*)\s*""")


def function_refused(name: str, position: int | None) -> Refused:
    """Return the refusal of a function outside the vocabulary."""
    return Refused(
        "tree",
        "functions",
        f"The function {shown(name)} is not allowed.",
        "Use the usual aggregate, window, date, text, math and JSON functions, unqualified.",
        position,
    )


def _dot(node: exp.Expr, vocabulary: Vocabulary) -> None:
    if isinstance(node.parent, exp.DataType):  # judged with its type
        return
    schema, call = node.args.get("this"), node.args.get("expression")
    if isinstance(schema, exp.Identifier) and isinstance(call, exp.Anonymous):
        name = f"{fold(schema.name) if not schema.args.get('quoted') else schema.name}."
        if name + call_name(call) in vocabulary.functions:
            return
        raise function_refused(name + call_name(call), position_of(node))
    raise Refused(
        "tree",
        "attribute",
        "Reading a part of a value with `(value).name` is not allowed.",
        "Name the column itself, or use -> and ->> on JSON.",
        position_of(node),
    )


def _unnest_call(node: exp.Expr, vocabulary: Vocabulary) -> None:
    if "unnest" not in vocabulary.table_functions:
        raise function_refused("unnest", position_of(node))


def _type(node: exp.Expr, vocabulary: Vocabulary) -> None:
    if node.args.get("this") is exp.DType.ARRAY:
        inner = node.expressions
        if len(inner) != 1 or not isinstance(inner[0], exp.DataType) or node.args.get("values"):
            raise _type_refused(node)
        return
    name = type_name(node)
    if (enum := vocabulary.enums.get(name)) is not None:
        _enum(node, enum)
        return
    quoted_char = name == "char" and node.args.get("this") is exp.DType.USERDEFINED
    if name not in vocabulary.types or quoted_char:
        raise _type_refused(node)
    for parameter in node.expressions:
        size = parameter.this if isinstance(parameter, exp.DataTypeParam) else None
        if not (isinstance(size, exp.Literal) and not size.is_string and size.name.isdigit()):
            raise _type_refused(node)
        if int(size.name) > 10_000:
            raise _type_refused(node)


def _enum(node: exp.Expr, enum: Enum) -> None:
    """Let constants be values of an enumeration, whose name is written out in full."""
    cast = node.parent
    while isinstance(cast, exp.DataType):
        cast = cast.parent
    value = cast.this if isinstance(cast, exp.Cast) else None
    items = value.expressions if isinstance(value, exp.Array) else [value]
    for item in items:
        if not isinstance(item, exp.Literal) or not item.is_string or item.name not in enum.labels:
            raise _type_refused(node)
    names = [exp.Identifier(this=part, quoted=True) for part in (enum.schema, enum.name)]
    node.set("kind", exp.Dot(this=names[0], expression=names[1]))


def _type_refused(node: exp.Expr) -> Refused:
    return Refused(
        "tree",
        "types",
        "The statement converts to a type that is not allowed.",
        "Use numbers, text, dates, times, booleans, uuid, json, ranges or arrays.",
        position_of(node.parent or node),
    )


def _collation(node: exp.Expr, _: Vocabulary) -> None:
    named = node.args.get("expression")
    if not isinstance(named, exp.Identifier) or named.name not in COLLATIONS:
        raise Refused(
            "tree",
            "collations",
            "This collation is not allowed.",
            'Leave COLLATE out, or use "C".',
            position_of(node),
        )


def _extract(node: exp.Expr, _: Vocabulary) -> None:
    field = node.args.get("this")
    known = isinstance(field, exp.Var) or (isinstance(field, exp.Literal) and field.is_string)
    if not known or fold(field.name) not in TIME_FIELDS:  # type: ignore[union-attr]  # known
        raise clause_refused(node, "this")


def _sample(node: exp.Expr, _: Vocabulary) -> None:
    percent, seed = node.args.get("percent"), node.args.get("seed")
    literal = isinstance(percent, exp.Literal) and not percent.is_string
    method = fold(node.text("method"))
    if not literal or method not in SAMPLING or not isinstance(seed, exp.Literal | None):
        raise clause_refused(node, "method")


def _variable(node: exp.Expr, _: Vocabulary) -> None:
    if not isinstance(
        node.parent,
        exp.Extract
        | exp.Interval
        | exp.IntervalSpan
        | exp.TableSample
        | exp.WindowSpec
        | exp.Kwarg
        | exp.Limit,
    ):
        raise clause_refused(node, "this")
    if isinstance(node.parent, exp.Limit) and fold(node.name) != "all":
        raise clause_refused(node, "this")


def _number(node: exp.Expr, _: Vocabulary) -> None:
    if not node.args.get("is_string") and not _NUMBER.fullmatch(node.name):
        raise clause_refused(node, "this")


_NUMBER = re.compile(r"(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?")


def _unit(node: exp.Expr, _: Vocabulary) -> None:
    unit = node.args.get("unit")
    parts = [unit.this, unit.expression] if isinstance(unit, exp.IntervalSpan) else [unit]
    known = (isinstance(part, exp.Var) and fold(part.name) in TIME_FIELDS for part in parts)
    if not isinstance(node.this, exp.Literal) or not (unit is None or all(known)):
        raise clause_refused(node, "unit")


def _is(node: exp.Expr, _: Vocabulary) -> None:
    if not isinstance(node.args.get("expression"), exp.Null | exp.Boolean | exp.JSON):
        raise clause_refused(node, "expression")


def _json_test(node: exp.Expr, _: Vocabulary) -> None:
    if not isinstance(node.parent, exp.Is):
        raise clause_refused(node, "this")


def _operator(node: exp.Expr, _: Vocabulary) -> None:
    prefix = node.args.get("operator") == "@"
    if prefix and not isinstance(node.this, exp.Null):
        raise clause_refused(node, "operator")


RULES: dict[type[exp.Expr], Callable[[exp.Expr, Vocabulary], None]] = {
    exp.Identifier: _identifier,
    exp.Literal: _number,
    exp.Anonymous: _call,
    exp.Dot: _dot,
    exp.Explode: _unnest_call,
    exp.Unnest: _unnest_call,
    exp.DataType: _type,
    exp.Collate: _collation,
    exp.Extract: _extract,
    exp.TableSample: _sample,
    exp.Var: _variable,
    exp.Interval: _unit,
    exp.Is: _is,
    exp.JSON: _json_test,
    exp.Operator: _operator,
}
