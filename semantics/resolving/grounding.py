"""Names a question uses that no index holds: which columns to look in, and what was found there.

Looking is I/O and happens elsewhere, under the asker's own role and row policies: this module only
writes the statement (checked and run like any other) and reads its rows back as facts.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from sqlglot import exp

from clearway.semantics.frame import ColumnRef, Frame
from clearway.semantics.parsing.entries import Entry, Term
from clearway.semantics.parsing.lexicon import Lexicon
from clearway.semantics.resolving.joins import JoinGraph
from clearway.semantics.types import Catalog, Table

MAX_NAMES = 3
MAX_COLUMNS = 24
FEW = 500
"""A column of text with more different values than this is prose, or nearly."""
NEAR = 2
"""Joins between what is spoken of and where a name is looked for."""


@dataclass(frozen=True, slots=True)
class Lookup:
    """One bounded SELECT: rows of (place, first, second) for every place a name was found in."""

    sql: str
    names: tuple[str, ...]
    places: tuple[tuple[str, tuple[ColumnRef, ...]], ...]
    """By number: the name looked for, and the column or columns it was looked for in."""


@dataclass(frozen=True, slots=True)
class Fact:
    """A name is stored in these columns, spelled like this."""

    name: str
    parts: tuple[tuple[ColumnRef, str], ...]


def lookup_for(frame: Frame, catalog: Catalog, lexicon: Lexicon, joins: JoinGraph) -> Lookup | None:
    """Return the statement that would ground the names of a Frame, or None where there are none."""
    names = list(dict.fromkeys(w.word for w in frame.leftover if w.name))[:MAX_NAMES]
    if not names:
        return None
    columns = _columns(frame, catalog, lexicon, joins)
    places = [(name, where) for name in names for where in columns if _plausible(name, where)]
    places = places[:MAX_COLUMNS]
    if not places:
        return None
    selects = [_select(number, name, where) for number, (name, where) in enumerate(places)]
    tree: exp.Query = selects[0]
    for select in selects[1:]:
        tree = exp.union(tree, select, distinct=False)
    refs = tuple((name, tuple(t.ref for t in where)) for name, where in places)
    return Lookup(tree.sql(dialect="postgres"), tuple(names), refs)


def facts_of(lookup: Lookup, rows: Iterable[Sequence[object]]) -> tuple[Fact, ...]:
    """Return what the rows of a lookup say; the same spelling is told once."""
    found: dict[Fact, None] = {}
    for place, *values in rows:
        name, columns = lookup.places[int(str(place))]
        parts = tuple((c, str(v)) for c, v in zip(columns, values, strict=False))
        found[Fact(name, parts)] = None
    return tuple(found)


def entries_of(facts: Iterable[Fact], lexicon: Lexicon) -> Mapping[str, Entry]:
    """Return the facts as the lexicon would hold them, by case-folded name."""
    entries: dict[str, Entry] = {}
    for fact in facts:
        entry = entries.setdefault(fact.name.casefold(), Entry(fact.name.casefold()))
        terms = [(lexicon.terms.get(r.table, {}).get(r.name), value) for r, value in fact.parts]
        known = [(term, value) for term, value in terms if term is not None]
        if len(known) != len(terms):
            continue
        if len(known) == 1:
            term, value = known[0]
            entry.values[term] = (*entry.values.get(term, ()), value)
        else:
            entry.parts[known[0][0].table] = tuple(known)
    return entries


def _columns(
    frame: Frame, catalog: Catalog, lexicon: Lexicon, joins: JoinGraph
) -> list[tuple[Term, ...]]:
    """Return where names may be: near what is spoken of, what names rows first."""
    spoken = [f.column.table for f in frame.filters if f.column] + [
        e.table for e in frame.existence
    ]
    spoken += [d.column.table for d in (*frame.attributes, *frame.dimensions)]
    spoken += [m.table for m in frame.measures] + ([frame.subject] if frame.subject else [])
    near: dict[str, int] = {}
    for name in dict.fromkeys(spoken):
        for other, distance in joins.distances(name).items():
            near[other] = min(distance, near.get(other, 99))
    tables = [t for t in catalog.tables if not t.derived and near.get(t.qualified, 0) <= NEAR]
    tables.sort(key=lambda table: near.get(table.qualified, 0))
    found: list[tuple[Term, ...]] = []
    for table in tables:
        labels = lexicon.labels.get(table.qualified, ())
        if len(labels) == 2 or (labels and not _indexed(labels[0])):
            found.append(labels)
        found += _codes(table, lexicon)
        others = lexicon.terms[table.qualified].values()
        found += [(t,) for t in others if t.text and t not in labels and _worth_looking(t)]
    return found


def _indexed(term: Term) -> bool:
    return bool(term.column.values) and term.column.sensitivity == "public"


def _worth_looking(term: Term) -> bool:
    column = term.column
    prose = column.type == "text" and not 0 < (column.distinct or 0) <= FEW
    return not _indexed(term) and column.role != "key" and not prose


def _codes(table: Table, lexicon: Lexicon) -> list[tuple[Term, ...]]:
    """A key of letters is what its rows are called by: `OSL`, `CS101`."""
    terms = lexicon.terms[table.qualified]
    names = table.primary_key if len(table.primary_key) == 1 else ()
    return [(terms[name],) for name in names if name in terms and terms[name].text]


def _plausible(name: str, where: tuple[Term, ...]) -> bool:
    return len(where) == 1 or " " in name.strip()


def _select(number: int, name: str, where: tuple[Term, ...]) -> exp.Select:
    table = where[0].table
    schema, _, bare = table.partition(".")
    columns = [exp.column(term.ref.name, quoted=True) for term in where]
    second: exp.Expr = columns[1] if len(columns) > 1 else exp.Null()
    parts = name.split(" ", 1) if len(where) > 1 else [name]
    tests = [
        exp.EQ(
            this=exp.Lower(this=exp.cast(column.copy(), "text")),
            expression=exp.Literal.string(part.lower()),
        )
        for column, part in zip(columns, parts, strict=True)
    ]
    return (
        exp.select(
            exp.alias_(exp.Literal.number(number), "place"),
            exp.alias_(exp.cast(columns[0], "text"), "first"),
            exp.alias_(exp.cast(second, "text"), "second"),
        )
        .from_(exp.table_(bare, db=schema, quoted=True))
        .where(exp.and_(*tests))
        .distinct()
    )
