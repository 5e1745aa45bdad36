"""Read a SQL statement back into slots: what it shows, counts, restricts, sorts and limits."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

import sqlglot
from sqlglot import exp
from sqlglot.errors import OptimizeError, SqlglotError
from sqlglot.optimizer.scope import Scope, traverse_scope

from clearway.semantics.frame import ColumnRef
from clearway.semantics.types import Catalog

MAX_DEPTH = 8
"""Derived tables a column is followed through."""

_AGGREGATES: dict[type[exp.Expr], str] = {
    exp.Sum: "sum", exp.Avg: "avg", exp.Min: "min", exp.Max: "max", exp.Count: "count",
}  # fmt: skip
_TESTS: dict[type[exp.Expr], str] = {
    exp.EQ: "=", exp.NEQ: "<>", exp.GT: ">", exp.GTE: ">=", exp.LT: "<", exp.LTE: "<=",
    exp.Like: "like", exp.ILike: "like", exp.In: "=", exp.Between: "between", exp.Is: "is null",
}  # fmt: skip
_TURNED = {">": "<", "<": ">", ">=": "<=", "<=": ">="}


@dataclass(frozen=True, slots=True)
class Test:
    """One comparison of a column, or of an aggregate, with literals."""

    column: ColumnRef | None
    comparator: str
    values: frozenset[str]
    """As text, case-folded; numbers and dates as they are written."""
    negated: bool
    aggregate: str = ""


@dataclass(slots=True)
class SqlSlots:
    """What a statement says, in the words of a Frame."""

    tables: set[str] = field(default_factory=set)
    measures: set[tuple[str, ColumnRef | None]] = field(default_factory=set)
    shown: set[ColumnRef] = field(default_factory=set)
    groups: set[ColumnRef] = field(default_factory=set)
    tests: list[Test] = field(default_factory=list)
    descending: bool | None = None
    limit: int | None = None
    lacks: bool = False
    """Rows are required not to be: NOT EXISTS, NOT IN a query, EXCEPT."""
    distinct: bool = False


def slots_of(sql: str, catalog: Catalog) -> SqlSlots | None:
    """Return the slots of one SELECT; None for text that is none."""
    try:
        tree = sqlglot.parse_one(sql, dialect="postgres")
        scopes = traverse_scope(tree) if isinstance(tree, exp.Query) else []
    except (SqlglotError, OptimizeError, RecursionError):
        return None
    if not scopes or not isinstance(tree, exp.Query):
        return None
    reader = _Reader(catalog)
    for scope in scopes:
        reader.read(scope)
    reader.outermost(tree)
    return reader.slots


class _Reader:
    def __init__(self, catalog: Catalog) -> None:
        self.catalog = catalog
        self.slots = SqlSlots()

    def read(self, scope: Scope) -> None:
        slots = self.slots
        for source in scope.sources.values():
            if isinstance(source, exp.Table):
                slots.tables.add(self._qualified(source))
        expression = scope.expression
        if isinstance(expression, exp.Except):
            slots.lacks = True
        if not isinstance(expression, exp.Select):
            return
        for projection in expression.expressions:
            slots.shown.update(self._columns(projection, scope))
        group = expression.args.get("group")
        for key in group.expressions if group is not None else ():
            slots.groups.update(self._columns(key, scope))
        for node in scope.walk():
            self._measure(node, scope)
            self._test(node, scope)
        slots.distinct = slots.distinct or expression.args.get("distinct") is not None

    def outermost(self, tree: exp.Query) -> None:
        order = tree.args.get("order")
        first = order.expressions[0] if order is not None and order.expressions else None
        if isinstance(first, exp.Ordered):
            self.slots.descending = bool(first.args.get("desc"))
        limit = tree.args.get("limit")
        number = limit.expression if isinstance(limit, exp.Limit) else None
        if isinstance(number, exp.Literal) and not number.is_string:
            self.slots.limit = int(float(number.this))

    def _qualified(self, table: exp.Table) -> str:
        return f"{table.db or self.catalog.default_schema}.{table.name}"

    def _columns(self, node: exp.Expr, scope: Scope) -> Iterator[ColumnRef]:
        for column in node.find_all(exp.Column):
            found = self._resolve(column, scope, MAX_DEPTH)
            if found is not None:
                yield found

    def _resolve(self, column: exp.Column, scope: Scope, depth: int) -> ColumnRef | None:
        """Return the table column behind a name, through derived tables and CTEs."""
        sources = scope.sources
        names = [column.table] if column.table else list(sources)
        for name in names:
            source = sources.get(name)
            if isinstance(source, exp.Table):
                table = self.catalog.by_name.get(self._qualified(source))
                if table is not None and column.name in table.by_name:
                    return ColumnRef(table.qualified, column.name)
            elif isinstance(source, Scope) and depth:
                found = self._through(column.name, source, depth - 1)
                if found is not None:
                    return found
        outer = scope.parent
        return self._resolve(column, outer, depth - 1) if outer is not None and depth else None

    def _through(self, name: str, scope: Scope, depth: int) -> ColumnRef | None:
        query = scope.expression
        for projection in query.selects if isinstance(query, exp.Query) else ():
            if projection.alias_or_name == name:
                inner = projection.find(exp.Column)
                return self._resolve(inner, scope, depth) if inner is not None else None
        return None

    def _measure(self, node: exp.Expr, scope: Scope) -> None:
        name = _AGGREGATES.get(type(node))
        if name is None:
            return
        inner = node.this
        if isinstance(inner, exp.Distinct):
            name = "count_distinct" if name == "count" else name
        column = next(self._columns(node, scope), None) if name != "count" else None
        self.slots.measures.add((name, column))

    def _test(self, node: exp.Expr, scope: Scope) -> None:
        if isinstance(node, exp.Exists):
            self.slots.lacks = self.slots.lacks or _negated(node)
            return
        name = _TESTS.get(type(node))
        if name is None:
            return
        if isinstance(node, exp.In) and node.args.get("query") is not None:
            self.slots.lacks = self.slots.lacks or _negated(node)
            return
        values = frozenset(_literals(node))
        left = node.this
        if (
            isinstance(node, exp.Binary)
            and not left.find(exp.Column)
            and node.expression.find(exp.Column)
        ):
            left, name = node.expression, _TURNED.get(name, name)
        column = next(self._columns(left, scope), None)
        aggregate = next((_AGGREGATES[type(n)] for n in left.walk() if type(n) in _AGGREGATES), "")
        compared = bool(values) or node.find(exp.Subquery) is not None or name == "is null"
        if (column is None and not aggregate) or not compared:
            return
        negated = _negated(node) != (name == "<>")
        kind = "=" if name == "<>" else name
        self.slots.tests.append(Test(column, kind, values, negated, aggregate))


def _negated(node: exp.Expr) -> bool:
    parent = node.parent
    while isinstance(parent, exp.Paren):
        parent = parent.parent
    return isinstance(parent, exp.Not)


def _literals(node: exp.Expr) -> Iterator[str]:
    for literal in node.find_all(exp.Literal, exp.Boolean):
        yield str(literal.this).casefold()
