"""The name Postgres gives to an output column that has none (its FigureColname)."""

from __future__ import annotations

from sqlglot import exp

from clearway.tools.sql.guard.statement.spelling import call_name, type_name

UNNAMED = "?column?"

_FIXED: dict[type[exp.Expr], str] = {
    exp.Exists: "exists",
    exp.Array: "array",
    exp.Extract: "extract",
    exp.StrPosition: "position",
    exp.Overlay: "overlay",
    exp.Substring: "substring",
    exp.AtTimeZone: "timezone",
    exp.Explode: "unnest",
    exp.CurrentDate: "current_date",
    exp.CurrentTime: "current_time",
    exp.CurrentTimestamp: "current_timestamp",
    exp.Localtime: "localtime",
    exp.Localtimestamp: "localtimestamp",
    exp.Overlaps: "overlaps",
}
_TYPED: dict[type[exp.Expr], str] = {exp.Interval: "interval", exp.Boolean: "bool"}
_TRIMS = {"LEADING": "ltrim", "TRAILING": "rtrim"}
_THROUGH = (exp.Paren, exp.Filter, exp.WithinGroup, exp.Window, exp.Bracket, exp.Collate)


def figure(node: exp.Expr) -> str:
    """Return the name Postgres would give."""
    return _figure(node)[0]


def _figure(node: exp.Expr) -> tuple[str, int]:
    """Return a name and how strong a claim to it there is: 0 none, 1 a type's, 2 its own."""
    if isinstance(node, _THROUGH):
        return _figure(node.this)
    if isinstance(node, exp.Dot):
        return _figure(node.expression)
    name = _own_name(node)
    return _weak(node) if name is None else (name, 2)


def _own_name(node: exp.Expr) -> str | None:
    if isinstance(node, exp.Alias | exp.Column):
        return node.alias_or_name
    if isinstance(node, exp.Anonymous):
        return call_name(node)
    if isinstance(node, exp.Trim):
        return _TRIMS.get(str(node.args.get("position") or "").upper(), "btrim")
    return _FIXED.get(type(node))


def _weak(node: exp.Expr) -> tuple[str, int]:
    if isinstance(node, exp.Cast):
        return _stronger(node.this, _type(node.args["to"]))
    if isinstance(node, exp.Case):
        return _stronger(node.args.get("default"), "case")
    if isinstance(node, exp.Subquery):
        return _first_output(node.this)
    name = _TYPED.get(type(node))
    return (UNNAMED, 0) if name is None else (name, 1)


def _stronger(node: exp.Expr | None, name: str) -> tuple[str, int]:
    """Return the node's own name where it has one, else the weak one."""
    found, strength = (UNNAMED, 0) if node is None else _figure(node)
    return (found, strength) if strength > 1 else (name, 1)


def _type(node: exp.Expr) -> str:
    while node.args.get("this") is exp.DType.ARRAY:
        node = node.expressions[0]
    return type_name(node).rpartition(".")[2]


def _first_output(query: exp.Expr) -> tuple[str, int]:
    while isinstance(query, exp.SetOperation | exp.Subquery):
        query = query.this
    if isinstance(query, exp.Values):
        return "column1", 2
    first = query.expressions[0] if query.expressions else None
    return _figure(first) if first is not None else (UNNAMED, 0)
