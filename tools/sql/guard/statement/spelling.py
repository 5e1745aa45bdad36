"""Names as Postgres stores them: folded identifiers, function names, internal type names."""

from __future__ import annotations

from sqlglot import exp

from clearway.tools.sql.guard.statement.reading import MARK

_FOLD = {ord(upper): upper.lower() for upper in "ABCDEFGHIJKLMNOPQRSTUVWXYZ"}


def fold(name: str) -> str:
    """Return an unquoted name as Postgres stores it: ASCII letters lowered, others kept."""
    return name.translate(_FOLD)


def call_name(node: exp.Expr) -> str:
    """Return the name a call was written with, folded."""
    name = node.args.get("this")
    if isinstance(name, exp.Identifier):
        text = str(name.args.get("this")).removeprefix(MARK)
        return text if name.args.get("quoted") else fold(text)
    return fold(str(name).removeprefix(MARK))


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
        if isinstance(named, exp.Dot):
            parts = (named.this, named.expression)
            return ".".join(_stored(part) for part in parts if isinstance(part, exp.Identifier))
        if isinstance(named, exp.Identifier):
            return _stored(named)
        return fold(named) if isinstance(named, str) else ""
    if not isinstance(kind, exp.DType):
        return ""
    return _PG_NAMES.get(kind, str(kind.value).lower())


def _stored(name: exp.Identifier) -> str:
    return name.name if name.args.get("quoted") else fold(name.name)


def every_node(root: exp.Expr) -> list[exp.Expr]:
    """Return the node and all below it, once, for layers that look at every one."""
    found = [root]
    for node in found:
        for value in node.args.values():
            if isinstance(value, exp.Expr):
                found.append(value)
            elif value.__class__ is list:
                found += [item for item in value if isinstance(item, exp.Expr)]
    return found


def position_of(node: exp.Expr) -> int | None:
    """Return the offset in the text where the node, or its first named part, was written."""
    for part in node.walk():
        start = part.meta.get("start") if part.meta else None
        if isinstance(start, int):
            return start
    return None
