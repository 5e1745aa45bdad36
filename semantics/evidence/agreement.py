"""Whether two statements say the same, judged on what they say and not on how it is written."""

from __future__ import annotations

from collections.abc import Iterator

from clearway.semantics.evidence.linkage import root, strange_links
from clearway.semantics.evidence.sqlform import OPPOSITE, Output, SqlSlots, Test
from clearway.semantics.frame import ColumnRef
from clearway.semantics.resolving.joins import JoinGraph

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
    first = slots.order[0] if slots.order else None
    sole = _sole(slots)
    yield from _shown(slots, sole, joins)
    if first is not None and not sole:
        yield "order", *_output(first[0], joins), "down" if first[1] else "up"
    if slots.limit is not None and not sole:
        yield "limit", str(slots.limit), "after", str(slots.skip)
    for test in slots.tests:
        if not (test.against in ("max", "min") and test.column is not None):
            yield from _test(test, joins)
    for left, right in strange_links(slots, joins):
        yield "joined", *sorted((f"{left.table}.{left.name}", f"{right.table}.{right.name}"))
    for flag in ("lacks", "either", "distinct", "hundredths"):
        if getattr(slots, flag):
            yield (flag,)
    kinds = {bool(output.aggregate) for output in slots.outputs}
    if slots.groups and (len(kinds) > 1 or (first is not None and first[0].aggregate)):
        yield ("grouped",)
    for table in _used(slots, joins):
        yield "table", table


def _sole(slots: SqlSlots) -> bool:
    """Whether the statement keeps the one row that is first by a column."""
    first = slots.order[0][0] if slots.order else None
    plain = first is not None and not first.aggregate and first.column is not None
    return plain and slots.limit == 1 and not (slots.skip or slots.ranked)


def _shown(slots: SqlSlots, sole: bool, joins: JoinGraph) -> Iterator[Said]:
    """What is shown; the largest of a column is the same by MAX and by the first row."""
    extremes = {(_name(column, joins), which) for column, which in slots.extremes}
    key, down = slots.order[0] if sole else (None, False)
    if sole and slots.outputs == (key,):
        yield "shown", "max" if down else "min", _name(slots.outputs[0].column, joins)
        return
    if key is not None:
        extremes.add((_name(key.column, joins), "max" if down else "min"))
    for name, which in extremes:
        yield "extreme", name, which
    for output in slots.outputs:
        yield "shown", *_output(output, joins)


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
    comparator, negated = test.comparator, test.negated
    if negated and comparator in OPPOSITE:
        comparator, negated = OPPOSITE[comparator], False
    way = "not" if negated else "is"
    if comparator == "between" and len(test.values) == 2:
        low, high = sorted(test.values, key=_sortable)
        yield "where", name, way, ">=", _bare(low)
        yield "where", name, way, "<=", _bare(high)
        return
    kind = "=" if comparator == "like" else comparator
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
