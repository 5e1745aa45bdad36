"""Recursive WITH queries: each step must follow data by an equality, or count to a written end."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

from sqlglot import exp

from clearway.tools.sql.guard.numbers import constant
from clearway.tools.sql.guard.products import MAX_PRODUCT, UNKNOWN_ROWS
from clearway.tools.sql.guard.refusal import Refused, shown
from clearway.tools.sql.guard.scope import Output
from clearway.tools.sql.guard.series import is_modest, moment, seconds
from clearway.tools.sql.guard.spelling import call_name, position_of
from clearway.tools.sql.guard.vocabulary import words

MAX_STEPS = 10_000
_DAY_S = 86_400.0
_LESS = (exp.LT, exp.LTE)
_MORE = (exp.GT, exp.GTE)
_MULTIPLYING = words("""
    repeat replace regexp_replace concat_ws array_to_string encode quote_literal quote_nullable
    power pow exp factorial to_json to_jsonb json_build_object jsonb_build_object json_build_array
    jsonb_build_array array_to_json row_to_json string_to_array
""")
"""What can make more than its argument and a constant, and so grows without bound when repeated."""
_GROWING = (exp.DPipe, exp.Anonymous, exp.Array, exp.Mul, exp.Pow)


def check_recursion(
    recursions: Sequence[tuple[exp.Expr, Sequence[Output]]], joined: Mapping[int, float]
) -> None:
    """Raise `Refused` for a recursive query that nothing written in it stops."""
    for cte, outputs in recursions:
        query = cte.this
        names = [output.name for output in outputs]
        for select in _selects(query.expression):
            aliases = _own_aliases(select, cte.alias)
            if aliases:
                fan = max(1.0, joined.get(id(select), UNKNOWN_ROWS) / UNKNOWN_ROWS)
                _check_step(cte, select, aliases, names, fan=fan)


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


def _check_step(
    cte: exp.Expr, select: exp.Expr, aliases: set[str], names: list[str], *, fan: float
) -> None:
    for item in _selected(select):
        _check_growth(item, aliases, cte)
    conditions = list(_conditions(select))
    steps = min(
        (_counted(condition, cte.this, select, aliases, names) for condition in conditions),
        default=math.inf,
    )
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


def _counted(
    condition: exp.Expr, query: exp.Expr, select: exp.Expr, aliases: set[str], names: list[str]
) -> float:
    """Return how many steps a condition on a counter allows; infinity where it is none."""
    if not isinstance(condition, _LESS + _MORE):
        return math.inf
    column, end = condition.this, condition.expression
    upward = isinstance(condition, _LESS)
    if not _own(column, aliases):
        column, end, upward = end, column, not upward
    if not _own(column, aliases) or column.name not in names:
        return math.inf
    place = names.index(column.name)
    selected = _selected(select)
    if place >= len(selected):  # Postgres would refuse it too
        return math.inf
    step = _step(_unaliased(selected[place]), column.name, aliases)
    if step is None or (step > 0) != upward:
        return math.inf
    return _steps(_start(query, place), end, step)


def _step(item: exp.Expr, name: str, aliases: set[str]) -> float | None:
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


def _steps(start: exp.Expr | None, end: exp.Expr, step: float) -> float:
    last = constant(end)
    if last is not None:
        first = constant(start)
        return abs(last - (first or 0.0)) / abs(step)
    finish, begin = moment(end), moment(start) if start is not None else None
    if finish is not None and begin is not None:
        span = abs((finish - begin).total_seconds())
        return span / (abs(step) if abs(step) >= _DAY_S else abs(step) * _DAY_S)
    return 1.0 if is_modest(end) and abs(step) >= 1 else float("inf")


def _start(query: exp.Expr, place: int) -> exp.Expr | None:
    first = next(iter(_selects(query.this)))
    if isinstance(first, exp.Values):
        row = first.expressions[0].expressions
        return row[place] if place < len(row) else None
    selects = _selected(first)
    return _unaliased(selects[place]) if place < len(selects) else None


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
