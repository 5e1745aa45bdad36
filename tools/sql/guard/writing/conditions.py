"""Writes conditions and operators."""

from __future__ import annotations

from sqlglot import exp

from clearway.tools.sql.guard.writing.writers import WRITERS, Writer, listed, part, render

INFIX: dict[type[exp.Expr], str] = {
    exp.Add: "+",
    exp.Sub: "-",
    exp.Mul: "*",
    exp.Div: "/",
    exp.Mod: "%",
    exp.Pow: "^",
    exp.DPipe: "||",
    exp.EQ: "=",
    exp.NEQ: "<>",
    exp.LT: "<",
    exp.LTE: "<=",
    exp.GT: ">",
    exp.GTE: ">=",
    exp.NullSafeEQ: "IS NOT DISTINCT FROM",
    exp.NullSafeNEQ: "IS DISTINCT FROM",
    exp.BitwiseAnd: "&",
    exp.BitwiseOr: "|",
    exp.BitwiseXor: "#",
    exp.BitwiseLeftShift: "<<",
    exp.BitwiseRightShift: ">>",
    exp.ArrayContainsAll: "@>",
    exp.ArrayContainedBy: "<@",
    exp.ArrayOverlaps: "&&",
    exp.Adjacent: "-|-",
    exp.ExtendsLeft: "&<",
    exp.ExtendsRight: "&>",
    exp.StartsWith: "^@",
    exp.Overlaps: "OVERLAPS",
    exp.Distance: "<->",
    exp.JSONExtract: "->",
    exp.JSONExtractScalar: "->>",
    exp.JSONBExtract: "#>",
    exp.JSONBExtractScalar: "#>>",
    exp.JSONBContainsTopKey: "?",
    exp.JSONBContainsAnyTopKeys: "?|",
    exp.JSONBContainsAllTopKeys: "?&",
    exp.JSONBPathExists: "@?",
    exp.JSONBDeleteAtPath: "#-",
    exp.RegexpLike: "~",
    exp.RegexpILike: "~*",
    exp.SimilarTo: "SIMILAR TO",
    exp.Escape: "ESCAPE",
}
_NEGATED = {exp.RegexpLike: "!~", exp.RegexpILike: "!~*", exp.SimilarTo: "NOT SIMILAR TO"}


def _infix(node: exp.Expr) -> str:
    return f"{render(node.this)} {INFIX[type(node)]} {render(node.expression)}"


def _chain(word: str) -> Writer:
    def write(node: exp.Expr) -> str:
        parts: list[exp.Expr] = []
        kind = type(node)
        while type(node) is kind:
            parts.append(node.expression)
            node = node.this
        parts.append(node)
        return f" {word} ".join(render(part) for part in reversed(parts))

    return write


def _not(node: exp.Expr) -> str:
    inner = node.this
    if isinstance(inner, exp.In):
        return _in(inner, "NOT IN")
    if isinstance(inner, exp.Between):
        return _between(inner, "NOT BETWEEN")
    if isinstance(inner, exp.Is) and isinstance(inner.expression, exp.Boolean):
        return f"{render(inner.this)} IS NOT {render(inner.expression)}"
    if type(inner) in _NEGATED:
        return f"{render(inner.this)} {_NEGATED[type(inner)]} {render(inner.expression)}"
    return "NOT " + render(inner)


def _prefix(word: str) -> Writer:
    return lambda node: f"{word} {render(node.this)}"


def _negative(node: exp.Expr) -> str:
    inner = render(node.this)
    return f"- {inner}" if inner.startswith("-") else f"-{inner}"


def _in(node: exp.Expr, word: str = "IN") -> str:
    query = node.args.get("query")
    choices = render(query) if query is not None else f"({listed(node.expressions)})"
    return f"{render(node.this)} {word} {choices}"


def _between(node: exp.Expr, word: str = "BETWEEN") -> str:
    symmetric = "SYMMETRIC " if node.args.get("symmetric") else ""
    low, high = render(node.args["low"]), render(node.args["high"])
    return f"{render(node.this)} {word} {symmetric}{low} AND {high}"


def _is(node: exp.Expr) -> str:
    word = "IS NOT" if node.args.get("negate") else "IS"
    return f"{render(node.this)} {word} {render(node.expression)}"


def _json_test(node: exp.Expr) -> str:
    kind = f" {node.this}" if node.this else ""
    keys = " WITH UNIQUE KEYS" if node.args.get("with_") and node.args.get("unique") else ""
    return f"JSON{kind}{keys}"


def _operator(node: exp.Expr) -> str:
    word = node.args["operator"]
    if word == "@":
        return f"@ {render(node.expression)}"
    return f"{render(node.this)} {word} {render(node.expression)}"


def _like(word: str) -> Writer:
    def write(node: exp.Expr) -> str:
        negate = "NOT " if node.args.get("negate") else ""
        return f"{render(node.this)} {negate}{word} {render(node.expression)}"

    return write


def _quantified(word: str) -> Writer:
    def write(node: exp.Expr) -> str:
        inner = render(node.this)
        return f"{word} {inner}" if inner.startswith("(") else f"{word} ({inner})"

    return write


def _case(node: exp.Expr) -> str:
    whens = "".join(
        f" WHEN {render(when.this)} THEN {render(when.args['true'])}" for when in node.args["ifs"]
    )
    return f"CASE{part(node, 'this')}{whens}{part(node, 'default', ' ELSE ')} END"


WRITERS.update(
    {
        **dict.fromkeys(INFIX, _infix),
        exp.Case: _case,
        exp.If: lambda node: f"WHEN {render(node.this)} THEN {render(node.args['true'])}",
        exp.And: _chain("AND"),
        exp.Or: _chain("OR"),
        exp.Not: _not,
        exp.Neg: _negative,
        exp.BitwiseNot: _prefix("~"),
        exp.Sqrt: _prefix("|/"),
        exp.Cbrt: _prefix("||/"),
        exp.In: _in,
        exp.Between: _between,
        exp.Exists: lambda node: f"EXISTS ({render(node.this)})",
        exp.Any: _quantified("ANY"),
        exp.All: _quantified("ALL"),
        exp.Is: _is,
        exp.JSON: _json_test,
        exp.Operator: _operator,
        exp.Like: _like("LIKE"),
        exp.ILike: _like("ILIKE"),
    }
)
