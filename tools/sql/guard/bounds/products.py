"""How many rows a FROM clause can make: what no equality connects is multiplied.

Estimates come from the catalog, literals and the shape of subqueries. They need not be right; they
must notice a product of large tables before the database has to plan it.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator

from sqlglot import exp

from clearway.tools.sql.guard.bounds.modest import Bound
from clearway.tools.sql.guard.bounds.numbers import most
from clearway.tools.sql.guard.bounds.pieces import pieces
from clearway.tools.sql.guard.bounds.series import series_rows
from clearway.tools.sql.guard.refusal import Refused
from clearway.tools.sql.guard.statement.scope import Scope
from clearway.tools.sql.guard.statement.spelling import call_name, position_of
from clearway.tools.sql.guard.vocabulary import AGGREGATES, ONE_ROW, TABLE_FUNCTIONS

GROUPED_ROWS = 100.0
MAX_PRODUCT = 5e6
MAX_REPETITION = 100.0
"""How often the rows of the largest table may be repeated, however many they are."""
MAX_SERIES = 10_000.0
"""Most rows that one series counts for in a product."""

_CONNECTING = (
    exp.EQ,
    exp.NullSafeEQ,
    exp.In,
    exp.ArrayOverlaps,
    exp.ArrayContainsAll,
    exp.ArrayContainedBy,
    exp.Adjacent,
)


def joined_rows(select: exp.Expr, scope: Scope) -> float:
    """Return how many rows the joins can make; raise `Refused` for a product that is too large.

    Rows of one table are no product, however many: the database's own ceilings judge those.
    """
    sources = scope.sources
    groups = {alias: alias for alias in sources}

    def root(alias: str) -> str:
        while groups[alias] != alias:
            alias = groups[alias]
        return alias

    _connect([*scope.tied, *_equalities(select)], groups, root)
    largest: dict[str, float] = {}
    for alias, source in sources.items():
        group = root(alias)
        largest[group] = max(largest.get(group, 1.0), source.rows)
    product = math.prod(largest.values())
    most = max(largest.values(), default=1.0)
    if product > max(MAX_PRODUCT, most * MAX_REPETITION):
        raise Refused(
            "bounds",
            "bounds.product",
            "Tables are joined without an equality between them; every row would meet every row.",
            "Join each table on a key, or reduce one side first.",
            position_of(select),
        )
    return product


def set_rows(outputs: Iterable[exp.Expr], bound: Bound) -> float:
    """Return how many rows the functions among the outputs make of each row."""
    rows = 1.0
    for item in outputs:
        for node in item.find_all(exp.Explode, exp.Anonymous):
            if node.find_ancestor(exp.Select) is not item.find_ancestor(exp.Select):
                continue
            if isinstance(node, exp.Explode):
                rows = max(rows, len(node.this.expressions) or pieces(node, bound))
            elif (name := call_name(node)) == "generate_series":
                rows = max(rows, min(series_rows(node, bound), MAX_SERIES))
            elif name in TABLE_FUNCTIONS and name not in ONE_ROW:
                rows = max(rows, pieces(node, bound))
    return rows


def is_tied(query: exp.Expr) -> bool:
    """Return whether a query reads, of its first table, what an outer row is equal to."""
    while isinstance(query, exp.Subquery | exp.SetOperation):
        query = query.this
    if not isinstance(query, exp.Select):
        return False
    own = set(own_aliases(query))
    return any(
        bool(left) and bool(right) and (left <= own) != (right <= own)
        for left, right in _equalities(query)
    )


def own_aliases(select: exp.Expr) -> Iterator[str]:
    """Yield the aliases of everything that stands in FROM clauses in or below a SELECT."""
    for item in select.find_all(exp.From, exp.Join):
        pending = [item.this]
        while pending:
            source = pending.pop()
            if source.alias_or_name:
                yield source.alias_or_name
            elif isinstance(source, exp.Subquery):
                pending.append(source.this)


def _connect(
    equalities: list[tuple[set[str], set[str]]], groups: dict[str, str], root: Callable[[str], str]
) -> None:
    """Join the groups that an equality connects: a side counts once its sources are together.

    `a.x * b.y = c.z` connects nothing while a and b are apart: each of their pairs has to be made.
    """
    pending = equalities
    while pending:
        waiting = []
        for left, right in pending:
            sides = [{root(alias) for alias in side if alias in groups} for side in (left, right)]
            if all(len(side) == 1 for side in sides):
                groups[sides[0].pop()] = sides[1].pop()
            else:
                waiting.append((left, right))
        if len(waiting) == len(pending):
            return
        pending = waiting


def _equalities(select: exp.Expr) -> Iterator[tuple[set[str], set[str]]]:
    clauses = [select.args.get("where"), *_joins(select)]
    for clause in clauses:
        if clause is None:
            continue
        pending = [clause.args.get("on") if isinstance(clause, exp.Join) else clause.this]
        while pending:
            node = pending.pop()
            if isinstance(node, exp.And):
                pending += [node.this, node.expression]
            elif isinstance(node, exp.Paren):
                pending.append(node.this)
            elif isinstance(node, _CONNECTING):
                yield from _connected(node)


def _joins(select: exp.Expr) -> Iterator[exp.Expr]:
    """Yield the joins of a SELECT's own FROM clause, those in parentheses too."""
    first = select.args.get("from_")
    joins = list(select.args.get("joins") or ())
    yield from joins
    pending = ([first.this] if first is not None else []) + [join.this for join in joins]
    while pending:
        item = pending.pop()
        inner = item.args.get("joins") or ()
        yield from inner
        pending += [join.this for join in inner]
        if (isinstance(item, exp.Subquery) and not isinstance(item.this, exp.Query)) or (
            isinstance(item, exp.Subquery) and isinstance(item.this, exp.Subquery)
        ):
            pending.append(item.this)


def _connected(node: exp.Expr) -> Iterator[tuple[set[str], set[str]]]:
    """Yield what a condition connects: the sources of one side, and those of the other."""
    sides = [node.this, *(node.expressions if isinstance(node, exp.In) else [node.expression])]
    named = [{column.table for column in side.find_all(exp.Column)} for side in sides if side]
    yield from ((named[0], others) for others in named[1:])


def selected_rows(select: exp.Expr, joined: float) -> float:
    """Return how many rows a SELECT gives, of as many as its joins make."""
    if select.args.get("group") is not None or select.args.get("distinct") is not None:
        joined = min(joined, GROUPED_ROWS)
    elif any(_collapses(item) for item in select.expressions):
        joined = 1.0
    return limited_rows(select, joined)


def limited_rows(query: exp.Expr, rows: float) -> float:
    """Return how many rows are left by a query's own LIMIT."""
    clause = query.args.get("limit")
    count = most(clause.args.get("expression") or clause.args.get("count")) if clause else None
    return rows if count is None else min(rows, max(0.0, count))


def _collapses(item: exp.Expr) -> bool:
    """Return whether an output is an aggregate over all rows."""
    for node in item.find_all(exp.Anonymous):
        if call_name(node) in AGGREGATES:
            parent = node.parent
            while isinstance(parent, exp.Filter | exp.WithinGroup):
                parent = parent.parent
            if not isinstance(parent, exp.Window) and node.find_ancestor(exp.Query) is item.parent:
                return True
    return False
