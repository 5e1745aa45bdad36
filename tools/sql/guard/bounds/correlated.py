"""Subqueries that run once for each outer row: what no equality ties is a product in disguise."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from sqlglot import exp

from clearway.tools.sql.guard.bounds.pieces import UNKNOWN_ROWS
from clearway.tools.sql.guard.bounds.products import is_tied, own_aliases
from clearway.tools.sql.guard.refusal import Refused
from clearway.tools.sql.guard.statement.spelling import position_of

MAX_PAIRS = 5e7

_AROUND = (exp.Subquery, exp.SetOperation, exp.Paren)
_IN_FROM = (exp.From, exp.Join, exp.CTE, exp.Lateral)


def check_correlated(nodes: Iterable[exp.Expr], joined: Mapping[int, float]) -> None:
    """Raise `Refused` where a subquery would meet every outer row with every one of its own."""
    for node in nodes:
        if not isinstance(node, exp.Select) or (outer := _outer(node)) is None:
            continue
        pairs = joined.get(id(node), UNKNOWN_ROWS) * joined.get(id(outer), UNKNOWN_ROWS)
        if pairs > MAX_PAIRS and _looks_out(node) and not is_tied(node):
            raise Refused(
                "bounds",
                "bounds.product",
                "A subquery would be run for every row around it, over all of its own rows.",
                "Tie it to the outer row by an equality, or join instead.",
                position_of(node),
            )


def _outer(select: exp.Expr) -> exp.Expr | None:
    """Return the SELECT in whose expressions a SELECT stands, None for one in FROM or WITH."""
    container = select.parent
    while isinstance(container, _AROUND):
        container = container.parent
    if container is None or isinstance(container, _IN_FROM):
        return None
    return container.find_ancestor(exp.Select)


def _looks_out(select: exp.Expr) -> bool:
    own = set(own_aliases(select))
    return any(column.table and column.table not in own for column in select.find_all(exp.Column))
