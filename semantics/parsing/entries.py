"""What a phrase can mean: a column, a table, stored values, a measure, a function word."""

from __future__ import annotations

from typing import Literal

from clearway.semantics.frame import ColumnRef
from clearway.semantics.judgement import is_number, is_text, is_time, says_how_many
from clearway.semantics.types import Column, Measure
from clearway.semantics.words.english import Sense

Strength = Literal[0, 1, 2, 3]
"""0 the name itself or a synonym the catalog gives; 1 the name without its table's words;
2 its last word; 3 a word of similar meaning."""

GENERIC = frozenset({"name", "full name", "id"})
"""What rows of most tables have, whatever their columns are called."""


class Term:
    """One column as the reader sees it."""

    __slots__ = ("boolean", "column", "label", "number", "ref", "state", "table", "text", "time")

    def __init__(self, table: str, column: Column, *, target: str = "", key: str = "") -> None:
        """Make a column of the table; with a key, one of the table that key points to."""
        self.table = table
        self.column = column
        self.ref = ColumnRef(target or table, column.name, f"{table}.{key}" if key else "")
        self.text = is_text(column.type) or (column.role == "dimension" and bool(column.values))
        self.number = is_number(column.type)
        self.time = is_time(column.type)
        self.boolean = column.type == "boolean"
        flag = "integer" in column.type and column.role == "measure"
        few = column.distinct is not None and column.distinct <= 2
        self.state = self.boolean or (flag and few and not says_how_many(column.name))
        """Yes or no, as a boolean or as 0 and 1."""
        self.label = False
        """A row of its table is called by it."""


class Entry:
    """Everything one phrase can mean."""

    __slots__ = ("columns", "generic", "measures", "parts", "phrase", "sense", "tables", "values")

    def __init__(self, phrase: str) -> None:
        self.phrase = phrase
        self.sense: Sense | None = None
        self.tables: dict[str, Strength] = {}
        self.columns: dict[str, dict[Term, Strength]] = {}
        """By table."""
        self.values: dict[Term, tuple[str, ...]] = {}
        """The stored spellings of this phrase in each column."""
        self.parts: dict[str, tuple[tuple[Term, str], ...]] = {}
        """By table: a name stored in several columns."""
        self.measures: list[Measure] = []
        self.generic = phrase in GENERIC

    def take_on(self, other: Entry) -> None:
        """Mean what the other phrase means, too."""
        self.tables = {**other.tables, **self.tables}
        self.columns = {**other.columns, **self.columns}
        self.values = {**other.values, **self.values}
        self.parts = {**other.parts, **self.parts}
        self.measures += other.measures

    @property
    def noun(self) -> bool:
        """Whether it names something of the catalog other than a value."""
        return bool(self.tables or self.columns or self.measures or self.generic)

    @property
    def state(self) -> bool:
        """Whether it is a yes or no, and nothing else."""
        return (
            bool(self.columns)
            and not self.tables
            and all(term.state for owned in self.columns.values() for term in owned)
        )

    @property
    def exact(self) -> bool:
        """Whether something of the catalog bears exactly this name."""
        return (
            bool(self.measures)
            or 0 in self.tables.values()
            or any(0 in owned.values() for owned in self.columns.values())
        )


def names_row_of(entry: Entry, value: Entry) -> bool:
    """Whether a stored value is what a row of a table of this name is called by."""
    return any(term.label and term.table in entry.tables for term in value.values)
