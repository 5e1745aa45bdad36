"""What a catalog makes ambiguous where a Frame cannot show it: words that keep plans apart."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from clearway.semantics.frame import ColumnRef, Frame, MeasureSlot, Span
from clearway.semantics.judgement import words_of
from clearway.semantics.parsing.entries import Term
from clearway.semantics.parsing.naming import names_of, singulars
from clearway.semantics.resolving.joins import JoinGraph
from clearway.semantics.types import Catalog, Column, Table
from clearway.semantics.words.tokens import singular
from clearway.stores.plans.verbs import spans_of


@dataclass(frozen=True, kw_only=True)
class Counted:
    """Words whose count may be one of rows, or one of the different values of a column."""

    words: frozenset[str]
    """They name the rows of the table, and one of its columns."""
    phrases: tuple[str, ...]
    """Longer names of the rows, which leave no doubt: `job runs` holds `job`, and means runs."""


@dataclass(frozen=True, kw_only=True)
class Doubts:
    """Nothing, by default."""

    counted: Mapping[str, Counted] = field(default_factory=dict)
    """By table."""
    values: frozenset[str] = frozenset()
    """Values that stand in several columns, case-folded."""
    rows: Mapping[str, frozenset[str]] = field(default_factory=dict)
    """What one row of each table is called."""
    columns: Mapping[str, Mapping[str, frozenset[str]]] = field(default_factory=dict)
    """What the columns of each table are called, by their names."""
    roles: frozenset[str] = frozenset()
    """Words of a question by which the rules planner chooses between keys."""


NO_DOUBTS = Doubts()
WEAK = 2
"""How far from a column's own name the Reader may still take a word for it."""
_WORD = re.compile(r"[^\W_]+")
_STEPS = frozenset(["hour", "day", "date", "week", "month", "quarter", "year", "time"])
_ONE = ("a", "an", "one", "single", "individual", "any")


def doubts_of(catalog: Catalog) -> Doubts:
    """Return what is ambiguous in a catalog."""
    joins = JoinGraph(catalog)
    edges = (edge for table in catalog.tables for edge in joins.edges(table.qualified))
    stand = Counter(
        value.casefold()
        for table in catalog.tables
        for column in table.columns
        for value in {each.casefold() for each in column.values}
    )
    return Doubts(
        counted={t.qualified: found for t in catalog.tables if (found := _counted(t)) is not None},
        rows={t.qualified: frozenset(_names(t)) for t in catalog.tables},
        columns={
            table.qualified: {column.name: _called(table, column) for column in table.columns}
            for table in catalog.tables
        },
        values=frozenset(value for value, columns in stand.items() if columns > 1),
        roles=frozenset().union(*(edge.roles for edge in edges)),
    )


def doubtful(frame: Frame, doubts: Doubts) -> bool:
    """Return whether the text speaks of something in a way the Frame may not show.

    Rows are counted by an ambiguous word, one row is spoken of among many, or a column is named
    that no slot is about.
    """
    if _single_row(frame, doubts) or _passed_over(frame, doubts):
        return True
    found = [doubts.counted[m.table] for m in _counts(frame) if m.table in doubts.counted]
    if not found:
        return False
    text = _spoken(_unexplained(frame))
    for phrase in (phrase for counted in found for phrase in counted.phrases):
        text = text.replace(f" {phrase} ", " ")
    return any(f" {word} " in text for counted in found for word in counted.words)


def _passed_over(frame: Frame, doubts: Doubts) -> bool:
    """`runs with runtime before June`: whatever is meant, it is no run before June."""
    named = doubts.columns.get(frame.subject or "")
    if not named:
        return False
    used = {column.name for column in _columns(frame)}
    text = _spoken(_blanked(frame.text, spans_of(frame)))
    for row in sorted(doubts.rows.get(frame.subject or "", ()), key=len, reverse=True):
        text = text.replace(f" {row} ", " ")
    return any(
        f" {name} " in text
        for column, names in named.items()
        if column not in used
        for name in names
    )


def _columns(frame: Frame) -> Iterator[ColumnRef]:
    """Yield the columns some slot of a Frame is about."""
    shown = (*frame.dimensions, *frame.attributes, *frame.limit_per)
    yield from (each.column for each in shown if not each.identifies)
    measures = [slot for each in _measures(frame) for slot in (each, each.over) if slot is not None]
    inner = [found for slot in measures for found in slot.where]
    nested = [found for each in frame.existence for found in each.filters]
    columns = [found.column for found in (*frame.filters, *inner, *nested)]
    columns += [slot.column for slot in measures] + [order.column for order in frame.order]
    columns += [found.than for found in frame.filters]
    yield from (column for column in columns if column is not None)


def _single_row(frame: Frame, doubts: Doubts) -> bool:
    """`the smallest revenue of a sale` is no sum, whatever the groups come to."""
    names = doubts.rows.get(frame.subject or "")
    if not names or not frame.dimensions or not _summed(frame):
        return False
    text = _spoken(frame.text)
    return any(f" {one} {name} " in text for one in _ONE for name in names)


def _summed(frame: Frame) -> bool:
    return any(slot.named or slot.aggregate in ("sum", "count") for slot in _measures(frame))


def _unexplained(frame: Frame) -> str:
    """Return the text without the words that name a column to group, show, sort or filter by."""
    spans = [dimension.span for dimension in (*frame.dimensions, *frame.attributes)]
    spans += [found.span for found in frame.filters] + [order.span for order in frame.order]
    return _blanked(frame.text, spans)


def _blanked(text: str, spans: Iterable[Span]) -> str:
    letters = list(text)
    for begin, end in spans:
        letters[begin:end] = " " * (end - begin)
    return "".join(letters)


def roles_said(frame: Frame, doubts: Doubts) -> list[str]:
    """Return the words of the question that choose between keys, sorted."""
    return sorted(doubts.roles.intersection(frame.text.casefold().split()))


def _counts(frame: Frame) -> Iterator[MeasureSlot]:
    for measure in _measures(frame):
        for slot in (measure, measure.over):
            if slot is not None and slot.aggregate == "count":
                yield slot


def _measures(frame: Frame) -> Iterator[MeasureSlot]:
    """Yield what is measured, of the whole, of groups, or to sort by."""
    yield from frame.measures
    yield from (each.measure for each in frame.filters if each.measure is not None)
    yield from (each.measure for each in frame.order if each.measure is not None)


def _called(table: Table, column: Column) -> frozenset[str]:
    """Return the names of a column; those of steps of time are said of periods as well."""
    term = Term(table.qualified, column)
    names = names_of(term, singulars(words_of(table.name)))
    return frozenset(" ".join(said) for said, strength in names if strength < WEAK) - _STEPS


def _names(table: Table) -> set[str]:
    return {_spoken(name).strip() for name in (table.name, *table.synonyms)}


def _counted(table: Table) -> Counted | None:
    rows = _names(table)
    columns = {
        _spoken(name).strip()
        for column in table.columns
        for name in (column.name, *column.synonyms)
    }
    phrases = sorted((name for name in rows - columns if " " in name), key=len, reverse=True)
    both = frozenset(rows & columns)
    return Counted(words=both, phrases=tuple(phrases)) if both else None


def _spoken(text: str) -> str:
    """Return the words of a text or a name, in the singular, with a space around each."""
    return f" {' '.join(map(singular, _WORD.findall(text.lower())))} "
