"""The Frame: what a question says, in slots, and what it says that no slot explains.

A Frame routes the request, plans SQL when no model can, keys the cache, and is the evidence the
gate holds a model's plan against. Every slot remembers the span of text that filled it.
Offsets count characters of `Frame.text`.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from clearway.semantics.plainform import from_plain, to_plain

FRAME_VERSION = 1

Aggregate = Literal["sum", "avg", "median", "min", "max", "count", "count_distinct"]
Comparator = Literal["=", "<>", "<", "<=", ">", ">=", "in", "not in", "between", "like", "is null"]
Grain = Literal["hour", "day", "week", "month", "quarter", "year"]
Cycle = Literal["hour of day", "weekday", "month of year"]
Step = Grain | Cycle
Scalar = str | int | float | bool | None
Span = tuple[int, int]
NOWHERE: Span = (0, 0)
"""The span of a slot the text implies without saying it."""


@dataclass(frozen=True, slots=True)
class ColumnRef:
    """One column of one table."""

    table: str
    """`schema.name`."""
    name: str
    via: str = ""
    """`schema.table.column`, where the row meant is the one that key points to."""

    @property
    def home(self) -> str:
        """The table it belongs to, or the one whose key leads to it."""
        return self.via.rpartition(".")[0] or self.table


@dataclass(frozen=True, slots=True, kw_only=True)
class MeasureSlot:
    """A number asked for: an aggregate of a column, a count of a table's rows, a named measure."""

    aggregate: Aggregate | None = None
    column: ColumnRef | None = None
    table: str = ""
    """Whose rows are aggregated or counted."""
    named: str = ""
    """A measure of the catalog; then `aggregate` and `column` are empty."""
    share: bool = False
    """Asked for as a share of the whole."""
    percent: bool = False
    """A share, or a ratio, is told in hundredths."""
    where: tuple[Filter, ...] = ()
    """Only these rows are counted, whatever the others are."""
    over: MeasureSlot | None = None
    """The divisor, where a ratio was asked for."""
    running: bool = False
    """Added up from the first step of time to each."""
    span: Span = NOWHERE


@dataclass(frozen=True, slots=True, kw_only=True)
class Dimension:
    """A column asked for or grouped by; `grain` is the step of time, in the asker's zone."""

    column: ColumnRef
    grain: Step | None = None
    zone: str = "UTC"
    shift: int = 0
    """Days after Monday a week starts, or months after January a quarter does."""
    identifies: bool = False
    """Stands for a row of its table: rows that share a label are kept apart."""
    span: Span = NOWHERE


@dataclass(frozen=True, slots=True, kw_only=True)
class Filter:
    """A condition on a column, or on a measure of each group where `measure` is set."""

    column: ColumnRef | None = None
    measure: MeasureSlot | None = None
    comparator: Comparator
    values: tuple[Scalar, ...] = ()
    against: MeasureSlot | None = None
    """Compared with this number over everything (`longer than the average`) instead of `values`.

    With `measure` an average is that of all rows for a mean, and of all groups for a total.
    """
    than: ColumnRef | None = None
    """Compared with this column of the same row (`shipped later than required`)."""
    step: Cycle | None = None
    """The step of a cycle a time falls on is compared, by its name: `saturday`."""
    zone: str = "UTC"
    """The zone those steps are cut in."""
    negated: bool = False
    exact: bool = False
    """The values are spelled as the data has them; else they are as someone typed them."""
    alternative: int = 0
    """Filters with the same number above 0 are alternatives (OR); the rest must all hold."""
    span: Span = NOWHERE


@dataclass(frozen=True, slots=True, kw_only=True)
class Period:
    """A stretch of time, half open, resolved to UTC; None is unbounded on that side."""

    start: datetime | None
    end: datetime | None
    column: ColumnRef | None = None
    zone: str = "UTC"
    """The asker's zone: what the days of a date column mean."""
    label: str = ""
    """The asker's words for it, normalised; shown to people, never part of the meaning."""
    span: Span = NOWHERE


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """A second period the first is held against."""

    base: Period
    kind: Literal["side_by_side", "difference", "growth"] = "side_by_side"
    span: Span = NOWHERE


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """How rows are sorted: by a measure or by a column."""

    measure: MeasureSlot | None = None
    column: ColumnRef | None = None
    descending: bool = False
    span: Span = NOWHERE


@dataclass(frozen=True, slots=True, kw_only=True)
class Existence:
    """Rows of the subject that have, or lack, related rows."""

    table: str
    via: str = ""
    """A table the relation must lead through, where the question names one."""
    negated: bool = False
    comparator: Comparator | None = None
    """With `count`: how many related rows there must be."""
    count: int | None = None
    filters: tuple[Filter, ...] = ()
    """Conditions on those rows, or on rows they belong to."""
    period: Period | None = None
    """When those rows happened."""
    span: Span = NOWHERE


@dataclass(frozen=True, slots=True, kw_only=True)
class Leftover:
    """A word no slot explains. One that matters keeps the rules planner from guessing."""

    word: str
    span: Span
    matters: bool = True
    name: bool = False
    """Written like a name or quoted: the data may know it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Alternative:
    """One thing an ambiguous word could mean; `rewrite` is the question that says so plainly."""

    label: str
    rewrite: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Ambiguity:
    """Words with several meanings the catalog cannot tell apart."""

    word: str
    span: Span
    alternatives: tuple[Alternative, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
    """Everything one question says. Empty slots were not said."""

    text: str
    """The question as it was read: normalised, a follow-up completed."""
    schema_version: int = FRAME_VERSION
    language: Literal["en", "other", "none"] = "en"
    """`other` is a language without a lexicon; `none` holds no words."""
    subject: str | None = None
    """`schema.name` of the table whose rows the question is about."""
    everything: bool = False
    """All columns of the subject were asked for."""
    measures: tuple[MeasureSlot, ...] = ()
    attributes: tuple[Dimension, ...] = ()
    """Columns asked for as they are."""
    dimensions: tuple[Dimension, ...] = ()
    """Columns to group by."""
    filters: tuple[Filter, ...] = ()
    period: Period | None = None
    comparison: Comparison | None = None
    existence: tuple[Existence, ...] = ()
    order: tuple[Order, ...] = ()
    limit: int | None = None
    skip: int = 0
    """How many of the first rows are passed over: 1 for `the second highest`."""
    limit_per: tuple[Dimension, ...] = ()
    """The limit holds within each of these."""
    distinct: bool = False
    scope: Literal["mine", "all"] | None = None
    identifiers: tuple[str, ...] = ()
    """Ids, codes and quoted names, exactly as typed."""
    presentation: Literal["table", "chart"] | None = None
    follow_up: bool = False
    """The text continued an earlier question, whose slots are merged in."""
    assumptions: tuple[str, ...] = ()
    """What was taken for granted, in words for the asker."""
    leftover: tuple[Leftover, ...] = ()
    ambiguities: tuple[Ambiguity, ...] = ()

    @property
    def complete(self) -> bool:
        """Whether every word that matters is explained, in one way only."""
        return not self.ambiguities and not any(word.matters for word in self.leftover)

    def to_json(self) -> dict[str, Any]:
        """Return the Frame JSON-plain, schema version included."""
        return {**to_plain(self), "schema_version": self.schema_version}

    @classmethod
    def from_json(cls, plain: dict[str, Any]) -> Frame:
        """Return the Frame `to_json` was made from; ValueError for another schema version."""
        if plain.get("schema_version") != FRAME_VERSION:
            raise ValueError(f"a Frame of version {plain.get('schema_version')} cannot be read")
        return from_plain(cls, plain)

    def canonical(self) -> str:
        """Return the text two questions share exactly when they mean the same.

        Spans, labels and the wording are left out; the order of what is shown is kept, that of
        conditions is not. With words unexplained the wording itself is part of the meaning.
        """
        plain = _meaning(to_plain(self))
        for name in ("leftover", "ambiguities", "identifiers", "follow_up", "assumptions", "text"):
            plain.pop(name, None)
        plain["filters"] = sorted(map(_unordered, plain.get("filters", ())), key=_sorted_text)
        plain["existence"] = sorted(plain.get("existence", ()), key=_sorted_text)
        if not self.complete or self.subject is None:
            plain["text"] = " ".join(self.text.casefold().split())
        return _sorted_text(plain)


def _meaning(plain: Any) -> Any:
    if isinstance(plain, dict):
        return {k: _meaning(v) for k, v in plain.items() if k not in ("span", "label")}
    if isinstance(plain, list):
        return [_meaning(item) for item in plain]
    return plain


def _unordered(plain: Any) -> Any:
    """One of several values is meant, in whatever order they were said."""
    if plain.get("comparator") in ("in", "not in"):
        return {**plain, "values": sorted(plain.get("values", ()), key=str)}
    return plain


def _sorted_text(plain: Any) -> str:
    return json.dumps(plain, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
