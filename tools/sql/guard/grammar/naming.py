"""The name Postgres gives to an unnamed output column, read from its own grammar's tree.

A second telling of `figure`, from the other reader: the two must agree.
"""

from __future__ import annotations

from collections.abc import Callable

from clearway.tools.sql.guard.grammar.reading import Node

Named = tuple[str, int]
UNNAMED: Named = ("?column?", 0)


def given_name(value: Node) -> str:
    """Return the name Postgres gives to an output column without one."""
    return _name(value)[0]


def _name(value: Node) -> Named:
    """Return a name and how strong a claim to it there is: 0 none, 1 a type's, 2 its own."""
    kind, body = next(iter(value.items()))
    rule = _RULES.get(kind)
    return UNNAMED if rule is None else rule(body)


def _called(name: str) -> Callable[[Node], Named]:
    return lambda _: (name, 2)


def _column(body: Node) -> Named:
    last = body["fields"][-1]
    return (last["String"]["sval"], 2) if "String" in last else UNNAMED


def _expression(body: Node) -> Named:
    return ("nullif", 2) if body["kind"] == "AEXPR_NULLIF" else UNNAMED


def _value(body: Node) -> Named:
    return body["op"].removeprefix("SVFOP_").removesuffix("_N").lower(), 2


def _stronger(value: Node | None, name: str) -> Named:
    found = UNNAMED if value is None else _name(value)
    return found if found[1] > 1 else (name, 1)


def _sublink(body: Node) -> Named:
    kind = body["subLinkType"]
    if kind == "EXPR_SUBLINK":
        return _first_target(body["subselect"]["SelectStmt"])
    return {"EXISTS_SUBLINK": ("exists", 2), "ARRAY_SUBLINK": ("array", 2)}.get(kind, UNNAMED)


def _first_target(select: Node) -> Named:
    while "larg" in select:
        select = select["larg"]
    if "valuesLists" in select:
        return "column1", 2
    target = select["targetList"][0]["ResTarget"]
    return (target["name"], 2) if "name" in target else _name(target["val"])


_RULES: dict[str, Callable[[Node], Named]] = {
    "ColumnRef": _column,
    "FuncCall": lambda body: (body["funcname"][-1]["String"]["sval"], 2),
    "A_Expr": _expression,
    "SQLValueFunction": _value,
    "SubLink": _sublink,
    "CoalesceExpr": _called("coalesce"),
    "GroupingFunc": _called("grouping"),
    "RowExpr": _called("row"),
    "A_ArrayExpr": _called("array"),
    "MinMaxExpr": lambda body: ("greatest" if body["op"] == "IS_GREATEST" else "least", 2),
    "A_Indirection": lambda body: _name(body["arg"]),
    "CollateClause": lambda body: _name(body["arg"]),
    "TypeCast": lambda body: _stronger(
        body["arg"], body["typeName"]["names"][-1]["String"]["sval"]
    ),
    "CaseExpr": lambda body: _stronger(body.get("defresult"), "case"),
    "A_Const": lambda body: ("bool", 1) if "boolval" in body else UNNAMED,
}
