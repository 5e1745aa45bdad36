"""The names layer: every relation and column, scope by scope, against what may be seen.

Nothing is left for Postgres to resolve differently: tables get their schema, columns their table,
unnamed columns their name. A name that is not a column of the catalog is refused, so that `t.f`
can never reach a function. Where a name must stay open (`t.*` after USING, whole rows, NATURAL),
`to_narrow` names the base tables that must be narrowed to their visible columns first.
"""

from __future__ import annotations

from collections.abc import Sequence

from sqlglot import exp

from clearway.tools.sql.guard.bounds.pieces import UNKNOWN_ROWS
from clearway.tools.sql.guard.bounds.products import (
    joined_rows,
    limited_rows,
    selected_rows,
    set_rows,
)
from clearway.tools.sql.guard.names.expressions import ExpressionReader
from clearway.tools.sql.guard.names.figure import figure
from clearway.tools.sql.guard.refusal import Refused
from clearway.tools.sql.guard.statement.scope import (
    Cte,
    Ctes,
    Output,
    Scope,
    Source,
    absent_column,
    absent_table,
    identifier,
    renamed,
)
from clearway.tools.sql.guard.statement.spelling import position_of

_GROUPING = (exp.Rollup, exp.Cube, exp.GroupingSets, exp.Tuple)
"""What GROUP BY takes apart. Elsewhere a row is an expression, and its names are columns only."""
_NO_CTES: Ctes = {}


class NameReader(ExpressionReader):
    """Resolves one statement in place. Use once."""

    root: exp.Expr | None = None

    def statement(self, root: exp.Expr) -> Sequence[Output]:
        """Resolve the whole statement and return its output columns."""
        self.root = root
        return self.query(root, None, _NO_CTES, named=True)

    def query(
        self, node: exp.Expr, outer: Scope | None, ctes: Ctes, *, named: bool = True
    ) -> Sequence[Output]:
        """Resolve one query; with `named`, unnamed outputs get the name Postgres would give."""
        if (with_ := node.args.get("with_")) is not None:
            ctes = self._with(with_, outer, ctes)
        if isinstance(node, exp.Select):
            return self._select(node, outer, ctes, named)
        if isinstance(node, exp.Values):
            outputs = self._values(node, outer, ctes)
        elif isinstance(node, exp.SetOperation):
            outputs = self.query(node.this, outer, ctes, named=named)
            right = self.query(node.expression, outer, ctes, named=named)
            rows = self.rows[id(node.this)] + self.rows[id(node.expression)]
            self.rows[id(node)] = limited_rows(node, rows)
            outputs = [
                Output(one.name, max(one.size, two.size), one.type, one.made_of + two.made_of)
                for one, two in zip(outputs, right, strict=False)
            ]
        elif not isinstance(node.this, exp.Query | exp.Values):
            raise absent_table("join", position_of(node))
        else:
            outputs = self.query(node.this, outer, ctes, named=named)
            self.rows[id(node)] = limited_rows(node, self.rows[id(node.this)])
        self._tail(node, Scope(outer), outputs, ctes)
        return outputs

    def _with(self, with_: exp.Expr, outer: Scope | None, ctes: Ctes) -> Ctes:
        known = dict(ctes)
        recursive = bool(with_.args.get("recursive"))
        if recursive:
            known.update({cte.alias: Cte(None) for cte in with_.expressions})
        for cte in with_.expressions:
            query = cte.this
            if (
                recursive
                and isinstance(query, exp.SetOperation)
                and query.args.get("with_") is None
            ):
                outputs = self._recursive(cte, query, outer, known)
            else:
                outputs = renamed(cte.args["alias"], self.query(query, outer, known))
            known[cte.alias] = Cte(outputs, self.rows.get(id(query), UNKNOWN_ROWS))
        return known

    def _recursive(
        self, cte: exp.Expr, query: exp.Expr, outer: Scope | None, known: dict[str, Cte]
    ) -> Sequence[Output]:
        first = renamed(cte.args["alias"], self.query(query.this, outer, known))
        known[cte.alias] = Cte(first)
        self.rows[id(query)] = UNKNOWN_ROWS
        self.query(query.expression, outer, known)
        self._tail(query, Scope(outer), first, known)
        self.recursions.append((cte, first))
        return first

    def _values(self, node: exp.Expr, outer: Scope | None, ctes: Ctes) -> Sequence[Output]:
        scope = Scope(outer)
        widths = {len(row.expressions) for row in node.expressions}
        if len(widths) != 1:
            raise Refused(
                "names",
                "names.values",
                "The rows of VALUES have different lengths.",
                "Give every row the same number of values.",
                position_of(node),
            )
        self.rows[id(node)] = float(len(node.expressions))
        for row in node.expressions:
            self.expression(row, scope, ctes)
        columns = zip(*(row.expressions for row in node.expressions), strict=True)
        return [
            Output(f"column{place}", made_of=made_of) for place, made_of in enumerate(columns, 1)
        ]

    # SELECT

    def _select(
        self, node: exp.Expr, outer: Scope | None, ctes: Ctes, named: bool
    ) -> Sequence[Output]:
        scope = self.from_clause(node, outer, ctes)
        for name in ("where", "having"):
            if (clause := node.args.get(name)) is not None:
                self.expression(clause, scope, ctes)
        for window in node.args.get("windows") or ():
            self.expression(window, scope, ctes)
        outputs = self._projections(node, scope, ctes, named)
        joined = joined_rows(node, scope) * set_rows(node.expressions, self.bound)
        self.joined[id(node)] = joined
        self.rows[id(node)] = selected_rows(node, joined)
        if (group := node.args.get("group")) is not None:
            self._positions(group.expressions, scope, outputs, ctes, columns_first=True)
        distinct = node.args.get("distinct")
        if distinct is not None and (on := distinct.args.get("on")) is not None:
            items = on.expressions if isinstance(on, exp.Tuple) else [on]
            self._positions(items, scope, outputs, ctes, columns_first=False)
        self._tail(node, scope, outputs, ctes)
        return outputs

    def _projections(
        self, node: exp.Expr, scope: Scope, ctes: Ctes, named: bool
    ) -> Sequence[Output]:
        outputs: list[Output] = []
        stars = sum(1 for item in node.expressions if _is_star(item))
        for item in node.expressions:
            if _is_star(item):
                outputs += self._star(item, scope, only=stars == 1)
                continue
            size = self.expression(item, scope, ctes)
            name = item.alias_or_name if isinstance(item, exp.Alias | exp.Column) else figure(item)
            if named and not isinstance(item, exp.Alias | exp.Column):
                alias = exp.Alias(alias=identifier(name))
                item.replace(alias)
                alias.set("this", item)
            outputs.append(Output(name, size, made_of=(item,)))
        return outputs

    def _star(self, item: exp.Expr, scope: Scope, *, only: bool) -> list[Output]:
        sources = self._starred(item, scope)
        outputs = [output for source in sources for output in source.outputs]
        merged = bool(scope.merged)
        if merged:
            outputs = _merge_outputs(scope, sources)
        for source in sources:
            self.read_whole(source, item)
        if not any(source.table is not None for source in sources):
            return outputs
        if merged or not only:
            self.leave_open(scope)
            return outputs
        columns = [
            exp.Column(this=identifier(output.name), table=identifier(source.alias))
            for source in sources
            for output in source.outputs
        ]
        select = item.parent
        if select is not None:
            at = select.expressions.index(item)
            select.set(
                "expressions", [*select.expressions[:at], *columns, *select.expressions[at + 1 :]]
            )
        return outputs

    def _starred(self, item: exp.Expr, scope: Scope) -> list[Source]:
        table = item.args.get("table")
        if table is None:
            if not scope.sources:
                raise absent_column("*", position_of(item))
            return list(scope.sources.values())
        source = self.qualifier(item, scope)
        if source.alias not in scope.sources:
            self.leave_open(scope)
        return [source]

    def _tail(self, node: exp.Expr, scope: Scope, outputs: Sequence[Output], ctes: Ctes) -> None:
        if (order := node.args.get("order")) is not None:
            items = [ordered.this for ordered in order.expressions]
            self._positions(items, scope, outputs, ctes, columns_first=False)
        for name in ("limit", "offset"):
            if (clause := node.args.get(name)) is not None:
                self.expression(clause, Scope(None), ctes)

    def _positions(
        self,
        items: Sequence[exp.Expr],
        scope: Scope,
        outputs: Sequence[Output],
        ctes: Ctes,
        *,
        columns_first: bool,
    ) -> None:
        """Resolve GROUP BY, DISTINCT ON and ORDER BY items, where a bare name may be an output."""
        for item in items:
            inner = _inner_items(item, grouping=columns_first)
            if inner is not None:
                self._positions(inner, scope, outputs, ctes, columns_first=columns_first)
                continue
            bare = isinstance(item, exp.Column) and item.args.get("table") is None
            if not bare or not self._is_output(item, scope, outputs, columns_first):
                self.expression(item, scope, ctes)
            elif columns_first:
                place = next(i for i, out in enumerate(outputs, 1) if out.name == item.name)
                item.replace(exp.Literal.number(place))

    @staticmethod
    def _is_output(
        item: exp.Expr, scope: Scope, outputs: Sequence[Output], columns_first: bool
    ) -> bool:
        if columns_first and any(item.name in source.by_name for source in scope.sources.values()):
            return False
        return any(output.name == item.name for output in outputs)


def _inner_items(item: exp.Expr, *, grouping: bool) -> Sequence[exp.Expr] | None:
    """Return the items that an item of GROUP BY, or parentheses anywhere, stand for."""
    if isinstance(item, exp.Paren):
        return [item.this]
    return item.expressions if grouping and isinstance(item, _GROUPING) else None


def _is_star(item: exp.Expr) -> bool:
    return isinstance(item, exp.Star) or (
        isinstance(item, exp.Column) and isinstance(item.this, exp.Star)
    )


def _merge_outputs(scope: Scope, sources: list[Source]) -> list[Output]:
    merged = [Output(name) for name in scope.merged]
    others = [
        output for source in sources for output in source.outputs if output.name not in scope.merged
    ]
    return merged + others
