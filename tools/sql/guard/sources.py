"""FROM clauses: which relation each item is, what columns it offers, and which joins merge them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import cast

from sqlglot import exp

from clearway.semantics.types import Table
from clearway.tools.sql.guard.products import UNKNOWN_ROWS
from clearway.tools.sql.guard.refusal import Refused
from clearway.tools.sql.guard.scope import (
    Ctes,
    Output,
    Scope,
    Source,
    View,
    absent_column,
    absent_table,
    ambiguous,
    identifier,
    renamed,
)
from clearway.tools.sql.guard.series import series_rows
from clearway.tools.sql.guard.spelling import call_name, position_of
from clearway.tools.sql.guard.vocabulary import RECORD_FUNCTIONS, TABLE_FUNCTIONS

MAX_RELATIONS = 40


class SourceReader:
    """Resolves FROM items; `NameReader` adds expressions and queries."""

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
        self._open: dict[int, Scope] = {}
        self._renamed: set[int] = set()
        self._unnamed = 0
        self._sources = 0

    def query(self, node: exp.Expr, outer: Scope | None, ctes: Ctes) -> Sequence[Output]:
        """Resolve one query and return what it offers."""
        raise NotImplementedError

    def expression(self, node: exp.Expr, scope: Scope, ctes: Ctes) -> int:
        """Resolve every name below the node; return its size when inlined."""
        raise NotImplementedError

    def leave_open(self, scope: Scope | None) -> None:
        """Note that a name here is left for Postgres to resolve, from this scope outward."""
        while scope is not None:
            self._open[id(scope)] = scope
            if scope.whole is not None:
                self._open[id(scope.whole)] = scope.whole
            scope = scope.parent

    def to_narrow(self) -> list[tuple[exp.Expr, Table]]:
        """Return the base tables whose other columns could be taken for a name left open."""
        return [
            (node, table)
            for node, table, scope in self.bases
            if id(scope) in self._open or id(node) in self._renamed
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
            offered = _offered(right)
            names = [name for name in _offered(left) if name in offered]
        if not names:
            return
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
            return self._function(node, scope, ctes)
        if isinstance(node, exp.Subquery | exp.Values):
            return self._subquery(node, scope.parent, ctes)
        if isinstance(node, exp.Lateral):
            if isinstance(node.this, exp.Subquery):
                outputs = self.query(node.this, scope, ctes)
                return self._aliased(node, "subquery", outputs, rows=10.0)
            return self._function(node, scope, ctes)
        if isinstance(node, exp.Unnest):
            return self._function(node, scope, ctes)
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
            return self._aliased(node, name, cte.outputs, rows=cte.rows)
        table = self._table(name, schema, position)
        node.set("db", identifier(table.schema))
        self.relations[table.qualified] = table
        outputs = self.view.outputs[table.qualified]
        rows = table.row_estimate if table.row_estimate else UNKNOWN_ROWS
        source = self._aliased(node, table.name, outputs, table, rows=rows)
        if source.outputs is not outputs:
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
        return self._aliased(node, "subquery", outputs, rows=self.rows[id(node)])

    # Functions

    def _function(self, node: exp.Expr, scope: Scope, ctes: Ctes) -> Source:
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
        alias = self._alias(node, name)
        names = list(fixed or (alias.this.name,)) + (["ordinality"] if ordinality else [])
        given = [column.name for column in alias.args.get("columns") or ()]
        if len(given) > len(names):
            raise absent_column(given[-1], position_of(node))
        names[: len(given)] = given
        alias.set("columns", [identifier(column) for column in names])
        made_of = (call,) if call is not None else ()
        outputs = [Output(name, made_of=made_of) for name in names]
        rows = 10.0
        if name == "generate_series" and call is not None:
            rows = min(series_rows(call), 10_000.0)
        return Source(alias.this.name, outputs, scalar=len(names) == 1, rows=rows)

    def _arguments(self, call: exp.Expr, scope: Scope, ctes: Ctes) -> None:
        for argument in call.expressions:
            self.expression(argument, scope, ctes)

    # Aliases

    def _alias(self, node: exp.Expr, default: str) -> exp.Expr:
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

    def _aliased(
        self,
        node: exp.Expr,
        default: str,
        outputs: Sequence[Output],
        table: Table | None = None,
        *,
        rows: float = UNKNOWN_ROWS,
    ) -> Source:
        if node.args.get("alias") is None and default != "subquery" and table is None:
            return Source(default, outputs, rows=rows)
        alias = self._alias(node, default)
        return Source(alias.this.name, renamed(alias, outputs), table, rows=rows)


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
