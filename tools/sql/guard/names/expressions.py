"""Expressions: what each column in them is, and how large they are when inlined."""

from __future__ import annotations

from sqlglot import exp

from clearway.tools.sql.guard.names.sources import SourceReader
from clearway.tools.sql.guard.refusal import Refused
from clearway.tools.sql.guard.statement.scope import (
    Ctes,
    Output,
    Scope,
    Source,
    absent_column,
    ambiguous,
    identifier,
)
from clearway.tools.sql.guard.statement.spelling import position_of

MAX_SIZE = 20_000
"""Largest expression after subqueries and WITH queries are inlined, in nodes."""

_QUERY_TYPES = frozenset(
    {exp.Select, exp.Union, exp.Except, exp.Intersect, exp.Subquery, exp.Values}
)


class ExpressionReader(SourceReader):
    """Resolves the columns of expressions; `NameReader` adds queries."""

    def expression(self, node: exp.Expr, scope: Scope, ctes: Ctes) -> int:
        """Resolve every name below the node; return its size when inlined."""
        size = 0
        pending = [node]
        while pending:
            item = pending.pop()
            kind = type(item)
            if kind is exp.Column:
                size += self._column(item, scope)
            elif kind in _QUERY_TYPES:
                outputs = self.query(item, scope, ctes, named=False)
                size += max((output.size for output in outputs), default=1)
            else:
                size += 1
                for value in item.args.values():
                    if isinstance(value, list):
                        pending += [child for child in value if isinstance(child, exp.Expr)]
                    elif isinstance(value, exp.Expr):
                        pending.append(value)
        if size > MAX_SIZE:
            raise Refused(
                "bounds",
                "bounds.expression",
                "An expression grows too large when the WITH queries it uses are put in.",
                "Use fewer steps that repeat a column, or mark the WITH query MATERIALIZED.",
                position_of(node),
            )
        return size

    def _column(self, node: exp.Expr, scope: Scope) -> int:
        if isinstance(node.this, exp.Star):
            self._whole_row(node, self.qualifier(node, scope), scope)
            return 1
        if node.args.get("table") is not None:
            source = self.qualifier(node, scope)
            return self._use(node, source, node.name)
        return self._bare(node, scope)

    def _bare(self, node: exp.Expr, scope: Scope) -> int:
        name = node.name
        level: Scope | None = scope
        while level is not None:
            if name in level.merged:
                source = level.merged[name]
                if source is None:
                    self.leave_open(scope)
                    return 1
                return self._use(node, source, name)
            holders = [source for source in level.sources.values() if name in source.by_name]
            if len(holders) > 1:
                raise ambiguous(name, position_of(node))
            if holders:
                return self._use(node, holders[0], name)
            level = level.parent
        source = scope.find(name)
        if source is None:
            raise absent_column(name, position_of(node))
        if source.scalar:
            return self._use(node, source, source.outputs[0].name)
        self._whole_row(node, source, scope)
        return 1

    def _use(self, node: exp.Expr, source: Source, name: str) -> int:
        if name not in source.by_name:
            raise absent_column(f"{source.alias}.{name}", position_of(node))
        output = source.by_name[name]
        if output is None:
            raise ambiguous(name, position_of(node))
        self.bound[id(node)] = output
        self.columns_met.append(node)
        node.set("table", identifier(source.alias))
        node.set("db", None)
        if name != node.name:
            node.set("this", identifier(name))
        if source.table is not None:
            self.columns.add(f"{source.table.qualified}.{self._stored(source, output)}")
        return output.size

    @staticmethod
    def _stored(source: Source, output: Output) -> str:
        """Return the table's own name of a column that the alias may have renamed."""
        if source.table is None:
            return output.name
        return source.table.columns[list(source.outputs).index(output)].name

    def _whole_row(self, node: exp.Expr, source: Source, scope: Scope) -> None:
        self.leave_open(scope)
        self.read_whole(source, node)
        if not isinstance(node.this, exp.Star) and isinstance(node.parent, exp.Alias | exp.Select):
            return
        node.set("db", None)

    def qualifier(self, node: exp.Expr, scope: Scope) -> Source:
        """Return the source a qualified name means; `schema.table.column` names it in full."""
        alias, schema = node.args["table"].name, node.args.get("db")
        source = scope.find(alias)
        if source is None:
            raise absent_column(f"{alias}.{node.name}", position_of(node))
        if schema is not None:
            table = source.table
            if table is None or (table.schema, table.name) != (schema.name, alias):
                raise absent_column(f"{schema.name}.{alias}.{node.name}", position_of(node))
            node.set("db", None)
        return source
