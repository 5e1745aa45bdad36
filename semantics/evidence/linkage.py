"""Which columns are the same thing, and whether a statement joins rows that belong together."""

from __future__ import annotations

from collections.abc import Iterator

from clearway.semantics.evidence.sqlform import Link, SqlSlots
from clearway.semantics.frame import ColumnRef
from clearway.semantics.resolving.joins import JoinGraph

MAX_STEPS = 4
"""Keys a column is followed through."""


def root(column: ColumnRef, joins: JoinGraph) -> ColumnRef:
    """Return the column a key finally refers to; any other column is its own root."""
    for _ in range(MAX_STEPS):
        onward = next(
            (
                ColumnRef(edge.target, edge.pairs[0][1])
                for edge in joins.edges(column.table)
                if edge.to_one and len(edge.pairs) == 1 and edge.pairs[0][0] == column.name
            ),
            None,
        )
        if onward is None or onward == column:
            break
        column = onward
    return ColumnRef(column.table, column.name)


def mislinked(slots: SqlSlots, joins: JoinGraph) -> Iterator[str]:
    """Yield, in words, every join that no key of the database speaks for."""
    for one, other in strange_links(slots, joins):
        yield f"{_said(one)} is joined to {_said(other)}, and no key says they are the same"
    if slots.doubled:
        yield "a table is joined to itself, row by row"
    if slots.unlinked:
        yield "nothing says which rows of its tables belong together"


def strange_links(slots: SqlSlots, joins: JoinGraph) -> Iterator[Link]:
    """Yield the pairs of columns that are held equal although no key does so."""
    for one, other in slots.links:
        if not _belong(one, other, joins):
            yield one, other


def _belong(one: ColumnRef, other: ColumnRef, joins: JoinGraph) -> bool:
    if root(one, joins) == root(other, joins) or _keyed(one, other, joins):
        return True
    keyed = any(_is_key(each, joins) for each in (one, other))
    return one.name == other.name and not keyed


def _keyed(one: ColumnRef, other: ColumnRef, joins: JoinGraph) -> bool:
    """Whether a foreign key, of several columns perhaps, pairs the two."""
    return any(
        edge.target == other.table and (one.name, other.name) in edge.pairs
        for edge in joins.edges(one.table)
    )


def _is_key(column: ColumnRef, joins: JoinGraph) -> bool:
    """Whether some foreign key starts or ends in the column."""
    return any(column.name == own for edge in joins.edges(column.table) for own, _ in edge.pairs)


def _said(column: ColumnRef) -> str:
    return f"{column.table.partition('.')[2]}.{column.name}"
