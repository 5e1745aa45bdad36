"""FROM clauses: which relation each item is, what columns it offers, and which joins merge them."""

from __future__ import annotations

from collections.abc import Iterable

from sqlglot import exp

from clearway.semantics.types import Table
from clearway.tools.sql.guard.bounds.pieces import TIED_ROWS, UNKNOWN_ROWS
from clearway.tools.sql.guard.bounds.products import is_tied
from clearway.tools.sql.guard.names.table_functions import FunctionReader
from clearway.tools.sql.guard.refusal import Refused
from clearway.tools.sql.guard.statement.scope import (
    Ctes,
    Scope,
    Source,
    absent_column,
    absent_table,
    ambiguous,
    identifier,
    not_whole,
)
from clearway.tools.sql.guard.statement.spelling import position_of

MAX_RELATIONS = 40


class SourceReader(FunctionReader):
    """Resolves FROM items; `NameReader` adds expressions and queries."""

    def read_whole(self, source: Source, node: exp.Expr) -> None:
        """Note that every column of a source is read; raise `Refused` where some may not be."""
        self.must_be_whole(source, node)
        if (table := source.table) is not None:
            self.columns.update(f"{table.qualified}.{column.name}" for column in table.columns)

    def must_be_whole(self, source: Source, node: exp.Expr) -> None:
        """Raise `Refused` where a source has columns that may not be read."""
        if source.table is not None and source.table.qualified in self.view.partial:
            raise not_whole(source.table, position_of(node))

    def leave_open(self, scope: Scope | None) -> None:
        """Note that a name here is left for Postgres to resolve, from this scope outward."""
        while scope is not None:
            self.open[id(scope)] = scope
            if scope.whole is not None:
                self.open[id(scope.whole)] = scope.whole
            scope = scope.parent

    def to_narrow(self) -> list[tuple[exp.Expr, Table]]:
        """Return the base tables whose other columns could be taken for a name left open."""
        return [
            (node, table)
            for node, table, scope in self.bases
            if id(scope) in self.open or id(node) in self._renamed
        ]

    def from_clause(self, select: exp.Expr, outer: Scope | None, ctes: Ctes) -> Scope:
        """Return the scope that SELECT, WHERE and the rest of the query see."""
        scope = Scope(outer)
        first = select.args.get("from_")
        if first is None:
            return scope
        segment = Scope(outer, whole=scope)
        self._item(first.this, scope, segment, ctes)
        self._joins(select.args.get("joins") or (), scope, segment, ctes)
        return scope

    def _joins(self, joins: Iterable[exp.Expr], scope: Scope, segment: Scope, ctes: Ctes) -> None:
        for join in joins:
            args = join.args
            comma = not any(args.get(name) for name in ("on", "using", "kind", "side", "method"))
            if comma:
                segment = Scope(scope.parent, whole=scope)
            left = list(segment.sources.values())
            known = set(segment.sources)
            self._item(join.this, scope, segment, ctes)
            right = [source for alias, source in segment.sources.items() if alias not in known]
            self._merge(join, scope, segment, left, right)
            if (on := args.get("on")) is not None:
                self.expression(on, segment, ctes)

    def _merge(
        self,
        join: exp.Expr,
        scope: Scope,
        segment: Scope,
        left: list[Source],
        right: list[Source],
    ) -> None:
        using = join.args.get("using") or ()
        names = [name.name for name in using]
        if join.args.get("method"):
            self.leave_open(scope)
            for source in (*left, *right):
                self.must_be_whole(source, join)
            offered = _offered(right)
            names = [name for name in _offered(left) if name in offered]
        if not names:
            return
        if len(left) > 1:  # a hidden column of the same name would make Postgres object
            self.leave_open(scope)
        plain = str(join.args.get("side") or "").upper() in ("", "LEFT")
        for name in names:
            one = segment.merged.get(name) or _only(left, name, segment, join)
            other = _only(right, name, None, join)
            self.paired.append((join, one.by_name[name], other.by_name[name]))
            for source in (*left, *right):
                if source.table is not None and name in source.by_name:
                    self.columns.add(f"{source.table.qualified}.{name}")
            stands = one if plain and segment.merged.get(name, one) is not None else None
            segment.merged[name] = scope.merged[name] = stands
            scope.tied.append(({one.alias}, {other.alias}))

    def _item(self, node: exp.Expr, scope: Scope, segment: Scope, ctes: Ctes) -> None:
        if isinstance(node, exp.Subquery) and _is_group(node.this):
            self._group(node, scope, segment, ctes)
            return
        self._sources += 1
        if self._sources > MAX_RELATIONS:
            raise Refused(
                "bounds",
                "bounds.relations",
                f"The statement reads more than {MAX_RELATIONS} relations.",
                "Split the question.",
                position_of(node),
            )
        source = self._source(node, scope, ctes)
        scope.add(source, position_of(node))
        segment.sources[source.alias] = source
        if node.args.get("joins"):
            self._joins(node.args["joins"], scope, segment, ctes)

    def _group(self, node: exp.Expr, scope: Scope, segment: Scope, ctes: Ctes) -> None:
        """Read a parenthesised join: its own joins first, then it is one side of the outer one."""
        if node.args.get("alias") is not None:
            raise Refused(
                "names",
                "names.join_alias",
                "A parenthesised join cannot have an alias here.",
                "Use a subquery instead.",
                position_of(node),
            )
        inner = Scope(scope.parent, whole=scope)
        self._item(node.this, scope, inner, ctes)
        segment.sources.update(inner.sources)
        segment.merged.update(inner.merged)

    def _source(self, node: exp.Expr, scope: Scope, ctes: Ctes) -> Source:
        if isinstance(node, exp.Table):
            if isinstance(node.this, exp.Identifier):
                return self._relation(node, scope, ctes)
            return self.function(node, scope, ctes)
        if isinstance(node, exp.Subquery | exp.Values):
            return self._subquery(node, scope.parent, ctes)
        if isinstance(node, exp.Lateral):
            if isinstance(node.this, exp.Subquery):
                outputs = self.query(node.this, scope, ctes)
                rows = TIED_ROWS if is_tied(node.this) else self.rows[id(node.this)]
                return self.aliased(node, "subquery", outputs, rows=rows)
            return self.function(node, scope, ctes)
        if isinstance(node, exp.Unnest):
            return self.function(node, scope, ctes)
        raise Refused(
            "names",
            "names.from",
            "This kind of FROM item is not allowed.",
            "Read from tables, WITH queries, subqueries or generate_series.",
            position_of(node),
        )

    # Relations

    def _relation(self, node: exp.Expr, scope: Scope, ctes: Ctes) -> Source:
        name, schema = node.this.name, node.args.get("db")
        position = position_of(node)
        cte = ctes.get(name) if schema is None else None
        if cte is not None:
            if cte.outputs is None:
                raise Refused(
                    "names",
                    "names.forward_reference",
                    "A WITH query is used before it is written.",
                    "Put WITH queries in the order they are used.",
                    position,
                )
            if node.args.get("only") or node.args.get("sample"):
                raise absent_table(name, position)
            return self.aliased(node, name, cte.outputs, rows=cte.rows)
        table = self._table(name, schema, position)
        node.set("db", identifier(table.schema))
        self.relations[table.qualified] = table
        outputs = self.view.outputs[table.qualified]
        rows = table.row_estimate if table.row_estimate else UNKNOWN_ROWS
        source = self.aliased(node, table.name, outputs, table, rows=rows)
        if source.outputs is not outputs:  # names by position, of all columns there are
            self.must_be_whole(source, node)
            self._renamed.add(id(node))
        self.bases.append((node, table, scope))
        return source

    def _table(self, name: str, schema: exp.Expr | None, position: int | None) -> Table:
        if schema is not None:
            table = self.view.tables.get(f"{schema.name}.{name}")
            if table is None or (table.schema, table.name) != (schema.name, name):
                raise absent_table(f"{schema.name}.{name}", position)
            return table
        table = self.view.short.get(name)
        if table is not None:
            return table
        if name in self.view.short:
            raise ambiguous(name, position)
        raise absent_table(name, position)

    def _subquery(self, node: exp.Expr, outer: Scope | None, ctes: Ctes) -> Source:
        outputs = self.query(node, outer, ctes)
        return self.aliased(node, "subquery", outputs, rows=self.rows[id(node)])


def _is_group(inner: exp.Expr) -> bool:
    """Return whether parentheses hold a join, not a query."""
    if isinstance(inner, exp.Subquery | exp.Values):
        return bool(inner.args.get("alias") or inner.args.get("joins"))
    return not isinstance(inner, exp.Query)


def _offered(sources: list[Source]) -> list[str]:
    return list(dict.fromkeys(name for source in sources for name in source.by_name))


def _only(sources: list[Source], name: str, segment: Scope | None, join: exp.Expr) -> Source:
    """Return the one source that offers the name; merged columns count once."""
    holders = [source for source in sources if name in source.by_name]
    if not holders:
        raise absent_column(name, position_of(join))
    merged = segment is not None and name in segment.merged
    if (len(holders) > 1 and not merged) or holders[0].by_name[name] is None:
        raise ambiguous(name, position_of(join))
    return holders[0]
