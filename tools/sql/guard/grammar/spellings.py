"""Spellings that Postgres's grammar itself calls the same: `NOT (x IN y)` and `x NOT IN y`."""

from __future__ import annotations

from clearway.tools.sql.guard.grammar.reading import Node


def canonical(node: Node) -> Node:
    """Return a node in the one spelling that stands for all the grammar calls the same."""
    if len(node) != 1:
        return node
    kind, body = next(iter(node.items()))
    rewrite = _CANONICAL.get(kind)
    return rewrite(node, body) if rewrite is not None else node


_NEGATIONS = {
    ("AEXPR_IN", "="): ("AEXPR_IN", "<>"),
    ("AEXPR_BETWEEN", "BETWEEN"): ("AEXPR_NOT_BETWEEN", "NOT BETWEEN"),
    ("AEXPR_BETWEEN_SYM", "BETWEEN SYMMETRIC"): (
        "AEXPR_NOT_BETWEEN_SYM",
        "NOT BETWEEN SYMMETRIC",
    ),
    ("AEXPR_OP", "~"): ("AEXPR_OP", "!~"),
    ("AEXPR_OP", "~*"): ("AEXPR_OP", "!~*"),
    ("AEXPR_OP", "~~"): ("AEXPR_OP", "!~~"),
    ("AEXPR_OP", "~~*"): ("AEXPR_OP", "!~~*"),
    ("AEXPR_SIMILAR", "~"): ("AEXPR_SIMILAR", "!~"),
}
_OPERATOR_KINDS = {"AEXPR_LIKE", "AEXPR_ILIKE"}


def _not(node: Node, body: Node) -> Node:
    if body["boolop"] != "NOT_EXPR":
        return node
    inner = canonical(body["args"][0])
    if "A_Expr" in inner:
        expression = inner["A_Expr"]
        name = expression["name"]
        key = (expression["kind"], name[0]["String"]["sval"]) if len(name) == 1 else None
        if key in _NEGATIONS:
            kind, word = _NEGATIONS[key]
            return {"A_Expr": {**expression, "kind": kind, "name": [{"String": {"sval": word}}]}}
    if "BooleanTest" in inner:
        test = inner["BooleanTest"]
        opposite = _OPPOSITE.get(test["booltesttype"])
        if opposite is not None:
            return {"BooleanTest": {**test, "booltesttype": opposite}}
    return node


_OPPOSITE = {"IS_TRUE": "IS_NOT_TRUE", "IS_FALSE": "IS_NOT_FALSE"}


def _expression(node: Node, body: Node) -> Node:
    if body["kind"] in _OPERATOR_KINDS:
        return {"A_Expr": {**body, "kind": "AEXPR_OP"}}
    unary_plus = body["kind"] == "AEXPR_OP" and "lexpr" not in body
    if unary_plus and [part["String"]["sval"] for part in body["name"]] == ["+"]:
        return canonical(body["rexpr"])
    return node


def _boolean_test(node: Node, body: Node) -> Node:
    tests = {"IS_UNKNOWN": "IS_NULL", "IS_NOT_UNKNOWN": "IS_NOT_NULL"}
    test = tests.get(body["booltesttype"])
    return node if test is None else {"NullTest": {"arg": body["arg"], "nulltesttype": test}}


def _constant(node: Node, body: Node) -> Node:
    number = body.get("fval")
    if number is None:
        return node
    text = number["fval"]
    return {"A_Const": {"fval": {"fval": "0" + text if text.startswith(".") else text}}}


def _named_call(node: Node, body: Node) -> Node:
    names = body["funcname"]
    if len(names) == 2 and names[0] == {"String": {"sval": "pg_catalog"}}:
        return {"FuncCall": {**body, "funcname": names[1:]}}
    return node


_CANONICAL = {
    "BoolExpr": _not,
    "A_Expr": _expression,
    "BooleanTest": _boolean_test,
    "A_Const": _constant,
    "FuncCall": _named_call,
}
