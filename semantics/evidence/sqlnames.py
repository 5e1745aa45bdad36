"""Which column of which table a name in a statement stands for, through derived tables and CTEs."""

from __future__ import annotations

from collections.abc import Iterator

from sqlglot import exp
from sqlglot.optimizer.scope import Scope

from clearway.semantics.frame import ColumnRef
from clearway.semantics.types import Catalog

MAX_DEPTH = 8
"""Derived tables a column is followed through."""

AGGREGATES: dict[type[exp.Expr], str] = {
    exp.Sum: "sum", exp.Avg: "avg", exp.Min: "min", exp.Max: "max", exp.Count: "count",
    exp.WithinGroup: "median",
}  # fmt: skip
_TURNED = {">": "<", "<": ">", ">=": "<=", "<=": ">="}


class Names:
    """Resolves names against a catalog."""

    def __init__(self, catalog: Catalog) -> None:
        """What the catalog does not hold resolves to nothing."""
        self._catalog = catalog

    def qualified(self, table: exp.Table) -> str:
        """Return `schema.name`."""
        return f"{table.db or self._catalog.default_schema}.{table.name}"

    def columns_of(self, source: exp.Table) -> Iterator[ColumnRef]:
        """Yield every column of a table that is read."""
        table = self._catalog.by_name.get(self.qualified(source))
        for column in table.columns if table is not None else ():
            yield ColumnRef(table.qualified if table else "", column.name)

    def is_key(self, column: ColumnRef) -> bool:
        """Whether the column alone tells the rows of its table apart."""
        table = self._catalog.by_name.get(column.table)
        return table is not None and table.primary_key == (column.name,)

    def columns(self, node: exp.Expr, scope: Scope) -> Iterator[ColumnRef]:
        """Yield the table columns behind every name in an expression."""
        for column in node.find_all(exp.Column):
            found = self._resolve(column, scope, MAX_DEPTH)
            if found is not None:
                yield found

    def known(self, column: exp.Column, scope: Scope) -> bool:
        """Whether the name stands for something: a column, or what a query inside calls so."""
        if isinstance(column.this, exp.Star) or self._resolve(column, scope, MAX_DEPTH) is not None:
            return True
        if self.behind(column, scope) is not None:
            return True
        query = scope.expression
        aliases = {each.alias for each in query.selects} if isinstance(query, exp.Query) else set()
        return column.name in aliases or self._opaque(scope)

    def _opaque(self, scope: Scope | None) -> bool:
        """Whether something is read whose columns are not told: a function, a star."""
        while scope is not None:
            for source in scope.sources.values():
                if isinstance(source, exp.Table):
                    if self.qualified(source) not in self._catalog.by_name:
                        return True
                elif source.expression.is_star or not isinstance(source.expression, exp.Query):
                    return True
            scope = scope.parent
        return False

    def behind(self, column: exp.Column, scope: Scope) -> exp.Expr | None:
        """Return the expression a derived table gives a name to; None for a table's own column."""
        names = [column.table] if column.table else list(scope.sources)
        for name in names:
            source = scope.sources.get(name)
            query = source.expression if isinstance(source, Scope) else None
            for projection in query.selects if isinstance(query, exp.Query) else ():
                if projection.alias_or_name == column.name:
                    return projection.unalias()
        return None

    def _resolve(self, column: exp.Column, scope: Scope, depth: int) -> ColumnRef | None:
        sources = scope.sources
        names = [column.table] if column.table else list(sources)
        for name in names:
            source = sources.get(name)
            if isinstance(source, exp.Table):
                table = self._catalog.by_name.get(self.qualified(source))
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


def negated(node: exp.Expr) -> bool:
    """Whether a condition stands behind NOT."""
    parent = node.parent
    while isinstance(parent, exp.Paren):
        parent = parent.parent
    return isinstance(parent, exp.Not)


def inverted(comparator: str) -> str:
    """Return the comparator that says the same with its sides exchanged."""
    return _TURNED.get(comparator, comparator)


def literals(node: exp.Expr) -> Iterator[str]:
    """Yield the literals in an expression as text, case-folded."""
    for literal in node.find_all(exp.Literal, exp.Boolean):
        yield str(literal.this).casefold()
