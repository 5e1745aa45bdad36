"""The tree layer: every node, every argument of every node, against what is known to be a read.

The table below is the whole grammar that is accepted. A node type that is not in it, or an argument
that its row does not name, is refused: new syntax of a parser can only be refused, never let by.
On the way, names are folded the way Postgres folds them, so that later layers compare exactly.
"""

from __future__ import annotations

import re
from typing import Any

from sqlglot import exp

from clearway.tools.sql.guard.reading import MARK
from clearway.tools.sql.guard.refusal import Refused, shown
from clearway.tools.sql.guard.text import check_identifier, too_deep, too_large
from clearway.tools.sql.guard.vocabulary import (
    COLLATIONS,
    SAMPLING,
    TIME_FIELDS,
    Vocabulary,
)

Clauses = dict[str, frozenset[str] | None]

MAX_NODES = 3_000
MAX_DEPTH = 100

QUERIES = (exp.Select, exp.SetOperation, exp.Subquery, exp.Values)


def _args(*names: str, **choices: str) -> Clauses:
    clauses: Clauses = dict.fromkeys(names)
    clauses.update({name: frozenset(text.split("|")) for name, text in choices.items()})
    return clauses


_BINARY = _args("this", "expression")
_MODIFIERS = ("with_", "order", "limit", "offset")

CLAUSES: dict[type[exp.Expr], Clauses] = {
    # queries
    exp.Select: _args(
        *(*_MODIFIERS, "expressions", "distinct", "from_", "joins", "where"),
        *("group", "having", "windows"),
    ),
    exp.Union: _args(*_MODIFIERS, "this", "expression", "distinct"),
    exp.Except: _args(*_MODIFIERS, "this", "expression", "distinct"),
    exp.Intersect: _args(*_MODIFIERS, "this", "expression", "distinct"),
    exp.Subquery: _args(*_MODIFIERS, "this", "alias", "joins"),
    exp.Values: _args(*_MODIFIERS, "expressions", "alias"),
    exp.With: _args("expressions", "recursive"),
    exp.CTE: _args("this", "alias", "materialized"),
    # relations
    exp.From: _args("this"),
    exp.Table: _args("this", "db", "alias", "joins", "only", "ordinality", "sample", "rows_from"),
    exp.TableAlias: _args("this", "columns"),
    exp.TableSample: _args("method", "percent", "seed"),
    exp.ColumnDef: _args("this", "kind"),
    exp.Join: _args(
        "this", "on", "using", kind="CROSS|INNER|OUTER", side="LEFT|RIGHT|FULL", method="NATURAL"
    ),
    exp.Lateral: _args("this", "alias", "ordinality"),
    exp.Unnest: _args("expressions", "alias", "offset"),
    # clauses
    exp.Where: _args("this"),
    exp.Having: _args("this"),
    exp.Group: _args("expressions"),
    exp.Rollup: _args("expressions"),
    exp.Cube: _args("expressions"),
    exp.GroupingSets: _args("expressions"),
    exp.Order: _args("this", "expressions"),
    exp.Ordered: _args("this", "desc", "nulls_first"),
    exp.Limit: _args("expression"),
    exp.Offset: _args("expression"),
    exp.Fetch: _args("count", "limit_options", direction="FIRST|NEXT"),
    exp.LimitOptions: _args("rows", "with_ties"),
    exp.Distinct: _args("on", "expressions"),
    # names
    exp.Column: _args("this", "table", "db"),
    exp.Identifier: _args("this", "quoted"),
    exp.Star: _args(),
    exp.Alias: _args("this", "alias"),
    # values
    exp.Literal: _args("this", "is_string"),
    exp.ByteString: _args("this"),
    exp.RawString: _args("this"),
    exp.BitString: _args("this"),
    exp.HexString: _args("this"),
    exp.Boolean: _args("this"),
    exp.Null: _args(),
    exp.Interval: _args("this", "unit"),
    exp.IntervalSpan: _args("this", "expression"),
    exp.Var: _args("this"),
    exp.Array: _args("expressions"),
    exp.Tuple: _args("expressions"),
    exp.Paren: _args("this"),
    exp.Bracket: _args("this", "expressions"),
    exp.Slice: _args("this", "expression"),
    exp.JSONPath: _args("expressions"),
    exp.JSONPathRoot: _args(),
    exp.JSONPathKey: _args("this"),
    exp.JSONPathSubscript: _args("this"),
    # types
    exp.Cast: _args("this", "to"),
    exp.DataType: _args("this", "expressions", "nested", "kind", "values"),
    exp.DataTypeParam: _args("this"),
    # calls
    exp.Anonymous: _args("this", "expressions"),
    exp.Dot: _args("this", "expression"),
    exp.Kwarg: _args("this", "expression"),
    exp.Filter: _args("this", "expression"),
    exp.WithinGroup: _args("this", "expression"),
    exp.Window: _args("this", "partition_by", "order", "spec", "alias", over="OVER"),
    exp.WindowSpec: _args(
        "exclude",
        kind="ROWS|RANGE|GROUPS",
        start="UNBOUNDED|CURRENT ROW",
        end="UNBOUNDED|CURRENT ROW",
        start_side="PRECEDING|FOLLOWING",
        end_side="PRECEDING|FOLLOWING",
    ),
    exp.Explode: _args("this"),
    exp.Extract: _args("this", "expression"),
    exp.Substring: _args("this", "start", "length"),
    exp.Trim: _args("this", "expression", position="LEADING|TRAILING|BOTH"),
    exp.Overlay: _args("this", "expression", "from_", "for_"),
    exp.StrPosition: _args("this", "substr"),
    exp.CurrentDate: _args(),
    exp.CurrentTime: _args(),
    exp.CurrentTimestamp: _args(),
    exp.Localtime: _args(),
    exp.Localtimestamp: _args(),
    # conditions
    exp.Case: _args("this", "ifs", "default"),
    exp.If: _args("this", "true"),
    exp.Not: _args("this"),
    exp.Neg: _args("this"),
    exp.BitwiseNot: _args("this"),
    exp.Sqrt: _args("this"),
    exp.Cbrt: _args("this"),
    exp.In: _args("this", "expressions", "query"),
    exp.Between: _args("this", "low", "high", "symmetric"),
    exp.Exists: _args("this"),
    exp.Any: _args("this"),
    exp.All: _args("this"),
    exp.Is: _args("this", "expression", "negate"),
    exp.Like: _args("this", "expression", "negate"),
    exp.ILike: _args("this", "expression", "negate"),
    exp.Escape: _BINARY,
    exp.SimilarTo: _BINARY,
    exp.RegexpLike: _BINARY,
    exp.RegexpILike: _BINARY,
    exp.AtTimeZone: _args("this", "zone"),
    exp.Collate: _BINARY,
    exp.MatchAgainst: _args("this", "expressions"),
    exp.DPipe: _args("this", "expression", "safe"),
    exp.Div: _args("this", "expression", "typed"),
    exp.JSONExtract: _args("this", "expression", "only_json_types"),
    exp.JSONExtractScalar: _args("this", "expression", "only_json_types", "scalar_only"),
} | dict.fromkeys(
    (
        exp.And, exp.Or, exp.Add, exp.Sub, exp.Mul, exp.Mod, exp.Pow, exp.EQ, exp.NEQ, exp.LT,
        exp.LTE, exp.GT, exp.GTE, exp.NullSafeEQ, exp.NullSafeNEQ, exp.BitwiseAnd, exp.BitwiseOr,
        exp.BitwiseXor, exp.BitwiseLeftShift, exp.BitwiseRightShift, exp.ArrayContainsAll,
        exp.ArrayContainedBy, exp.ArrayOverlaps, exp.Adjacent, exp.ExtendsLeft, exp.ExtendsRight,
        exp.StartsWith, exp.Overlaps, exp.Distance, exp.JSONBExtract, exp.JSONBExtractScalar,
        exp.JSONBContainsTopKey, exp.JSONBContainsAnyTopKeys, exp.JSONBContainsAllTopKeys,
        exp.JSONBPathExists, exp.JSONBDeleteAtPath,
    ),
    _BINARY,
)  # fmt: skip

_CHAINS = (exp.And, exp.Or)
"""Flat in meaning and in the renderer: their length does not count as depth."""


def check_tree(statements: list[exp.Expr], vocabulary: Vocabulary) -> exp.Expr:
    """Return the one query, its names folded; raise `Refused` for anything that is not a read."""
    root = _the_one_query(statements)
    pending: list[tuple[exp.Expr, int]] = [(root, 0)]
    nodes = 0
    while pending:
        node, depth = pending.pop()
        nodes += 1
        if nodes > MAX_NODES:
            raise too_large()
        if depth > MAX_DEPTH:
            raise too_deep(position_of(node))
        clauses = CLAUSES.get(type(node))
        if clauses is None:
            raise _unknown(node)
        for name, value in node.args.items():
            if value is None or value is False or value == []:
                continue
            if name not in clauses:
                raise _clause(node, name)
            _push(pending, node, name, depth)
        rule = _RULES.get(type(node))
        if rule is not None:
            rule(node, vocabulary)
    return root


def _push(pending: list[tuple[exp.Expr, int]], node: exp.Expr, name: str, depth: int) -> None:
    value = node.args[name]
    choices = CLAUSES[type(node)][name]
    for item in value if isinstance(value, list) else (value,):
        if isinstance(item, exp.Expr):
            flat = type(item) is type(node) and isinstance(node, _CHAINS)
            pending.append((item, depth if flat else depth + 1))
        elif isinstance(item, str):
            if choices is not None and item.upper() not in choices:
                raise _clause(node, name)
        elif not isinstance(item, bool | int | exp.DType):
            raise _clause(node, name)


def _the_one_query(statements: list[exp.Expr]) -> exp.Expr:
    if len(statements) != 1:
        raise Refused(
            "tree",
            "single_statement",
            "Exactly one statement is allowed.",
            "Write one SELECT statement.",
            position_of(statements[1]) if len(statements) > 1 else None,
        )
    root = statements[0]
    if not isinstance(root, QUERIES):
        raise Refused(
            "tree",
            "select_only",
            "Only a SELECT is allowed; this statement does something else.",
            "Write one SELECT statement.",
            0,
        )
    return root


def position_of(node: exp.Expr) -> int | None:
    """Return the offset in the text where the node, or its first named part, was written."""
    for part in node.walk():
        start = part.meta.get("start") if part.meta else None
        if isinstance(start, int):
            return start
    return None


def _unknown(node: exp.Expr) -> Refused:
    return Refused(
        "tree",
        "tree.node",
        f"The statement uses {_spoken(type(node).__name__)}, which is not allowed.",
        "Use plain SELECT syntax: joins, conditions, grouping, windows, WITH, set operations.",
        position_of(node),
    )


def _clause(node: exp.Expr, name: str) -> Refused:
    return Refused(
        "tree",
        "tree.clause",
        f"The part {_spoken(name)} of {_spoken(type(node).__name__)} is not allowed.",
        "Leave it out: a read needs no locks, no INTO, no search, cycle or sampling extras.",
        position_of(node),
    )


def _spoken(name: str) -> str:
    text = "".join(f" {c.lower()}" if c.isupper() else c for c in name).strip("_ ")
    return f"`{text}`"


# Rules of single nodes


_FOLD = {ord(upper): upper.lower() for upper in "ABCDEFGHIJKLMNOPQRSTUVWXYZ"}


def fold(name: str) -> str:
    """Return an unquoted name as Postgres stores it: ASCII letters lowered, others kept."""
    return name.translate(_FOLD)


def _identifier(node: exp.Expr, _: Vocabulary) -> None:
    name = node.args.get("this")
    if not isinstance(name, str):
        raise _clause(node, "this")
    name = name.removeprefix(MARK)
    if not node.args.get("quoted"):
        name = fold(name)
    node.args["this"] = name
    node.args["quoted"] = True
    check_identifier(name, position_of(node))


def call_name(node: exp.Expr) -> str:
    """Return the name a call was written with, folded."""
    name = node.args.get("this")
    if isinstance(name, exp.Identifier):
        text = str(name.args.get("this")).removeprefix(MARK)
        return text if name.args.get("quoted") else fold(text)
    return fold(str(name).removeprefix(MARK))


def _call(node: exp.Expr, vocabulary: Vocabulary) -> None:
    name = call_name(node)
    parent = node.parent
    if isinstance(parent, exp.Dot):
        name = f"{parent.this.name}.{name}"
    in_from = isinstance(parent, exp.Table | exp.Lateral) and node.arg_key == "this"
    allowed = vocabulary.table_functions if in_from else vocabulary.functions
    if name not in allowed and not (not in_from and name in vocabulary.table_functions):
        raise function_refused(name, position_of(node))
    if in_from or isinstance(parent, exp.Dot):
        return
    for argument in node.expressions:
        if isinstance(argument, exp.Star) and name != "count":
            raise _clause(node, "*")


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


_PG_NAMES = {
    exp.DType.INT: "int4",
    exp.DType.BIGINT: "int8",
    exp.DType.SMALLINT: "int2",
    exp.DType.FLOAT: "float4",
    exp.DType.DOUBLE: "float8",
    exp.DType.DECIMAL: "numeric",
    exp.DType.BOOLEAN: "bool",
    exp.DType.TEXT: "text",
    exp.DType.VARCHAR: "varchar",
    exp.DType.CHAR: "bpchar",
    exp.DType.BPCHAR: "bpchar",
    exp.DType.TIMESTAMP: "timestamp",
    exp.DType.TIMESTAMPTZ: "timestamptz",
    exp.DType.TIMETZ: "timetz",
    exp.DType.VARBINARY: "bytea",
}


def type_name(node: exp.Expr) -> str:
    """Return Postgres's internal name of a scalar type as written, or '' where there is none."""
    kind = node.args.get("this")
    if kind is exp.DType.USERDEFINED:
        named = node.args.get("kind")
        if isinstance(named, exp.Identifier):
            return named.name if named.args.get("quoted") else fold(named.name)
        return fold(named) if isinstance(named, str) else ""
    if not isinstance(kind, exp.DType):
        return ""
    return _PG_NAMES.get(kind, str(kind.value).lower())


def _type(node: exp.Expr, vocabulary: Vocabulary) -> None:
    if node.args.get("this") is exp.DType.ARRAY:
        inner = node.expressions
        if len(inner) != 1 or not isinstance(inner[0], exp.DataType) or node.args.get("values"):
            raise _type_refused(node)
        return
    name = type_name(node)
    quoted_char = name == "char" and node.args.get("this") is exp.DType.USERDEFINED
    if name not in vocabulary.types or quoted_char:
        raise _type_refused(node)
    for parameter in node.expressions:
        size = parameter.this if isinstance(parameter, exp.DataTypeParam) else None
        if not (isinstance(size, exp.Literal) and not size.is_string and size.name.isdigit()):
            raise _type_refused(node)
        if int(size.name) > 10_000:
            raise _type_refused(node)


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
        raise _clause(node, "this")


def _sample(node: exp.Expr, _: Vocabulary) -> None:
    percent, seed = node.args.get("percent"), node.args.get("seed")
    literal = isinstance(percent, exp.Literal) and not percent.is_string
    method = fold(node.text("method"))
    if not literal or method not in SAMPLING or not isinstance(seed, exp.Literal | None):
        raise _clause(node, "method")


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
        raise _clause(node, "this")
    if isinstance(node.parent, exp.Limit) and fold(node.name) != "all":
        raise _clause(node, "this")


def _number(node: exp.Expr, _: Vocabulary) -> None:
    if not node.args.get("is_string") and not _NUMBER.fullmatch(node.name):
        raise _clause(node, "this")


_NUMBER = re.compile(r"(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?")


def _unit(node: exp.Expr, _: Vocabulary) -> None:
    unit = node.args.get("unit")
    parts = [unit.this, unit.expression] if isinstance(unit, exp.IntervalSpan) else [unit]
    known = (isinstance(part, exp.Var) and fold(part.name) in TIME_FIELDS for part in parts)
    if not isinstance(node.this, exp.Literal) or not (unit is None or all(known)):
        raise _clause(node, "unit")


def _is(node: exp.Expr, _: Vocabulary) -> None:
    if not isinstance(node.args.get("expression"), exp.Null | exp.Boolean):
        raise _clause(node, "expression")


_RULES: dict[type[exp.Expr], Any] = {
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
}
