"""One walk over the tree of Postgres's grammar: every node known, every name on its list."""

from __future__ import annotations

from typing import Any

from clearway.tools.sql.guard.grammar.reading import Node, Reading
from clearway.tools.sql.guard.grammar.shapes import FIELDS
from clearway.tools.sql.guard.refusal import Refused
from clearway.tools.sql.guard.vocabulary import (
    COLLATIONS,
    OPERATORS,
    SAMPLING,
    Vocabulary,
)

_TIME_VALUES = frozenset(
    f"SVFOP_{name}"
    for name in [
        "CURRENT_DATE",
        "CURRENT_TIME",
        "CURRENT_TIME_N",
        "CURRENT_TIMESTAMP",
        "CURRENT_TIMESTAMP_N",
        "LOCALTIME",
        "LOCALTIME_N",
        "LOCALTIMESTAMP",
        "LOCALTIMESTAMP_N",
    ]
)


class Walk:
    """Visits every node once, WITH scopes in hand."""

    def __init__(self, reading: Reading, vocabulary: Vocabulary) -> None:
        self.reading = reading
        self.vocabulary = vocabulary

    def select(self, select: Node, ctes: frozenset[str]) -> None:
        """Visit one SELECT with the WITH queries it may read."""
        _known_fields("SelectStmt", select)
        if (with_ := select.get("withClause")) is not None:
            ctes = self._with(with_, ctes)
        for side in ("larg", "rarg"):
            if side in select:
                self.select(select[side], ctes)
        for name, value in select.items():
            if name in ("sortClause", "distinctClause"):
                self.visit([item for item in value if not _is_output_name(item)], ctes)
            elif name not in ("withClause", "larg", "rarg"):
                self.visit(value, ctes)

    def _with(self, with_: Node, ctes: frozenset[str]) -> frozenset[str]:
        _known_fields("WithClause", with_)
        queries = [item["CommonTableExpr"] for item in with_["ctes"]]
        if with_.get("recursive"):
            ctes |= {query["ctename"] for query in queries}
        for query in queries:
            _known_fields("CommonTableExpr", query)
            body = query["ctequery"]
            if set(body) != {"SelectStmt"}:
                raise _refused(
                    "select_only",
                    "A WITH query may only be a SELECT.",
                    "Write WITH queries that read.",
                    query.get("location"),
                )
            self.select(body["SelectStmt"], ctes)
            ctes |= {query["ctename"]}
        return ctes

    def visit(self, value: Any, ctes: frozenset[str]) -> None:
        """Visit anything below a SELECT."""
        if isinstance(value, list):
            for item in value:
                self.visit(item, ctes)
        elif isinstance(value, dict):
            for name, child in value.items():
                if isinstance(child, dict) and (name[:1].isupper() or name in _UNWRAPPED):
                    self._node(_UNWRAPPED.get(name) or name, child, ctes)
                elif isinstance(child, dict | list):
                    self.visit(child, ctes)

    def _node(self, kind: str, node: Node, ctes: frozenset[str]) -> None:
        if kind == "SelectStmt":
            self.select(node, ctes)
            return
        _known_fields(kind, node)
        check = _CHECKS.get(kind)
        if check is not None:
            check(self, node, ctes)
        self.visit(node, ctes)

    def _relation(self, node: Node, ctes: frozenset[str]) -> None:
        schema, name = node.get("schemaname", ""), node["relname"]
        table = schema or name not in ctes
        if table:
            self.reading.relations.add((schema, name))
        alias = node.get("alias", {}).get("aliasname", name)
        self.reading.aliases.setdefault(alias, set()).add(f"{schema}.{name}" if table else "")

    def _source(self, node: Node, _: frozenset[str]) -> None:
        alias = node.get("alias", {}).get("aliasname")
        if alias is not None:
            self.reading.aliases.setdefault(alias, set()).add("")

    def _call(self, node: Node, _: frozenset[str]) -> None:
        names = [part["String"]["sval"] for part in node["funcname"]]
        if names[0] == "pg_catalog" and node.get("funcformat") != "COERCE_EXPLICIT_CALL":
            names = names[1:]
        name = ".".join(names)
        known = self.vocabulary.functions | self.vocabulary.table_functions | _SYNTAX_CALLS
        if name not in known:
            raise _refused(
                "functions",
                f"The function `{name[:60]}` is not allowed.",
                "Use the usual aggregate, window, date, text and JSON functions, unqualified.",
                node.get("location"),
            )
        self.reading.calls.add(name)

    def _operator(self, node: Node, _: frozenset[str]) -> None:
        names = node.get("name") or node.get("operName") or []
        if node.get("kind", "AEXPR_OP") not in ("AEXPR_OP", "AEXPR_OP_ANY", "AEXPR_OP_ALL"):
            return
        if names and (len(names) > 1 or names[0]["String"]["sval"] not in OPERATORS):
            raise _refused(
                "operators",
                "An operator in the statement is not allowed.",
                "Use the usual comparison, arithmetic, text, JSON and range operators.",
                node.get("location"),
            )

    def _type_name(self, node: Node, _: frozenset[str]) -> None:
        names = [part["String"]["sval"] for part in node["names"]]
        if ".".join(names) in self.vocabulary.enums:
            return
        if len(names) == 2 and names[0] == "pg_catalog":
            names = names[1:]
        if len(names) != 1 or names[0] not in self.vocabulary.types:
            raise _refused(
                "types",
                "The statement converts to a type that is not allowed.",
                "Use numbers, text, dates, times, booleans, uuid, json, ranges or arrays.",
                node.get("location"),
            )

    def _cast(self, node: Node, _: frozenset[str]) -> None:
        names = [part["String"]["sval"] for part in node["typeName"]["names"]]
        enum = self.vocabulary.enums.get(".".join(names))
        if enum is None:
            return
        value = node["arg"]
        for item in value.get("A_ArrayExpr", {"elements": [value]})["elements"]:
            label = item.get("A_Const", {}).get("sval", {}).get("sval")
            if label not in enum.labels:
                raise _refused(
                    "types",
                    "The statement converts to a type that is not allowed.",
                    "Compare with the value itself, in quotes.",
                    node.get("location"),
                )

    def _indirection(self, node: Node, _: frozenset[str]) -> None:
        if any(set(part) != {"A_Indices"} for part in node["indirection"]):
            raise _refused(
                "attribute",
                "Reading a part of a value with `(value).name` is not allowed.",
                "Name the column itself, or use -> and ->> on JSON.",
                node.get("location"),
            )

    def _column(self, node: Node, _: frozenset[str]) -> None:
        fields = [part.get("String", {}).get("sval", "*") for part in node["fields"]]
        if len(fields) == 1 and fields[0] != "*":
            self.reading.bare.add(fields[0])
        if len(fields) == 2:
            self.reading.columns.add((fields[0], fields[1]))
        if len(fields) > 3:
            raise _refused(
                "names.column", "A column name has too many parts.", "Write alias.column.",
                node.get("location"),
            )  # fmt: skip

    def _time_value(self, node: Node, _: frozenset[str]) -> None:
        if node["op"] not in _TIME_VALUES:
            raise _refused(
                "functions",
                "Who is connected is not part of the data.",
                "Leave current_user and its kin out.",
                node.get("location"),
            )

    def _collation(self, node: Node, _: frozenset[str]) -> None:
        names = node["collname"]
        if len(names) != 1 or names[0]["String"]["sval"] not in COLLATIONS:
            raise _refused(
                "collations",
                "This collation is not allowed.",
                'Leave COLLATE out, or use "C".',
                node.get("location"),
            )

    def _sample(self, node: Node, _: frozenset[str]) -> None:
        method = [part["String"]["sval"] for part in node["method"]]
        constants = [set(argument) == {"A_Const"} for argument in node.get("args", ())]
        if len(method) != 1 or method[0] not in SAMPLING or not all(constants):
            raise _refused(
                "tree.clause",
                "This kind of TABLESAMPLE is not allowed.",
                "Use BERNOULLI or SYSTEM with a number.",
                node.get("location"),
            )


_UNWRAPPED = {"typeName": "TypeName", "over": "WindowDef", "alias": "Alias"}
"""Fields that hold a node without naming its kind."""

_SYNTAX_CALLS = frozenset({"overlaps", "pg_catalog.like_escape", "pg_catalog.similar_to_escape"})
"""What the grammar itself makes of OVERLAPS, LIKE ... ESCAPE and SIMILAR TO."""

_CHECKS = {
    "RangeVar": Walk._relation,
    "RangeSubselect": Walk._source,
    "RangeFunction": Walk._source,
    "FuncCall": Walk._call,
    "A_Expr": Walk._operator,
    "SubLink": Walk._operator,
    "TypeName": Walk._type_name,
    "TypeCast": Walk._cast,
    "A_Indirection": Walk._indirection,
    "ColumnRef": Walk._column,
    "SQLValueFunction": Walk._time_value,
    "CollateClause": Walk._collation,
    "RangeTableSample": Walk._sample,
}


def _is_output_name(item: Node) -> bool:
    """Return whether an item of ORDER BY or DISTINCT ON is one bare name, and so an output."""
    if "SortBy" in item:
        _known_fields("SortBy", item["SortBy"])
    value = item["SortBy"]["node"] if "SortBy" in item else item
    fields = value.get("ColumnRef", {}).get("fields", ())
    return len(fields) == 1 and "String" in fields[0]


def _known_fields(kind: str, node: Node) -> None:
    fields = FIELDS.get(kind)
    if fields is None or not fields.issuperset(node):
        unknown = "" if fields is None else ", ".join(sorted(set(node) - fields))
        raise _refused(
            "agreement.shape",
            f"Postgres reads `{kind}{':' if unknown else ''}{unknown}` here, which is not allowed.",
            "Use plain SELECT syntax: joins, conditions, grouping, windows, WITH, set operations.",
            node.get("location"),
        )


def _refused(rule: str, reason: str, remedy: str, position: int | None = None) -> Refused:
    return Refused("agreement", rule, reason, remedy, position)
