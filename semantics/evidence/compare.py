"""Hold a statement against a question: what it lacks, and what it adds that nobody asked for.

The statement may be anybody's, a model's above all. What the question leaves unexplained cannot be
compared; everything else must be there, and nothing else may be.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import sqlglot
from sqlglot import exp

from clearway.semantics.evidence.linkage import root
from clearway.semantics.evidence.sqlform import OPPOSITE, SqlSlots, Test
from clearway.semantics.evidence.sqlslots import slots_of
from clearway.semantics.frame import ColumnRef, Filter, Frame, MeasureSlot, Period
from clearway.semantics.resolving.joins import JoinGraph
from clearway.semantics.types import Catalog


@dataclass(frozen=True, slots=True)
class Difference:
    """One slot on one side only, in words a person can check."""

    slot: str
    """`measure`, `dimension`, `filter`, `period`, `order`, `limit`, `relation`, ..."""
    detail: str


@dataclass(frozen=True, slots=True)
class Comparison:
    """How a statement and a question differ."""

    missing: tuple[Difference, ...]
    """Asked, and not in the statement."""
    added: tuple[Difference, ...]
    """In the statement, and not asked."""
    asked: int
    """How many slots the question has."""


def compare(frame: Frame, sql: str, catalog: Catalog) -> Comparison | None:
    """Return the differences; None where the text is no SELECT."""
    slots = slots_of(sql, catalog)
    return None if slots is None else compare_slots(frame, slots, catalog, JoinGraph(catalog))


def compare_slots(frame: Frame, slots: SqlSlots, catalog: Catalog, joins: JoinGraph) -> Comparison:
    """Return the differences to a statement that was read into slots already."""
    missing = tuple(_missing(frame, slots, catalog, joins))
    return Comparison(missing, tuple(_added(frame, slots, joins)), _asked(frame))


def _asked(frame: Frame) -> int:
    return (
        len(frame.measures) + len(frame.dimensions) + len(frame.attributes) + len(frame.filters)
        + len(frame.existence) + bool(frame.order) + bool(frame.limit) + bool(frame.skip)
        + (frame.period is not None) + frame.everything
    )  # fmt: skip


# ---------------------------------------------------------------- asked, and not there


def _missing(
    frame: Frame, slots: SqlSlots, catalog: Catalog, joins: JoinGraph
) -> Iterator[Difference]:
    wanted = [*frame.measures, *(o.measure for o in frame.order if o.measure is not None)]
    for slot in dict.fromkeys(wanted):
        if not _measured(slot, slots, catalog):
            yield Difference("measure", f"{_named(slot)} is not computed")
        elif slot.percent and not slots.hundredths:
            yield Difference("measure", f"{_named(slot)} is not told in percent")
    yield from _missing_columns(frame, slots, joins)
    yield from _missing_filters((*frame.filters, *_counted_only(frame)), slots)
    yield from _missing_relations(frame, slots, catalog)
    if frame.period is not None and not _bounded(frame.period, slots):
        yield Difference("period", f"{frame.period.label} is not a condition")
    if frame.limit is not None and slots.limit != frame.limit:
        yield Difference("limit", f"{frame.limit} rows were asked for, not {slots.limit}")
    if frame.skip and slots.skip != frame.skip and not slots.ranked:
        yield Difference("limit", f"{frame.skip} rows are to be passed over, not {slots.skip}")
    if frame.order and slots.descending != frame.order[0].descending:
        way = "descending" if frame.order[0].descending else "ascending"
        yield Difference("order", f"rows were asked for in {way} order")


def _missing_columns(frame: Frame, slots: SqlSlots, joins: JoinGraph) -> Iterator[Difference]:
    """One difference a table: a row that is not shown is one thing, however many columns it has."""
    shown = {root(column, joins) for column in slots.shown | slots.groups}
    lacking: dict[str, list[str]] = {}
    for dimension in (*frame.dimensions, *frame.attributes):
        whole = slots.everything and dimension.column.table in slots.tables
        if not whole and root(dimension.column, joins) not in shown:
            lacking.setdefault(dimension.column.table, []).append(dimension.column.name)
    for names in lacking.values():
        verb = "is" if len(names) == 1 else "are"
        yield Difference("dimension", f"{', '.join(names[:3])} {verb} not shown")


def _missing_relations(frame: Frame, slots: SqlSlots, catalog: Catalog) -> Iterator[Difference]:
    for existence in frame.existence:
        if existence.table not in slots.tables and not _bridged(existence.table, slots, catalog):
            yield Difference("relation", f"{existence.table} is not looked at")
        elif existence.negated and not slots.lacks:
            yield Difference("negation", f"rows without {existence.table} were asked for")
        yield from _missing_filters(existence.filters, slots)


def _measured(slot: MeasureSlot, slots: SqlSlots, catalog: Catalog) -> bool:
    if slot.named:
        return _named_expression(slot, catalog) <= {
            (name, column.name if column else "") for name, column in slots.measures
        }
    if slot.aggregate == "count":
        return any(name in ("count", "count_distinct") for name, _ in slots.measures)
    if slot.aggregate == "count_distinct":
        return any(name == "count_distinct" for name, _ in slots.measures)
    return (slot.aggregate, slot.column) in slots.measures


def _named_expression(slot: MeasureSlot, catalog: Catalog) -> set[tuple[str, str]]:
    """Return the aggregates a named measure is made of."""
    measure = next(m for m in catalog.measures if m.name == slot.named and m.table == slot.table)
    tree = sqlglot.parse_one(measure.expression, dialect="postgres")
    found = set()
    for node in tree.find_all(exp.AggFunc):
        column = node.find(exp.Column)
        found.add((node.key, column.name if column is not None else ""))
    return found


def _missing_filters(filters: Iterable[Filter], slots: SqlSlots) -> Iterator[Difference]:
    for asked in filters:
        if asked.than is not None:
            one, other = _rowless(asked.column), _rowless(asked.than)
            if not slots.pairs & {(one, other), (other, one)}:
                yield Difference("filter", f"{_spoken(asked)} is not a condition")
        elif not any(_same_test(asked, test, slots) for test in slots.tests):
            yield Difference("filter", f"{_spoken(asked)} is not a condition")


def _rowless(column: ColumnRef | None) -> ColumnRef | None:
    """Return a column whichever row of its table is meant."""
    return column and ColumnRef(column.table, column.name)


def _same_test(asked: Filter, test: Test, slots: SqlSlots) -> bool:
    if asked.measure is not None:
        wanted = {str(value).casefold() for value in asked.values}
        return bool(test.aggregate) and wanted <= test.values
    if asked.step is not None or asked.against is not None:
        compared = asked.step is not None or test.comparator == asked.comparator
        return test.column == asked.column and compared
    if asked.column != test.column:
        return False
    if slots.lacks and OPPOSITE.get(asked.comparator) == test.comparator:
        return {_bare(v) for v in asked.values} == {_bare(v) for v in test.values}
    negated = asked.negated != (asked.comparator in ("<>", "not in"))
    ordered = asked.comparator in (">", "<", ">=", "<=")
    if negated != test.negated and not ordered and not (negated and slots.lacks):
        return False
    wanted = {_bare(value) for value in asked.values}
    given = {_bare(value) for value in test.values}
    if slots.either and _kind(asked) == "=":
        given = {_bare(v) for t in slots.tests if t.column == test.column for v in t.values}
    return wanted <= given and _kind(asked) == _kind_of(test)


def _bare(value: object) -> str:
    """Return a value without the wildcards, escapes and decimals it may be written with."""
    text = str(value).casefold().replace("\\", "").strip("%")
    return text.removesuffix(".0")


def _kind(asked: Filter) -> str:
    return "=" if asked.comparator in ("=", "<>", "in", "not in", "like") else asked.comparator


def _kind_of(test: Test) -> str:
    return "=" if test.comparator == "like" else test.comparator


def _bridged(table: str, slots: SqlSlots, catalog: Catalog) -> bool:
    """Whether a key that points to the table stands in for it."""
    return any(
        f"{key.to_schema}.{key.to_table}" == table
        for name in slots.tables
        if name in catalog.by_name
        for key in catalog.by_name[name].foreign_keys
    )


def _bounded(period: Period, slots: SqlSlots) -> bool:
    """Whether the statement bounds the period's column by the period's dates."""
    bounds = [moment for moment in (period.start, period.end) if moment is not None]
    said = {value for test in slots.tests for value in test.values}
    dates = {moment.date().isoformat() for moment in bounds}
    years = {str(moment.year) for moment in bounds[:1]}
    return any(value[:10] in dates or value in years for value in said)


# ---------------------------------------------------------------- there, and not asked


def _added(frame: Frame, slots: SqlSlots, joins: JoinGraph) -> Iterator[Difference]:
    columns = {f.column for f in _all_filters(frame)}
    periods = [frame.period, *(e.period for e in frame.existence)]
    timed = {period.column for period in periods if period is not None}
    for test in slots.tests:
        if test.column is None or test.aggregate or not test.values:
            continue
        if test.column not in columns | timed:
            values = ", ".join(sorted(test.values))
            yield Difference("filter", f"{test.column.name} is restricted to {values}")
    if slots.lacks and not any(e.negated for e in frame.existence) and not _negates(frame):
        yield Difference("negation", "rows are left out because of rows elsewhere")
    if slots.hundredths and _shared(frame):
        yield Difference("measure", "a share is told in percent")
    shown = {d.column for d in (*frame.dimensions, *frame.attributes)}
    for group in slots.groups - shown:
        if frame.complete and not _beside(root(group, joins), shown):
            yield Difference("dimension", f"rows are grouped by {group.name}")
    if slots.limit == 1 and frame.limit is None and frame.complete:
        yield Difference("limit", "only one row is kept")


def _shared(frame: Frame) -> bool:
    """Whether parts were asked for, and none of them in percent."""
    parts = [m for m in frame.measures if m.share or m.over is not None]
    return bool(parts) and not any(m.percent for m in parts)


def _beside(group: ColumnRef, shown: set[ColumnRef]) -> bool:
    """Whether a grouping column is the key of a row that is shown."""
    return any(column.table == group.table for column in shown)


def _all_filters(frame: Frame) -> Iterator[Filter]:
    yield from frame.filters
    yield from _counted_only(frame)
    for existence in frame.existence:
        yield from existence.filters


def _counted_only(frame: Frame) -> Iterator[Filter]:
    """Conditions on the rows a number is made of, whatever the others are."""
    numbers = (*frame.measures, *(f.measure for f in frame.filters))
    for measure in dict.fromkeys(numbers):
        yield from measure.where if measure is not None else ()


def _negates(frame: Frame) -> bool:
    return any(f.negated for f in _all_filters(frame))


def _named(slot: MeasureSlot) -> str:
    if slot.named:
        return slot.named
    return f"{slot.aggregate} of {slot.column.name if slot.column else slot.table}"


def _spoken(asked: Filter) -> str:
    name = asked.column.name if asked.column else "a count"
    values = " or ".join(str(value) for value in asked.values)
    values = values or (asked.than.name if asked.than is not None else "")
    return f"{'not ' if asked.negated else ''}{name} {asked.comparator} {values}"
