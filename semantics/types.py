"""The Catalog: what data there is, what it means, and who may see it.

Introspected from the database, refined in `catalog.yaml`; its allowed tables are the allowlist.
Frozen all the way down, so that a version (hash) can stand for it in cache keys and audit.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Literal

from clearway.identity import Principal
from clearway.semantics.frame import Aggregate, Comparator, Frame, Grain

__all__ = [
    "Abstention",
    "Aggregate",
    "Catalog",
    "Column",
    "Comparator",
    "ForeignKey",
    "Frame",
    "Grain",
    "Mask",
    "Measure",
    "Reading",
    "Role",
    "Route",
    "Sensitivity",
    "Table",
]

Sensitivity = Literal["public", "internal", "personal", "secret"]
"""public: values may be indexed and shown to a model; internal: not sampled; personal: masked or
denied by policy; secret: never readable."""

Role = Literal["measure", "dimension", "time", "key", "attribute"]
Mask = Literal["null", "hash", "partial", "generalise"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """One column; `type` is Postgres's own name for it (`format_type`)."""

    name: str
    type: str
    nullable: bool = True
    description: str = ""
    synonyms: tuple[str, ...] = ()
    meant_by: tuple[str, ...] = ()
    """Words that mean this column where other columns are called the same."""
    role: Role = "attribute"
    aggregate: Aggregate | None = None
    unit: str | None = None
    sensitivity: Sensitivity = "internal"
    allow: bool = True
    roles: frozenset[str] | None = None
    """Roles that may read it; None is everyone who may read the table."""
    mask: Mask | None = None
    """How everyone outside `unmasked_roles` sees it."""
    unmasked_roles: frozenset[str] = frozenset()
    values: tuple[str, ...] = ()
    """All its values where there are few and the column is public."""
    value_names: tuple[tuple[str, str], ...] = ()
    """What else people call some of them: what is said, then the value."""
    distinct: float | None = None
    """Estimated number of distinct values."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ForeignKey:
    """`columns` of this table reference `to_columns` of `to_schema.to_table`, pairwise."""

    columns: tuple[str, ...]
    to_schema: str
    to_table: str
    to_columns: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Table:
    """One relation that can be read."""

    schema: str
    name: str
    columns: tuple[Column, ...]
    kind: Literal["table", "view", "materialized view", "foreign table", "partitioned table"] = (
        "table"
    )
    primary_key: tuple[str, ...] = ()
    foreign_keys: tuple[ForeignKey, ...] = ()
    description: str = ""
    synonyms: tuple[str, ...] = ()
    row_estimate: float | None = None
    time_column: str | None = None
    derived: bool = False
    """A view over tables that are all in the catalog themselves: it repeats what they say."""
    owner: str = ""
    """Who answers for the data; for people, not for permissions."""
    allow: bool = True
    roles: frozenset[str] | None = None
    """Roles that may read it; None is every role."""
    row_filter: str | None = None
    """SQL condition ANDed to every read; may use {user} and {tenant}, bound as literals."""

    @property
    def qualified(self) -> str:
        """`schema.name`."""
        return f"{self.schema}.{self.name}"

    @cached_property
    def by_name(self) -> Mapping[str, Column]:
        """Columns by exact name."""
        return {column.name: column for column in self.columns}


@dataclass(frozen=True, slots=True, kw_only=True)
class Measure:
    """A named business number: an aggregate expression over one table."""

    name: str
    table: str
    """`schema.name`."""
    expression: str
    """SQL over the table's columns, aggregate included, e.g. `sum(revenue) / sum(units_sold)`."""
    description: str = ""
    synonyms: tuple[str, ...] = ()
    unit: str | None = None


@dataclass(frozen=True, kw_only=True)
class Catalog:
    """All of one Source. Iteration order is the database's, so that versions are stable."""

    source_id: str
    tables: tuple[Table, ...]
    measures: tuple[Measure, ...] = ()
    default_schema: str = "public"
    version: str = ""
    """Hash of everything above; set by `clearway.semantics.catalog`."""
    glossary: Mapping[str, str] = field(default_factory=dict)
    """Accepted meanings of words: term -> the words it stands for."""

    @cached_property
    def by_name(self) -> Mapping[str, Table]:
        """Tables by `schema.name`."""
        return {table.qualified: table for table in self.tables}

    def visible_to(self, principal: Principal) -> Catalog:
        """Return the part this principal may read; what is left out looks absent.

        Secret and disallowed columns go; masked columns stay. The version is kept.
        """
        tables = tuple(
            replace(
                table,
                columns=tuple(c for c in table.columns if _readable(c, principal)),
            )
            for table in self.tables
            if table.allow and _has_role(table.roles, principal)
        )
        names = {table.qualified for table in tables}
        kept = tuple(measure for measure in self.measures if measure.table in names)
        return replace(self, tables=tables, measures=kept)


def _readable(column: Column, principal: Principal) -> bool:
    return column.allow and column.sensitivity != "secret" and _has_role(column.roles, principal)


def _has_role(roles: frozenset[str] | None, principal: Principal) -> bool:
    return roles is None or not roles.isdisjoint(principal.roles)


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """Where a question goes. `none` with a reason and what would help is an answer too."""

    tool: Literal["sql", "docs", "rest", "none"]
    confidence: float
    reason: str
    remedy: str = ""
    """What would help, where `tool` is none."""
    runners_up: tuple[tuple[Literal["sql", "docs", "rest", "none"], float], ...] = ()
    raw_sql: bool = False
    """The question is itself a SQL statement."""
    refuse: bool = False
    """An attempt to change data or the rules: refused, not clarified."""
    unclear: bool = False
    """It asks for data and no word says of what: asked back, with `reason` and `remedy`."""
    unclaimed: bool = False
    """It asks something nobody's words are in, or of the data's only some: where the data has no
    plan for it, documents may hold it all the same."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """One of several things a word could mean."""

    id: str
    label: str
    effect: str = ""
    term: str = ""
    """The words it gives a meaning to."""
    target: str = ""
    """What they would mean: `column:`, `measure:`, `table:` or `value:` and its full name."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Abstention:
    """Why no plan can be made from a Frame: what is unclear, and readings that settle it.

    A Reading's `effect` is the question rewritten so that it can be read in that one way only.
    """

    reason: str
    unclear: tuple[str, ...] = ()
    readings: tuple[Reading, ...] = ()
    retry_after_s: float | None = None
    """Where a limit stands in the way: how long it still does."""
    remedy: str = ""
    """What would help, where nothing can be asked back."""
