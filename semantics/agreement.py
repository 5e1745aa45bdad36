"""Whether two statements say the same, judged on what they say and not on how it is written."""

from __future__ import annotations

from collections.abc import Iterator

from clearway.semantics.frame import ColumnRef
from clearway.semantics.joins import JoinGraph
from clearway.semantics.linkage import root
from clearway.semantics.sqlslots import Output, SqlSlots, Test

Said = tuple[str, ...]
"""One thing a statement says: the kind of slot, and what fills it."""


def agreement(one: SqlSlots, other: SqlSlots, joins: JoinGraph) -> tuple[float, str]:
    """Return the share of what both say among all that either says, and the first difference.

    1.0 is the same in every slot. `x = (select max(x) ...)` and `order by x desc limit 1` are the
    same; so are a key and the column it refers to, IN and OR, BETWEEN and two bounds.
    """
    mine, theirs = frozenset(_sayings(one, joins)), frozenset(_sayings(other, joins))
    if mine == theirs:
        return 1.0, ""
    apart = sorted(mine ^ theirs)
    here = apart[0] in mine
    difference = f"{' '.join(apart[0])} is {'only in this one' if here else 'not in this one'}"
    return round(len(mine & theirs) / len(mine | theirs), 3), difference


def _sayings(slots: SqlSlots, joins: JoinGraph) -> Iterator[Said]:
    extremes = {(_name(column, joins), which) for column, which in slots.extremes}
    first = slots.order[0] if slots.order else None
    sole = slots.limit == 1 and first is not None and not first[0].aggregate and not slots.ranked
    if sole and first is not None and first[0].column is not None:
        extremes.add((_name(first[0].column, joins), "max" if first[1] else "min"))
    for name, which in extremes:
        yield "extreme", name, which
    for output in slots.outputs:
        yield "shown", *_output(output, joins)
    if slots.everything:
        yield ("everything",)
    for name, column in slots.measures:
        if not (name in ("max", "min") and (_name(column, joins), name) in extremes):
            yield "measure", name, _name(column, joins)
    if first is not None and not sole:
        yield "order", *_output(first[0], joins), "down" if first[1] else "up"
    if slots.limit is not None and not sole:
        yield "limit", str(slots.limit)
    for test in slots.tests:
        if not (test.against in ("max", "min") and _name(test.column, joins)):
            yield from _test(test, joins)
    for flag in ("lacks", "both", "distinct"):
        if getattr(slots, flag):
            yield (flag,)
    if slots.groups:
        yield ("grouped",)
    for table in _used(slots, joins):
        yield "table", table


def _used(slots: SqlSlots, joins: JoinGraph) -> set[str]:
    """Return the tables whose columns matter; all of them where none do."""
    named = [o.column for o in slots.outputs] + [t.column for t in slots.tests]
    named += [column for _, column in slots.measures] + [o.column for o, _ in slots.order]
    used = {root(column, joins).table for column in named if column is not None}
    return used or set(slots.tables)


def _output(output: Output, joins: JoinGraph) -> tuple[str, str]:
    return output.aggregate or "column", _name(output.column, joins)


def _test(test: Test, joins: JoinGraph) -> Iterator[Said]:
    name = f"{test.aggregate} {_name(test.column, joins)}".strip()
    way = "not" if test.negated else "is"
    if test.comparator == "between" and len(test.values) == 2:
        low, high = sorted(test.values, key=_sortable)
        yield "where", name, way, ">=", _bare(low)
        yield "where", name, way, "<=", _bare(high)
        return
    kind = "=" if test.comparator == "like" else test.comparator
    for value in test.values or {test.against}:
        yield "where", name, way, kind, _bare(value)


def _bare(value: str) -> str:
    text = value.replace("\\", "").strip("%")
    return text.removesuffix(".0")


def _sortable(value: str) -> tuple[float, str]:
    try:
        return float(value), value
    except ValueError:
        return 0.0, value


def _name(column: ColumnRef | None, joins: JoinGraph) -> str:
    if column is None:
        return ""
    found = root(column, joins)
    return f"{found.table}.{found.name}"
