"""What names mean at one place of a statement: sources, their columns, and the scopes around."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal

from sqlglot import exp

from clearway.semantics.types import Catalog, Table
from clearway.tools.sql.guard.refusal import ABSENT_REMEDY, Refused, shown
from clearway.tools.sql.guard.statement.spelling import position_of


@dataclass(slots=True)
class Output:
    """One column of a query or relation; `size` is how large it is when inlined."""

    name: str
    size: int = 1
    type: str = ""
    """Postgres's name for the type of a stored column; '' for anything derived."""
    made_of: tuple[exp.Expr, ...] = ()
    """The expressions it stands for, one for each branch of a set operation."""


@dataclass(slots=True)
class Source:
    """One item of a FROM clause, by its alias."""

    alias: str
    outputs: Sequence[Output]
    table: Table | None = None
    scalar: bool = False
    """A function returning one column: the bare alias means that column."""
    rows: float = 3000.0
    """About how many rows it gives."""
    by_name: dict[str, Output | None] = field(init=False)
    """Outputs by name; None where a name is there twice."""

    def __post_init__(self) -> None:
        self.by_name = {}
        for output in self.outputs:
            self.by_name[output.name] = None if output.name in self.by_name else output


MergeSide = Literal["left", "none"]


@dataclass(slots=True)
class Scope:
    """The sources of one query, and what surrounds it."""

    parent: Scope | None
    sources: dict[str, Source] = field(default_factory=dict)
    whole: Scope | None = None
    """For one chain of joins: the scope of the whole FROM clause it is part of."""
    merged: dict[str, Source | None] = field(default_factory=dict)
    """USING and NATURAL columns: the source that stands for them, None where none does alone."""
    tied: list[tuple[set[str], set[str]]] = field(default_factory=list)
    """Sources that USING and NATURAL joins connect by an equality."""

    def add(self, source: Source, position: int | None) -> None:
        """Add a source; raises `Refused` when its alias is taken."""
        if source.alias in self.sources:
            raise Refused(
                "names",
                "names.duplicate_alias",
                f"The name {shown(source.alias)} stands for two tables.",
                "Give each table its own alias.",
                position,
            )
        self.sources[source.alias] = source

    def find(self, alias: str) -> Source | None:
        """Return the nearest source of that alias, innermost first."""
        scope: Scope | None = self
        while scope is not None:
            if alias in scope.sources:
                return scope.sources[alias]
            scope = scope.parent
        return None


@dataclass(slots=True)
class Cte:
    """A WITH query: its outputs, or None while it may not be read yet."""

    outputs: Sequence[Output] | None
    rows: float = 3000.0


Ctes = Mapping[str, Cte]


@dataclass(frozen=True, slots=True)
class View:
    """What one principal may name: tables by full and by short name."""

    tables: Mapping[str, Table]
    short: Mapping[str, Table | None]
    """None where two schemas have the name and neither is the default."""
    outputs: Mapping[str, tuple[Output, ...]]
    partial: frozenset[str] = frozenset()
    """Tables of which the principal sees some columns only; their rows cannot be read whole."""

    @classmethod
    def of(cls, catalog: Catalog, whole: Catalog | None = None) -> View:
        """Index the part of a catalog that is visible; `whole` is all of it."""
        short: dict[str, Table | None] = {}
        for table in catalog.tables:
            if table.name in short and table.schema != catalog.default_schema:
                held = short[table.name]
                short[table.name] = held if held and held.schema == catalog.default_schema else None
            else:
                short[table.name] = table
        outputs = {
            table.qualified: tuple(Output(c.name, type=c.type) for c in table.columns)
            for table in catalog.tables
        }
        every = {} if whole is None else whole.by_name
        partial = frozenset(
            name
            for name, table in catalog.by_name.items()
            if name in every and len(every[name].columns) > len(table.columns)
        )
        return cls(tables=catalog.by_name, short=short, outputs=outputs, partial=partial)


def renamed(alias: exp.Expr, outputs: Sequence[Output]) -> Sequence[Output]:
    """Return the outputs under the names of an alias's column list, the first ones first."""
    columns: list[exp.Expr] = alias.args.get("columns") or []
    if len(columns) > len(outputs):
        raise absent_column(columns[-1].name, position_of(alias))
    if not columns:
        return outputs
    given = [replace(old, name=new.name) for new, old in zip(columns, outputs, strict=False)]
    return given + list(outputs[len(columns) :])


def absent_table(name: str, position: int | None) -> Refused:
    """Return the refusal of a relation that is not there, or must look so."""
    return Refused(
        "names",
        "names.relation",
        f"There is no table {shown(name)} that can be read here.",
        ABSENT_REMEDY,
        position,
    )


def absent_column(name: str, position: int | None) -> Refused:
    """Return the refusal of a column that is not there, or must look so."""
    return Refused(
        "names",
        "names.column",
        f"There is no column {shown(name)} here.",
        ABSENT_REMEDY,
        position,
    )


def not_whole(table: Table, position: int | None) -> Refused:
    """Return the refusal of `*` or a row that stands for more columns than may be read."""
    return Refused(
        "names",
        "names.whole_row",
        f"The columns of {shown(table.name)} have to be named one by one here.",
        f"Instead of `*` or the whole row write those you need: {', '.join(table.by_name)}.",
        position,
    )


def ambiguous(name: str, position: int | None) -> Refused:
    """Return the refusal of a name that two sources offer."""
    return Refused(
        "names",
        "names.ambiguous",
        f"The name {shown(name)} could mean more than one column.",
        "Write the table's alias before it.",
        position,
    )


def identifier(name: str) -> exp.Identifier:
    """Return a quoted identifier."""
    return exp.Identifier(this=name, quoted=True)
