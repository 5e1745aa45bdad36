"""The bounds layer: rows returned, rows generated, sizes built, patterns matched, recursion."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from sqlglot import exp

from clearway.tools.sql.guard.bounds.carried import check_carried
from clearway.tools.sql.guard.bounds.correlated import check_correlated
from clearway.tools.sql.guard.bounds.numbers import whole
from clearway.tools.sql.guard.bounds.patterns import check_pattern
from clearway.tools.sql.guard.bounds.recursion import check_recursion
from clearway.tools.sql.guard.bounds.series import check_series
from clearway.tools.sql.guard.bounds.width import Widths
from clearway.tools.sql.guard.names.check import NameReader
from clearway.tools.sql.guard.refusal import Refused
from clearway.tools.sql.guard.statement.kinds import Kinds
from clearway.tools.sql.guard.statement.scope import identifier
from clearway.tools.sql.guard.statement.spelling import position_of

LimitMode = Literal["inject", "reject"]
_MERGED = ("with_", "order", "limit", "offset")


@dataclass(frozen=True, slots=True)
class Bounded:
    """The statement with its row limit, and what was done to give it one."""

    root: exp.Expr
    limit: int
    notes: tuple[str, ...] = ()
    open_counts: tuple[tuple[exp.Expr, int], ...] = ()
    collected_width: float = 0.0


def unwrap(root: exp.Expr) -> exp.Expr:
    """Return the query inside outer parentheses, taking their ORDER BY and LIMIT with it."""
    while isinstance(root, exp.Subquery):
        inner = root.this
        for name in _MERGED:
            clause = root.args.get(name)
            if clause is not None and inner.args.get(name) is not None:
                raise Refused(
                    "bounds",
                    "bounds.double_clause",
                    "The statement has the same clause inside and outside its parentheses.",
                    "Remove the outer parentheses.",
                    position_of(root),
                )
            if clause is not None:
                inner.set(name, clause)
        root = inner
    return root


def check_bounds(nodes: Sequence[exp.Expr], reader: NameReader, row_limit: int) -> Widths:
    """Raise `Refused` where rows, values, patterns or recursion could grow without bound.

    Returns the widths, with the counts that only the data decide, to be capped.
    """
    kinds = Kinds(reader.bound)
    for node in nodes:
        check_pattern(node, kinds)
    check_series(nodes, reader.bound)
    check_recursion(reader.recursions, reader.joined, reader.bound)
    check_carried(reader.recursions, reader.bound, reader.joined)
    check_correlated(nodes, reader.joined)
    widths = Widths(reader.bound, reader.joined)
    widths.check(nodes)
    widths.check_answer(nodes[0], min(row_limit, reader.rows.get(id(nodes[0]), row_limit)))
    return widths


def bound_rows(root: exp.Expr, row_limit: int, mode: LimitMode) -> Bounded:
    """Give the statement a LIMIT of at most `row_limit`; in `reject` mode demand one instead."""
    clause = root.args.get("limit")
    count = clause.args.get("expression") if isinstance(clause, exp.Limit) else None
    if isinstance(clause, exp.Fetch):
        return _bound_fetch(root, clause, row_limit, mode)
    if clause is None or _is_unlimited(count):
        if mode == "reject":
            raise _limit_refused("The statement has no LIMIT.", row_limit)
        return _limited(root, row_limit, f"LIMIT {row_limit} added")
    return _bound_count(root, count, row_limit, mode)


def _bound_count(
    root: exp.Expr, count: exp.Expr | None, row_limit: int, mode: LimitMode
) -> Bounded:
    wanted = whole(count)
    if wanted is None or wanted < 0:
        raise _limit_refused("The LIMIT is not a plain number.", row_limit)
    if wanted > row_limit:
        if mode == "reject":
            raise _limit_refused(f"The LIMIT is above {row_limit}.", row_limit)
        return _limited(root, row_limit, f"LIMIT lowered to {row_limit}")
    return _limited(root, wanted)


def _bound_fetch(root: exp.Expr, clause: exp.Expr, row_limit: int, mode: LimitMode) -> Bounded:
    options = clause.args.get("limit_options")
    ties = isinstance(options, exp.Expr) and bool(options.args.get("with_ties"))
    count = clause.args.get("count") or exp.Literal.number(1)
    if not ties:
        return _bound_count(root, count, row_limit, mode)
    wanted = whole(count)
    if wanted is None or wanted < 0:
        raise _limit_refused("The FETCH count is not a plain number.", row_limit)
    clause.set("count", exp.Literal.number(min(wanted, row_limit)))
    inner = exp.Subquery(this=root, alias=exp.TableAlias(this=identifier("ties")))
    outer = exp.Select(expressions=[exp.Star()], from_=exp.From(this=inner))
    return _limited(outer, row_limit, f"LIMIT {row_limit} put around FETCH ... WITH TIES")


def _limited(root: exp.Expr, count: int, *notes: str) -> Bounded:
    root.set("limit", exp.Limit(expression=exp.Literal.number(count)))
    return Bounded(root, count, notes)


def _is_unlimited(count: exp.Expr | None) -> bool:
    if isinstance(count, exp.Null):
        return True
    return isinstance(count, exp.Var | exp.Column) and count.name.upper() == "ALL"


def _limit_refused(reason: str, row_limit: int) -> Refused:
    return Refused(
        "bounds", "bounds.limit", reason, f"End the statement with LIMIT {row_limit} or less."
    )
