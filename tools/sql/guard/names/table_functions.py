"""What one reading of a statement keeps, and the functions that stand in FROM clauses."""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

from sqlglot import exp

from clearway.semantics.types import Table
from clearway.tools.sql.guard.bounds.pieces import UNKNOWN_ROWS, pieces
from clearway.tools.sql.guard.bounds.series import series_rows
from clearway.tools.sql.guard.refusal import Refused
from clearway.tools.sql.guard.statement.scope import (
    Ctes,
    Output,
    Scope,
    Source,
    View,
    absent_column,
    absent_table,
    identifier,
    renamed,
)
from clearway.tools.sql.guard.statement.spelling import call_name, position_of
from clearway.tools.sql.guard.vocabulary import ONE_ROW, RECORD_FUNCTIONS, TABLE_FUNCTIONS


class FunctionReader:
    """Resolves functions in FROM; `SourceReader` adds tables and joins."""

    def __init__(self, view: View) -> None:
        self.view = view
        self.relations: dict[str, Table] = {}
        self.columns: set[str] = set()
        self.bases: list[tuple[exp.Expr, Table, Scope]] = []
        """Every place a base table stands in a FROM clause."""
        self.bound: dict[int, Output] = {}
        """What each column of the tree, by `id`, was resolved to."""
        self.columns_met: list[exp.Expr] = []
        """The same columns, kept so that an `id` stays theirs."""
        self.paired: list[tuple[exp.Expr, Output | None, Output | None]] = []
        """Columns that USING and NATURAL compare."""
        self.recursions: list[tuple[exp.Expr, Sequence[Output]]] = []
        """Recursive WITH queries, and the outputs their own name stands for."""
        self.rows: dict[int, float] = {}
        """About how many rows each query, by `id`, gives."""
        self.joined: dict[int, float] = {}
        """About how many rows each SELECT, by `id`, makes before it groups them."""
        self.open: dict[int, Scope] = {}
        """Scopes in which a name is left for Postgres to resolve."""
        self._renamed: set[int] = set()
        self._unnamed = 0
        self._sources = 0

    def query(
        self, node: exp.Expr, outer: Scope | None, ctes: Ctes, *, named: bool = True
    ) -> Sequence[Output]:
        """Resolve one query and return what it offers; `named` outputs are given names."""
        raise NotImplementedError

    def expression(self, node: exp.Expr, scope: Scope, ctes: Ctes) -> int:
        """Resolve every name below the node; return its size when inlined."""
        raise NotImplementedError

    def function(self, node: exp.Expr, scope: Scope, ctes: Ctes) -> Source:
        """Return the source that a function in FROM is."""
        inner = node.this if isinstance(node, exp.Lateral) else node
        if isinstance(inner, exp.Unnest):
            return self._unnest(node, inner, scope, ctes)
        if rows_from := inner.args.get("rows_from"):
            return self._rows_from(node, rows_from, scope, ctes)
        call = inner.this if isinstance(inner, exp.Table) else inner
        self._arguments(call, scope, ctes)
        name = call_name(call)
        fixed = TABLE_FUNCTIONS.get(name, ())
        if name in RECORD_FUNCTIONS:
            return self._record(node, name)
        ordinality = bool(node.args.get("ordinality"))
        return self._rows(node, name, fixed, ordinality, call)

    def _record(self, node: exp.Expr, name: str) -> Source:
        alias = node.args.get("alias")
        columns = alias.args.get("columns") or () if alias is not None else ()
        if (
            alias is None
            or not all(isinstance(column, exp.ColumnDef) for column in columns)
            or not columns
        ):
            raise Refused(
                "names",
                "names.record",
                f"{name} needs a column list with types.",
                "Write AS x(name type, ...).",
                position_of(node),
            )
        outputs = [Output(column.this.name) for column in columns]
        return Source(alias.this.name, outputs, rows=10.0)

    def _unnest(self, node: exp.Expr, inner: exp.Expr, scope: Scope, ctes: Ctes) -> Source:
        for argument in inner.expressions:
            self.expression(argument, scope, ctes)
        offset = inner.args.get("offset")
        if isinstance(offset, exp.Identifier):
            alias = node.args.get("alias")
            if alias is not None and alias.args.get("columns"):
                alias.append("columns", offset)
            inner.set("offset", True)
        fixed = ("unnest",) * len(inner.expressions) if len(inner.expressions) > 1 else ()
        return self._rows(node, "unnest", fixed, bool(offset), inner)

    def _rows_from(
        self, node: exp.Expr, tables: Sequence[exp.Expr], scope: Scope, ctes: Ctes
    ) -> Source:
        names: list[str] = []
        for table in tables:
            call = table.this if isinstance(table, exp.Table) else None
            if not isinstance(call, exp.Anonymous) or table.args.get("alias") is not None:
                raise absent_table("rows from", position_of(node))
            self._arguments(call, scope, ctes)
            name = call_name(call)
            if name in RECORD_FUNCTIONS:
                raise absent_table(name, position_of(node))
            names += TABLE_FUNCTIONS.get(name, ()) or (name,)
        return self._rows(node, "rows", tuple(names), bool(node.args.get("ordinality")))

    def _rows(
        self,
        node: exp.Expr,
        name: str,
        fixed: tuple[str, ...],
        ordinality: bool,
        call: exp.Expr | None = None,
    ) -> Source:
        """Return a function's source, its columns written out so that nothing is left to guess."""
        alias = self.named(node, name)
        names = list(fixed or (alias.this.name,)) + (["ordinality"] if ordinality else [])
        given = [column.name for column in alias.args.get("columns") or ()]
        if len(given) > len(names):
            raise absent_column(given[-1], position_of(node))
        names[: len(given)] = given
        alias.set("columns", [identifier(column) for column in names])
        made_of = (call,) if call is not None else ()
        outputs = [Output(name, made_of=made_of) for name in names]
        rows = 1.0 if name in ONE_ROW else pieces(call, self.bound)
        if name == "generate_series" and call is not None:
            rows = min(series_rows(call, self.bound), 10_000.0)
        return Source(alias.this.name, outputs, scalar=len(names) == 1, rows=rows)

    def _arguments(self, call: exp.Expr, scope: Scope, ctes: Ctes) -> None:
        for argument in call.expressions:
            self.expression(argument, scope, ctes)

    # Aliases

    def named(self, node: exp.Expr, default: str) -> exp.Expr:
        """Return the alias of a FROM item, given one where it has none."""
        alias = cast("exp.Expr | None", node.args.get("alias"))
        if alias is None:
            alias = exp.TableAlias()
            node.set("alias", alias)
        if alias.args.get("this") is None:
            if default == "subquery":
                self._unnamed += 1
                default = f"subquery_{self._unnamed}"
            alias.set("this", identifier(default))
        return alias

    def aliased(
        self,
        node: exp.Expr,
        default: str,
        outputs: Sequence[Output],
        table: Table | None = None,
        *,
        rows: float = UNKNOWN_ROWS,
    ) -> Source:
        """Return a source under its alias, its columns renamed as the alias says."""
        if node.args.get("alias") is None and default != "subquery" and table is None:
            return Source(default, outputs, rows=rows)
        alias = self.named(node, default)
        return Source(alias.this.name, renamed(alias, outputs), table, rows=rows)
