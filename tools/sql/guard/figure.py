"""The name Postgres gives to an output column that has none (its FigureColname)."""

from __future__ import annotations

from sqlglot import exp

from clearway.tools.sql.guard.tree import call_name, type_name

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
_TRIMS = {"LEADING": "ltrim", "TRAILING": "rtrim"}
_THROUGH = (exp.Paren, exp.Filter, exp.WithinGroup, exp.Window, exp.Bracket, exp.Collate)


def figure(node: exp.Expr) -> str:
    """Return the name Postgres would give."""
    return _figure(node)[0]


def _figure(node: exp.Expr) -> tuple[str, int]:
    """Return a name and how strong a claim to it there is: 0 none, 1 a type's, 2 its own."""
    kind = type(node)
    if kind in _FIXED:
        return _FIXED[kind], 2
    if isinstance(node, _THROUGH):
        return _figure(node.this)
    if isinstance(node, exp.Alias | exp.Column):
        return node.alias_or_name, 2
    if isinstance(node, exp.Anonymous):
        return call_name(node), 2
    if isinstance(node, exp.Dot):
        return _figure(node.expression)
    if isinstance(node, exp.Trim):
        return _TRIMS.get(str(node.args.get("position") or "").upper(), "btrim"), 2
    return _weak(node)


def _weak(node: exp.Expr) -> tuple[str, int]:
    if isinstance(node, exp.Cast):
        name, strength = _figure(node.this)
        return (name, strength) if strength > 1 else (_type(node.args["to"]), 1)
    if isinstance(node, exp.Interval):
        return "interval", 1
    if isinstance(node, exp.Boolean):
        return "bool", 1
    if isinstance(node, exp.Case):
        default = node.args.get("default")
        name, strength = _figure(default) if default is not None else (UNNAMED, 0)
        return (name, strength) if strength > 1 else ("case", 1)
    if isinstance(node, exp.Subquery):
        return _first_output(node.this)
    return UNNAMED, 0


def _type(node: exp.Expr) -> str:
    while node.args.get("this") is exp.DType.ARRAY:
        node = node.expressions[0]
    return type_name(node)


def _first_output(query: exp.Expr) -> tuple[str, int]:
    while isinstance(query, exp.SetOperation | exp.Subquery):
        query = query.this
    if isinstance(query, exp.Values):
        return "column1", 2
    first = query.expressions[0] if query.expressions else None
    return _figure(first) if first is not None else (UNNAMED, 0)
