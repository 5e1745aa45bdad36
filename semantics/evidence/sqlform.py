"""What a SQL statement says, in the words of a Frame."""

from __future__ import annotations

from dataclasses import dataclass, field

from clearway.semantics.frame import ColumnRef

OPPOSITE = {">": "<=", ">=": "<", "<": ">=", "<=": ">"}
"""What a comparison says when it is negated."""


@dataclass(frozen=True, slots=True)
class Test:
    """One comparison of a column, or of an aggregate, with literals."""

    column: ColumnRef | None
    comparator: str
    values: frozenset[str]
    """As text, case-folded; numbers and dates as they are written."""
    negated: bool
    aggregate: str = ""
    against: str = ""
    """The aggregate of the subquery it is compared with."""
    inside: bool = False
    """It restricts rows of a subquery, not those of the statement itself."""


@dataclass(frozen=True, slots=True)
class Output:
    """One thing shown or sorted by: a column, an aggregate of one, or something computed."""

    aggregate: str
    column: ColumnRef | None
    distinct: bool = False


Link = tuple[ColumnRef, ColumnRef]
"""Two columns that must be equal: which rows belong together."""


@dataclass(slots=True)
class SqlSlots:
    """What a statement says, in the words of a Frame."""

    tables: set[str] = field(default_factory=set)
    measures: set[tuple[str, ColumnRef | None]] = field(default_factory=set)
    shown: set[ColumnRef] = field(default_factory=set)
    """Columns of every SELECT list, those of subqueries too."""
    outputs: tuple[Output, ...] = ()
    """What the rows brought back hold, in order."""
    everything: bool = False
    """All columns are shown."""
    groups: set[ColumnRef] = field(default_factory=set)
    tests: list[Test] = field(default_factory=list)
    order: tuple[tuple[Output, bool], ...] = ()
    """Sort keys of the rows brought back; True is descending."""
    descending: bool | None = None
    """Of the first sort key of the rows brought back."""
    limit: int | None = None
    skip: int = 0
    """Rows passed over by an OFFSET."""
    divides: bool = False
    """A number shown is one over another."""
    hundredths: bool = False
    """A number shown is told in hundredths."""
    pairs: set[tuple[ColumnRef | None, ColumnRef | None]] = field(default_factory=set)
    """Columns of one row that are held against each other, other than being equal."""
    ranked: bool = False
    """Rows are cut or ranked within something: a LIMIT or an order inside, a window."""
    extremes: set[tuple[ColumnRef, str]] = field(default_factory=set)
    """Columns compared with their own largest or smallest value."""
    links: list[Link] = field(default_factory=list)
    unlinked: bool = False
    """A SELECT reads several tables, and nothing says which of their rows belong together."""
    doubled: bool = False
    """A table is joined to itself by its own key, which says nothing."""
    contradicts: set[ColumnRef] = field(default_factory=set)
    """Columns that must equal two different values at once."""
    lacks: bool = False
    """Rows are required not to be: NOT EXISTS, NOT IN a query, EXCEPT."""
    either: bool = False
    """Alternatives are joined by OR, IN or UNION."""
    both: bool = False
    """Two sets of rows are intersected."""
    distinct: bool = False
    unknown: set[str] = field(default_factory=set)
    """Names of columns that no table read has."""
