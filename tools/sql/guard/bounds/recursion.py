"""Recursive WITH queries: each step must follow data by an equality, or count to a written end."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from sqlglot import exp

from clearway.tools.sql.guard.bounds.modest import Bound, is_modest
from clearway.tools.sql.guard.bounds.moments import moment, seconds
from clearway.tools.sql.guard.bounds.numbers import Range, constant, span
from clearway.tools.sql.guard.bounds.pieces import UNKNOWN_ROWS
from clearway.tools.sql.guard.bounds.products import MAX_PRODUCT
from clearway.tools.sql.guard.refusal import Refused, shown
from clearway.tools.sql.guard.statement.scope import Output
from clearway.tools.sql.guard.statement.spelling import call_name, position_of
from clearway.tools.sql.guard.vocabulary import words

MAX_STEPS = 10_000
_DAY_S = 86_400.0
_LESS = (exp.LT, exp.LTE)
_MORE = (exp.GT, exp.GTE)
_MULTIPLYING = words("power pow exp factorial")
"""They make numbers of many digits, and so grow without bound when repeated."""
_GROWING = (exp.DPipe, exp.Anonymous, exp.Array, exp.Mul, exp.Pow)


def check_recursion(
    recursions: Sequence[tuple[exp.Expr, Sequence[Output]]],
    joined: Mapping[int, float],
    bound: Bound,
) -> None:
    """Raise `Refused` for a recursive query that nothing written in it stops."""
    for cte, outputs in recursions:
        query = cte.this
        names = [output.name for output in outputs]
        for select in _selects(query.expression):
            aliases = _own_aliases(select, cte.alias)
            if aliases:
                fan = max(1.0, joined.get(id(select), UNKNOWN_ROWS) / UNKNOWN_ROWS)
                _check_step(_Step(cte, select, aliases, names, bound), fan=fan)


@dataclass(frozen=True, slots=True)
class _Step:
    """One branch of a recursive query that reads the query itself."""

    cte: exp.Expr
    select: exp.Expr
    aliases: set[str]
    names: list[str]
    bound: Bound


def _selects(query: exp.Expr) -> Iterator[exp.Expr]:
    pending = [query]
    while pending:
        node = pending.pop()
        if isinstance(node, exp.SetOperation):
            pending += [node.this, node.expression]
        elif isinstance(node, exp.Subquery):
            pending.append(node.this)
        else:
            yield node


def _own_aliases(select: exp.Expr, name: str) -> set[str]:
    """Return the aliases under which a select reads the query it is part of."""
    return {
        table.alias_or_name
        for table in select.find_all(exp.Table)
        if table.name == name and not table.args.get("db")
    }


def _check_step(step: _Step, *, fan: float) -> None:
    cte, aliases = step.cte, step.aliases
    for item in _selected(step.select):
        _check_growth(item, aliases, cte)
    conditions = list(_conditions(step.select))
    steps = min((_counted(condition, step) for condition in conditions), default=math.inf)
    follows = any(_follows_data(condition, aliases) for condition in conditions)
    if steps > MAX_STEPS and not follows:
        raise _refused(cte, "nothing written in it ends the recursion")
    if fan > 1 and min(steps, MAX_STEPS) * math.log(fan) > math.log(MAX_PRODUCT):
        raise _refused(cte, "every step multiplies the rows of the one before")


def _check_growth(item: exp.Expr, aliases: set[str], cte: exp.Expr) -> None:
    for call in item.find_all(exp.Anonymous, exp.Pow):
        multiplies = isinstance(call, exp.Pow) or call_name(call) in _MULTIPLYING
        if multiplies and any(_own(column, aliases) for column in call.find_all(exp.Column)):
            raise _refused(cte, "a value is multiplied at every step")
    for node in item.find_all(*_GROWING):
        used = Counter(column.name for column in node.find_all(exp.Column) if _own(column, aliases))
        if any(count > 1 for count in used.values()):
            raise _refused(cte, "a value doubles at every step")


def _selected(query: exp.Expr) -> Sequence[exp.Expr]:
    return query.selects if isinstance(query, exp.Query) else ()


def _own(node: exp.Expr | None, aliases: set[str]) -> bool:
    return isinstance(node, exp.Column) and node.table in aliases


def _conditions(select: exp.Expr) -> Iterator[exp.Expr]:
    clauses = [select.args.get("where"), *(select.args.get("joins") or ())]
    for clause in clauses:
        if clause is None or (isinstance(clause, exp.Join) and clause.args.get("side")):
            continue
        pending = [clause.args.get("on") if isinstance(clause, exp.Join) else clause.this]
        while pending:
            node = pending.pop()
            if isinstance(node, exp.And):
                pending += [node.this, node.expression]
            elif isinstance(node, exp.Paren):
                pending.append(node.this)
            elif node is not None:
                yield node


def _follows_data(condition: exp.Expr, aliases: set[str]) -> bool:
    if not isinstance(condition, exp.EQ):
        return False
    left, right = condition.this, condition.expression
    return _own(left, aliases) != _own(right, aliases) and all(
        isinstance(side, exp.Column) for side in (left, right)
    )


def _counted(condition: exp.Expr, step: _Step) -> float:
    """Return how many steps a condition on a counter allows; infinity where it is none."""
    if not isinstance(condition, _LESS + _MORE):
        return math.inf
    column, end = condition.this, condition.expression
    upward = isinstance(condition, _LESS)
    if not _own(column, step.aliases):
        column, end, upward = end, column, not upward
    if not _own(column, step.aliases) or column.name not in step.names:
        return math.inf
    place = step.names.index(column.name)
    selected = _selected(step.select)
    if place >= len(selected):  # Postgres would refuse it too
        return math.inf
    size = _stride(_unaliased(selected[place]), column.name, step.aliases)
    if size is None or (size > 0) != upward:
        return math.inf
    starts = _starts(step.cte.this, place)
    return max(_steps(start, end, size, step.bound) for start in starts)


def _stride(item: exp.Expr, name: str, aliases: set[str]) -> float | None:
    """Return how far one step moves the counter, in numbers or seconds, None if not steadily."""
    while isinstance(item, exp.Paren | exp.Cast):
        item = item.this
    if not isinstance(item, exp.Add | exp.Sub):
        return None
    counter, step = item.this, item.expression
    if isinstance(item, exp.Add) and not _own(counter, aliases):
        counter, step = step, counter
    if not _own(counter, aliases) or counter.name != name:
        return None
    size = constant(step)
    if size is None:
        size = seconds(step)
    if not size:
        return None
    return size if isinstance(item, exp.Add) else -size


def _steps(start: exp.Expr | None, end: exp.Expr, step: float, bound: Bound) -> float:
    first, last = span(start), span(end)
    if last is not None and (first is not None or is_modest(start, bound)):
        from_ = first or Range(0.0, 0.0)
        return max(abs(last.high - from_.low), abs(last.low - from_.high)) / abs(step)
    finish, begin = moment(end), moment(start) if start is not None else None
    if finish is not None and begin is not None:
        length = abs((finish - begin).total_seconds())
        return length / (abs(step) if abs(step) >= _DAY_S else abs(step) * _DAY_S)
    modest = is_modest(start, bound) and is_modest(end, bound)
    return 1.0 if modest and abs(step) >= 1 else math.inf


def _starts(query: exp.Expr, place: int) -> Iterator[exp.Expr | None]:
    """Yield what the counter begins with, for each row or branch that is written."""
    for first in _selects(query.this):
        rows = (
            [row.expressions for row in first.expressions] if isinstance(first, exp.Values) else []
        )
        for row in rows or [_selected(first)]:
            yield _unaliased(row[place]) if place < len(row) else None


def _unaliased(item: exp.Expr) -> exp.Expr:
    return item.this if isinstance(item, exp.Alias) else item


def _refused(cte: exp.Expr, why: str) -> Refused:
    return Refused(
        "bounds",
        "bounds.recursion",
        f"The recursive query {shown(cte.alias)} is not bounded: {why}.",
        f"Join each step on a key, or count: n + 1 with WHERE n < a number up to {MAX_STEPS}.",
        position_of(cte),
    )
