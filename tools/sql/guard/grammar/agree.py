"""Do two texts say the same to Postgres? Proof that rewriting changed names only, never meaning.

Walks the two trees of Postgres's grammar side by side. What may differ is listed here and nowhere
else: places in the text, qualification of names, aliases that were implied, a star written out,
the row limit, and spellings the grammar itself calls the same (`NOT (x IN y)` and `x NOT IN y`).
"""

from __future__ import annotations

from typing import Any

from clearway.tools.sql.guard.grammar.naming import given_name
from clearway.tools.sql.guard.grammar.reading import Node
from clearway.tools.sql.guard.grammar.spellings import canonical
from clearway.tools.sql.guard.refusal import Refused

_IGNORED = frozenset(
    {"location", "list_start", "list_end", "rexpr_list_start", "rexpr_list_end", "funcformat"}
)
_LIMITS = frozenset({"limitCount", "limitOption"})
_FRAME_BETWEEN = 0x10


class _Differs(Exception):
    """The two trees part here."""


def check_agreement(written: Node, rendered: Node) -> None:
    """Raise `Refused` unless the rendered statement is the written one with names filled in."""
    try:
        _select(written["SelectStmt"], rendered["SelectStmt"], top=True)
    except (_Differs, KeyError, IndexError, TypeError, AttributeError) as difference:
        raise Refused(
            "agreement",
            "agreement.meaning",
            "The two readers of the statement do not agree on what it means.",
            "Write it more plainly: name every column and operator in the usual way.",
            _place(difference),
        ) from None


def _place(difference: Exception) -> int | None:
    found = difference.args[0] if difference.args else None
    return found if isinstance(found, int) else None


def _differ(node: Any) -> _Differs:
    return _Differs(node.get("location") if isinstance(node, dict) else None)


def _same(one: Any, two: Any) -> None:
    if isinstance(one, dict) and isinstance(two, dict):
        _nodes(one, two)
    elif isinstance(one, list) and isinstance(two, list):
        if len(one) != len(two):
            raise _differ(one[0] if one else None)
        for left, right in zip(one, two, strict=True):
            _same(left, right)
    elif one != two:
        raise _differ(None)


def _nodes(one: Node, two: Node) -> None:
    one, two = canonical(one), canonical(two)
    kinds = (next(iter(one), ""), next(iter(two), ""))
    special = _SPECIAL.get(kinds[0]) if len(one) == 1 and kinds[0][:1].isupper() else None
    if special is not None:
        if kinds[0] != kinds[1] or len(two) != 1:
            if kinds == ("ColumnRef", "A_Const"):
                raise _differ(one["ColumnRef"])
            raise _differ(one[kinds[0]])
        special(one[kinds[0]], two[kinds[1]])
        return
    if "frameOptions" in one:
        _window(one, two)
        return
    if one.keys() - _IGNORED != two.keys() - _IGNORED:
        raise _differ(one)
    for name, value in one.items():
        if name not in _IGNORED:
            _same(value, two[name])


# Nodes that may differ in a known way


def _type(one: Node, two: Node) -> None:
    written, rendered = _type_names(one), _type_names(two)
    if rendered[len(rendered) - len(written) :] != written:  # a schema may have been put before it
        raise _differ(one)
    for name in ("typemod", "typmods", "arrayBounds"):
        _same(one.get(name), two.get(name))


def _type_names(node: Node) -> list[str]:
    names = [part["String"]["sval"] for part in node["names"]]
    return names[1:] if len(names) == 2 and names[0] == "pg_catalog" else names


def _cast(one: Node, two: Node) -> None:
    _type(one["typeName"], two["typeName"])
    _same(one["arg"], two["arg"])


def _column_def(one: Node, two: Node) -> None:
    if one["colname"] != two["colname"]:
        raise _differ(one)
    _type(one["typeName"], two["typeName"])


def _column(one: Node, two: Node) -> None:
    written, rendered = one["fields"], two["fields"]
    if len(written) > len(rendered):  # schema.table.column becomes alias.column
        written = written[len(written) - len(rendered) :]
    if rendered[len(rendered) - len(written) :] == written:
        return
    scalar = len(written) == 1 and len(rendered) == 2 and rendered[0] == written[0]
    if not scalar:  # a function's alias means its one column
        raise _differ(one)


def _relation(one: Node, two: Node) -> None:
    if one["relname"] != two["relname"] or one.get("inh") != two.get("inh"):
        raise _differ(one)
    if one.get("schemaname", two.get("schemaname")) != two.get("schemaname"):
        raise _differ(one)
    _alias(one.get("alias"), two.get("alias"), one["relname"])


def _alias(one: Node | None, two: Node | None, implied: str | None) -> None:
    written = one or {}
    rendered = two or {}
    name = written.get("aliasname", implied)
    if name is not None and rendered.get("aliasname", implied) != name:
        raise _differ(one)
    columns = written.get("colnames")
    if columns is not None and rendered.get("colnames", [])[: len(columns)] != columns:
        raise _differ(one)


def _function(one: Node, two: Node) -> None:
    for name in ("lateral", "ordinality", "is_rowsfrom", "functions", "coldeflist"):
        _same(one.get(name), two.get(name))
    _alias(one.get("alias"), two.get("alias"), None)


def _subselect(one: Node, two: Node) -> None:
    _same(one.get("lateral"), two.get("lateral"))
    _alias(one.get("alias"), two.get("alias"), None)
    _select(one["subquery"]["SelectStmt"], two["subquery"]["SelectStmt"])


def _sort(one: Node, two: Node) -> None:
    _same(one["node"], two["node"])
    if _sort_order(one) != _sort_order(two):
        raise _differ(one)


def _sort_order(node: Node) -> tuple[bool, bool]:
    descending = node["sortby_dir"] == "SORTBY_DESC"
    if node["sortby_dir"] == "SORTBY_USING":
        raise _differ(node)
    nulls = node["sortby_nulls"]
    return descending, descending if nulls == "SORTBY_NULLS_DEFAULT" else "FIRST" in nulls


def _window(one: Node, two: Node) -> None:
    names = (one.keys() | two.keys()) - _IGNORED
    for name in names:
        if name == "frameOptions":
            if one.get(name, 0) | _FRAME_BETWEEN != two.get(name, 0) | _FRAME_BETWEEN:
                raise _differ(one)
        else:
            _same(one.get(name), two.get(name))


def _select(one: Node, two: Node, *, top: bool = False) -> None:
    skipped = _IGNORED | (_LIMITS if top else frozenset())
    names = (one.keys() | two.keys()) - skipped
    for name in names:
        if name == "targetList":
            _targets(one.get(name, []), two.get(name, []))
        elif name == "groupClause":
            _groups(one.get(name, []), two.get(name, []), two)
        elif name in ("larg", "rarg"):
            _select(one[name], two[name])
        else:
            _same(one.get(name), two.get(name))


def _targets(one: list[Node], two: list[Node]) -> None:
    """Compare the outputs; the one star of a SELECT may have become the columns it stands for."""
    spread = len(two) - len(one) + 1
    place = 0
    for target in one:
        written = target["ResTarget"]
        rendered = two[place]["ResTarget"] if place < len(two) else {"val": {}}
        if _is_star(written["val"]) and not _is_star(rendered["val"]):
            for column in two[place : place + spread]:
                if len(column["ResTarget"]["val"]["ColumnRef"]["fields"]) != 2:
                    raise _differ(written)
            place += spread
            spread = 1
            continue
        _target(written, rendered)
        place += 1
    if place != len(two):
        raise _differ(None)


def _target(one: Node, two: Node) -> None:
    _same(one["val"], two["val"])
    if "name" in one:
        if one["name"] != two.get("name"):
            raise _differ(one)
    elif "name" in two and two["name"] != given_name(one["val"]):
        raise _differ(one)


def _is_star(value: Node) -> bool:
    return "ColumnRef" in value and "A_Star" in value["ColumnRef"]["fields"][-1]


def _groups(one: list[Node], two: list[Node], select: Node) -> None:
    """GROUP BY a name of the output may have become its position."""
    if len(one) != len(two):
        raise _differ(None)
    for written, rendered in zip(one, two, strict=True):
        if "GroupingSet" in written and "GroupingSet" in rendered:
            sets = written["GroupingSet"], rendered["GroupingSet"]
            if sets[0]["kind"] != sets[1]["kind"]:
                raise _differ(sets[0])
            _groups(sets[0].get("content", []), sets[1].get("content", []), select)
        elif "RowExpr" in written and "RowExpr" in rendered:
            _groups(written["RowExpr"].get("args", []), rendered["RowExpr"].get("args", []), select)
        elif "ColumnRef" in written and "A_Const" in rendered:
            place = rendered["A_Const"]["ival"]["ival"]
            fields = written["ColumnRef"]["fields"]
            target = select["targetList"][place - 1]["ResTarget"]
            name = target.get("name") or given_name(target["val"])
            if len(fields) != 1 or fields[0]["String"]["sval"] != name:
                raise _differ(written["ColumnRef"])
        else:
            _same(written, rendered)


def _select_node(one: Node, two: Node) -> None:
    _select(one, two)


_SPECIAL = {
    "SelectStmt": _select_node,
    "ColumnRef": _column,
    "RangeVar": _relation,
    "RangeFunction": _function,
    "RangeSubselect": _subselect,
    "SortBy": _sort,
    "WindowDef": _window,
    "TypeCast": _cast,
    "ColumnDef": _column_def,
}
