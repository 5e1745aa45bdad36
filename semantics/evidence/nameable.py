"""What the catalog has names for, as an asker may be offered it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from difflib import SequenceMatcher

from clearway.semantics.frame import Frame, Leftover
from clearway.semantics.reader import Knowledge
from clearway.semantics.types import Column, Table
from clearway.semantics.words.tokens import singular, words_of_text

ALIKE = 0.6
"""From this likeness on, a name may have been meant by a word."""

MOST_STATES = 10
"""So many states are told in a sentence."""
_BE = frozenset(["is", "are", "was", "were"])
_STILL = frozenset(["still", "currently", "now", "not", "already"])


@dataclass(frozen=True)
class Name:
    """Something of the catalog a word may have meant."""

    kind: str
    said: str
    """As a person says it."""
    names: tuple[str, ...]
    table: str
    target: str
    within: str = ""
    """Of a value, the column it is in, as it is said after it."""


def measures(known: Knowledge) -> list[Name]:
    """Return every number: what adds up first, then named measures, then what is averaged."""
    named = [
        Name("measure", m.name, (m.name, *m.synonyms), m.table, f"measure:{m.table}:{m.name}")
        for m in known.catalog.measures
    ]
    numbers = [
        (column.aggregate != "sum", _column_name("number", table, column))
        for table, column in _shown(known)
        if column.role == "measure"
    ]
    added = [name for averaged, name in numbers if not averaged]
    return [*added, *named, *(name for averaged, name in numbers if averaged)]


def columns(known: Knowledge) -> list[Name]:
    """Return every column to group by."""
    return [
        _column_name("column", table, column)
        for table, column in _shown(known)
        if column.role == "dimension"
    ]


def values(known: Knowledge) -> list[Name]:
    """Return values of public columns: nobody may learn of others by asking unclearly."""
    return [
        Name(
            "value",
            value,
            (value,),
            table.qualified,
            _target_of(table, column, value),
            f", a {column.name.replace('_', ' ')}",
        )
        for table, column in _shown(known)
        if column.sensitivity == "public"
        for value in column.values
    ]


def _shown(known: Knowledge) -> Iterator[tuple[Table, Column]]:
    """Yield what may be offered by name: it is in the catalog the asker may see."""
    for table in known.catalog.tables:
        for column in () if table.derived else table.columns:
            if column.sensitivity in ("public", "internal"):
                yield table, column


def _column_name(kind: str, table: Table, column: Column) -> Name:
    said = column.name.replace("_", " ")
    target = f"column:{table.qualified}.{column.name}"
    return Name(kind, said, (said, *column.synonyms), table.qualified, target)


def _target_of(table: Table, column: Column, value: str) -> str:
    return f"value:{table.qualified}.{column.name}={value}"


def named_first(text: str, known: Knowledge) -> bool:
    """Return whether a text begins with the name of a table, a column or a measure."""
    words = words_of_text(text)
    node = known.lexicon.root.next.get(words[0]) if words else None
    return node is not None and node.entry is not None and node.entry.noun


def says_state(before: str, known: Knowledge) -> bool:
    """Return whether a word behind these says how things are: `how many jobs are`."""
    words = words_of_text(before)
    while words and words[-1] in _STILL:
        words = words[:-1]
    named = {singular(word) for word in words[:-1]} | set(words[:-1])
    return bool(words) and words[-1] in _BE and not named.isdisjoint(vocabulary(known))


def states_told(frame: Frame, gap: Leftover, known: Knowledge) -> str:
    """Return the states things are known to be in, where an unknown word says one."""
    table = known.catalog.by_name.get(frame.subject or "")
    if table is None or table.derived or not says_state(frame.text[: gap.span[0]], known):
        return ""
    for column in table.columns:
        said = column.name.replace("_", " ")
        few = 0 < len(column.values) <= MOST_STATES and column.sensitivity == "public"
        if few and words_of_text(said)[-1] in ("status", "state"):
            return f" The {said} of {spoken_table(table.qualified)}: {', '.join(column.values)}."
    return ""


def vocabulary(known: Knowledge) -> frozenset[str]:
    """Return every word, in the singular, that names something the asker may see."""
    catalog = known.catalog
    names = [spoken_table(table.qualified) for table in catalog.tables]
    names += [synonym for table in catalog.tables for synonym in table.synonyms]
    for _, column in ((t, c) for t in catalog.tables for c in t.columns):
        names += [column.name.replace("_", " "), *column.synonyms]
        if column.sensitivity == "public":
            names += [value for value in column.values if value.isalpha()]
    names += [name for m in catalog.measures for name in (m.name, *m.synonyms)]
    return frozenset(word for name in names for word in words_of_text(name))


def closeness(word: str, name: Name) -> float:
    """Return the likeness where it counts; below that, all are equally unlike."""
    found = likeness(word, name)
    return found if found >= ALIKE else 0.0


def likeness(word: str, name: Name) -> float:
    """Return how alike a word and a name are written, 1 for the same."""
    said = singular(word.casefold())
    return max(SequenceMatcher(None, said, each.casefold()).ratio() for each in name.names)


def spoken_table(table: str) -> str:
    """Return a table's name as a person says it."""
    return table.partition(".")[2].replace("_", " ")
