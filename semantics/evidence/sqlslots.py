"""Read a SQL statement back into slots: what it shows, counts, restricts, joins, sorts, limits."""

from __future__ import annotations

from collections.abc import Iterator

import sqlglot
from sqlglot import exp
from sqlglot.errors import OptimizeError, SqlglotError
from sqlglot.optimizer.scope import Scope, traverse_scope

from clearway.semantics.evidence.sqlform import Output, SqlSlots, Test
from clearway.semantics.evidence.sqlnames import AGGREGATES, Names, inverted, literals, negated
from clearway.semantics.types import Catalog

_TESTS: dict[type[exp.Expr], str] = {
    exp.EQ: "=", exp.NEQ: "<>", exp.GT: ">", exp.GTE: ">=", exp.LT: "<", exp.LTE: "<=",
    exp.Like: "like", exp.ILike: "like", exp.In: "=", exp.Between: "between", exp.Is: "is null",
}  # fmt: skip

_HUNDRED = 100


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
        reader.read(scope, outermost=scope is scopes[-1])
    reader.outermost(tree, scopes[-1])
    return reader.slots


class _Reader:
    def __init__(self, catalog: Catalog) -> None:
        self.names = Names(catalog)
        self.slots = SqlSlots()

    def read(self, scope: Scope, *, outermost: bool) -> None:
        slots = self.slots
        read = [s for s in scope.sources.values() if isinstance(s, exp.Table)]
        slots.tables.update(self.names.qualified(table) for table in read)
        expression = scope.expression
        slots.lacks = slots.lacks or isinstance(expression, exp.Except)
        slots.both = slots.both or isinstance(expression, exp.Intersect)
        slots.either = slots.either or isinstance(expression, exp.Union)
        if isinstance(expression, exp.SetOperation):
            self._paired(scope, expression)
        if isinstance(expression, exp.Select):
            self._select(scope, expression, outermost=outermost)

    def _select(self, scope: Scope, select: exp.Select, *, outermost: bool) -> None:
        slots = self.slots
        for projection in select.expressions:
            slots.shown.update(self.names.columns(projection, scope))
            slots.everything = slots.everything or (outermost and projection.is_star)
            slots.divides = slots.divides or projection.find(exp.Div, exp.Avg) is not None
            slots.hundredths = slots.hundredths or _by_hundred(projection)
        group = select.args.get("group")
        for key in group.expressions if group is not None else ():
            slots.groups.update(self.names.columns(self._meant(key, select), scope))
        inside = scope.is_subquery
        before = len(slots.links)
        for node in scope.walk():
            self._measure(node, scope)
            self._test(node, scope, inside=inside)
            slots.either = slots.either or isinstance(node, exp.Or)
            if isinstance(node, exp.Window):
                slots.ranked = True
            elif isinstance(node, exp.Column) and not self.names.known(node, scope):
                slots.unknown.add(node.name)
        if not outermost and (select.args.get("limit") or select.args.get("order")):
            slots.ranked = True
        joined = len(slots.links) - before
        natural = any(j.args.get("using") or j.method for j in select.args.get("joins") or ())
        rows = [s for _, s in scope.selected_sources.values() if _many(s)]
        slots.unlinked = slots.unlinked or (len(rows) - 1 > joined and not natural)
        slots.distinct = slots.distinct or select.args.get("distinct") is not None

    def outermost(self, tree: exp.Query, scope: Scope) -> None:
        slots, first = self.slots, scope
        while first.set_operation_scopes:
            first = first.set_operation_scopes[0]
        slots.outputs = tuple(
            output for each in tree.selects for output in self._outputs(each.unalias(), first)
        )
        order = tree.args.get("order")
        keys = [k for k in (order.expressions if order is not None else ()) if _is_order(k)]
        slots.order = tuple(
            (self._output(self._meant(key.this, tree), first), bool(key.args.get("desc")))
            for key in keys
        )
        slots.descending = slots.order[0][1] if slots.order else None
        limit = tree.args.get("limit") or tree.args.get("fetch")
        number = getattr(limit, "expression", None) or (limit.args.get("count") if limit else None)
        if isinstance(number, exp.Literal) and not number.is_string:
            slots.limit = int(float(number.this))
        passed = tree.args.get("offset")
        if passed is not None and isinstance(passed.expression, exp.Literal):
            slots.skip = int(float(passed.expression.this))

    @staticmethod
    def _meant(key: exp.Expr, query: exp.Query) -> exp.Expr:
        """Return what a sort or group key stands for, where it is an alias or a position."""
        selects = query.selects
        if isinstance(key, exp.Literal) and not key.is_string:
            place = int(float(key.this)) - 1
            return selects[place].unalias() if 0 <= place < len(selects) else key
        if isinstance(key, exp.Column) and not key.table:
            for projection in selects:
                if projection.alias == key.name:
                    return projection.unalias()
        return key

    def _outputs(self, node: exp.Expr, scope: Scope) -> Iterator[Output]:
        if not node.is_star or isinstance(node, exp.Count):
            yield self._output(node, scope)
            return
        for source in scope.sources.values():
            if isinstance(source, exp.Table):
                for column in self.names.columns_of(source):
                    yield Output("", column)

    def _output(self, node: exp.Expr, scope: Scope) -> Output:
        inner = node
        if isinstance(node, exp.Column):
            inner = self.names.behind(node, scope) or node
        found = next((n for n in inner.walk() if type(n) in AGGREGATES), None)
        column = next(self.names.columns(node, scope), None)
        if found is None:
            return Output("", column)
        name = AGGREGATES[type(found)]
        unique = isinstance(found.this, exp.Distinct)
        if name == "count":
            return Output("count_distinct" if unique else "count", column if unique else None)
        return Output(name, column, unique)

    def _measure(self, node: exp.Expr, scope: Scope) -> None:
        name = AGGREGATES.get(type(node))
        if name is None:
            return
        if isinstance(node.this, exp.Distinct):
            name = "count_distinct" if name == "count" else name
        column = next(self.names.columns(node, scope), None) if name != "count" else None
        self.slots.measures.add((name, column))

    def _test(self, node: exp.Expr, scope: Scope, *, inside: bool) -> None:
        if isinstance(node, exp.Exists):
            self.slots.lacks = self.slots.lacks or negated(node)
            return
        name = _TESTS.get(type(node))
        if name is None:
            return
        if isinstance(node, exp.In) and (query := node.args.get("query")) is not None:
            self.slots.lacks = self.slots.lacks or negated(node)
            self._linked_query(node.this, query, scope)
            return
        left, right = node.this, node.args.get("expression")
        if (
            isinstance(node, exp.EQ)
            and isinstance(left, exp.Column)
            and isinstance(right, exp.Column)
        ):
            self._link(left, right, scope, scope)
            one, other = self.slots.links[-1] if self.slots.links else (None, None)
            if one is not None and one == other and self.names.is_key(one):
                self.slots.doubled = True
            return
        if isinstance(node, exp.Binary) and not left.find(exp.Column) and _has_column(right):
            left, right, name = right, left, inverted(name)
        if isinstance(left, exp.Column) and isinstance(right, exp.Column):
            one, other = (next(self.names.columns(c, scope), None) for c in (left, right))
            self.slots.pairs.add((one, other))
            return
        self._compared(node, name, left, right, scope, inside=inside)

    def _contradicted(self, test: Test, node: exp.Expr, scope: Scope) -> None:
        """Two values of one column, joined by AND in one WHERE, are never both there."""
        where = scope.expression.args.get("where") if scope.expression else None
        if where is None or test.comparator != "=" or test.negated or test.aggregate:
            return
        parts = list(where.this.flatten()) if isinstance(where.this, exp.And) else []
        equal = [p for p in parts if isinstance(p, exp.EQ) and p is not node]
        if not any(part is node for part in parts):
            return
        for part in equal:
            same = next(self.names.columns(part, scope), None) == test.column
            if same and frozenset(literals(part)) not in (frozenset(), test.values):
                self.slots.contradicts.update({test.column} if test.column else ())

    def _compared(
        self,
        node: exp.Expr,
        name: str,
        left: exp.Expr,
        right: exp.Expr | None,
        scope: Scope,
        *,
        inside: bool,
    ) -> None:
        found = next((n for n in left.walk() if type(n) in AGGREGATES), None)
        aggregate = "" if found is None else AGGREGATES[type(found)]
        column = next(self.names.columns(found or left, scope), None)
        if aggregate == "count":
            column = None
        query = right.find(exp.Query) if right is not None else None
        values = frozenset() if query is not None else frozenset(literals(node))
        if (column is None and not aggregate) or not (values or query or name == "is null"):
            return
        if isinstance(node, exp.In) and len(node.expressions) > 1:
            self.slots.either = True
        kind = "=" if name == "<>" else name
        away = negated(node) != (name == "<>")
        against = _aggregated(query)
        if query is not None and column is not None and kind == "=" and against in ("max", "min"):
            self.slots.extremes.add((column, against))
        test = Test(column, kind, values, away, aggregate, against, inside)
        self.slots.tests.append(test)
        if column is not None and values:
            self._contradicted(test, node, scope)

    def _linked_query(self, left: exp.Expr, query: exp.Expr, scope: Scope) -> None:
        inner = query.this if isinstance(query, exp.Subquery) else query
        within = next((s for s in scope.subquery_scopes if s.expression is inner), None)
        shown = inner.selects[0].unalias() if isinstance(inner, exp.Query) else None
        if within is not None and isinstance(left, exp.Column) and isinstance(shown, exp.Column):
            self._link(left, shown, scope, within)

    def _paired(self, scope: Scope, expression: exp.SetOperation) -> None:
        """The columns of two sets of rows are held against each other."""
        sides = scope.set_operation_scopes or []
        if len(sides) != 2 or isinstance(expression, exp.Union):
            return
        one, other = (side.expression for side in sides)
        if isinstance(one, exp.Query) and isinstance(other, exp.Query):
            for a, b in zip(one.selects, other.selects, strict=False):
                if isinstance(a.unalias(), exp.Column) and isinstance(b.unalias(), exp.Column):
                    self._link(a.unalias(), b.unalias(), *sides)

    def _link(self, left: exp.Expr, right: exp.Expr, here: Scope, there: Scope) -> None:
        one = next(self.names.columns(left, here), None)
        other = next(self.names.columns(right, there), None)
        if one is not None and other is not None:
            self.slots.links.append((one, other))


def _many(source: exp.Expr | Scope) -> bool:
    """Whether a source may hold several rows; a function's are its own affair."""
    if isinstance(source, exp.Table):
        return True
    query = source.expression if isinstance(source, Scope) else None
    if not isinstance(query, exp.Select):
        return isinstance(query, exp.SetOperation)
    only = all(each.find(*AGGREGATES) is not None for each in query.selects)
    return not (only and query.args.get("group") is None)


def _by_hundred(projection: exp.Expr) -> bool:
    """Whether something shown is multiplied by a hundred, or divided by a hundredth of it."""
    return any(
        isinstance(side, exp.Literal) and not side.is_string and float(side.this) == _HUNDRED
        for node in projection.find_all(exp.Mul)
        for side in (node.left.unnest(), node.right.unnest())
    )


def _is_order(node: exp.Expr) -> bool:
    return isinstance(node, exp.Ordered)


def _has_column(node: exp.Expr | None) -> bool:
    return node is not None and node.find(exp.Column) is not None


def _aggregated(query: exp.Expr | None) -> str:
    """Return the aggregate a subquery comes to."""
    first = query.selects[0] if isinstance(query, exp.Query) and query.selects else None
    if first is None:
        return ""
    return next((AGGREGATES[type(n)] for n in first.walk() if type(n) in AGGREGATES), "")
