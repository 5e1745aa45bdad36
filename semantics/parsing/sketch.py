"""The shape of a question before any name is resolved: what is asked, of what, and when."""

from __future__ import annotations

from dataclasses import dataclass, field

from clearway.semantics.frame import Aggregate, Comparator, Grain, Scalar, Span, Step
from clearway.semantics.parsing.entries import Entry
from clearway.semantics.times.period import Stretch

HEAD, COND, GROUP, ORDER = range(4)


@dataclass(slots=True, eq=False)
class Mention:
    """A table named in the question: the thing asked about, or one related to it."""

    entry: Entry
    span: Span
    region: int
    negated: bool = False
    comparator: Comparator | None = None
    count: int | None = None
    verb: str = ""
    """Base form of the verb that led to it."""
    table: str = ""
    """Set when resolved."""
    wanted: bool = False
    """It is itself asked for (`list customers`), not only a place where attributes live."""
    repeated: bool = False
    """Named again behind a verb: other rows of the same table."""
    under: Mention | None = None
    """The table named before it, of which it is said (`albums with more than 3 tracks`)."""


@dataclass(slots=True, eq=False)
class Item:
    """A column or number asked for, grouped by or sorted by."""

    span: Span
    entry: Entry | None = None
    owner: Mention | None = None
    """The table named right before it (`album title`) or after `of`."""
    aggregate: Aggregate | None = None
    counted: Mention | None = None
    rows: bool = False
    """Rows are counted whatever they are of."""
    distinct: bool = False
    share: bool = False
    percent: bool = False
    """A share, or a rate, was asked for in hundredths."""
    grain: Step | None = None
    concept: str = ""
    """`cost`, `long`, `age`, `time`: an adjective stands for the column."""
    everything: bool = False
    where: Condition | None = None
    """A rate of these rows among all (`failure rate`)."""
    per: bool = False
    """Said with `per`: a number may be divided by it."""
    each: bool = False
    """Said with `per` or `each`: a number is wanted for every one."""
    loosely: bool = False
    """`most popular`: most often, if it is clear among what."""
    verb: str = ""
    """What is done most often, where that is what is counted."""
    so: Condition | None = None
    """What rows are most often (`failed most often`)."""
    verb_entry: Entry | None = None

    @property
    def vague(self) -> bool:
        """`largest`, `highest`: by a number that is said elsewhere, if at all."""
        return self.entry is None and self.concept == "value"


@dataclass(slots=True, eq=False)
class Condition:
    """A column, or none yet, compared with values."""

    span: Span
    comparator: Comparator
    values: tuple[Scalar, ...] = ()
    entry: Entry | None = None
    value_entry: Entry | None = None
    """The phrase was found among the stored values."""
    owner: Mention | None = None
    item: Item | None = None
    """A number of each group is compared (having)."""
    against: Item | None = None
    negated: bool = False
    denied: bool = False
    """Negated by what is not so (`did not fail`), not by an exception (`outside Europe`)."""
    alternative: int = 0
    quoted: bool = False
    apart: bool = False
    """Joined by `both ... and`: each must hold, for rows of their own."""
    of_label: bool = False
    """Without a column the name of the owner is meant."""
    of_key: bool = False
    """The owner's key is meant."""
    proper: bool = False
    """Written like a name, and not known."""
    times: tuple[Comparator, int] | None = None
    """How many rows of a group must be so: `never`, `more than 3 times`."""
    verbal: bool = False
    """It stands behind a verb."""
    grouped: bool = False
    """It holds of the mean of each group (`slower than 5 minutes on average`)."""
    concept: str = ""
    """An adjective stands for the column."""
    than: Entry | None = None
    """The column it is compared with, of the same row."""
    verb: str = ""
    """The event whose time is compared (`shipped later than required`), without `entry`."""
    than_verb: str = ""
    """The event whose time it is compared with."""
    unit: str = ""
    """What the number was said to be in."""
    part: bool = False
    """It tells the part, where a share is asked for, and not the whole."""


@dataclass(slots=True, eq=False)
class Sorting:
    """One sort key; without an item the label or the only measure is meant."""

    span: Span
    item: Item | None = None
    descending: bool = False
    by_label: bool = False
    superlative: bool = False
    concept: str = ""
    """What it is a direction of: `time` of `latest first`, `cost` of `cheapest first`."""
    listing: bool = False
    """`the latest orders`: several rows, of which no number was said."""


@dataclass(frozen=True, slots=True)
class Happening:
    """What never happened, or so many times (`never loaned`), by its verb."""

    verb: str
    span: Span
    comparator: Comparator | None = None
    count: int | None = None


@dataclass(frozen=True, slots=True)
class Days:
    """Days of the week, whichever week they are in."""

    names: tuple[str, ...]
    span: Span
    negated: bool = False


@dataclass(slots=True)
class Sketch:
    """Everything found, in order of appearance."""

    heads: list[Item] = field(default_factory=list)
    groups: list[Item] = field(default_factory=list)
    mentions: list[Mention] = field(default_factory=list)
    conditions: list[Condition] = field(default_factory=list)
    sortings: list[Sorting] = field(default_factory=list)
    periods: list[tuple[Stretch, Span]] = field(default_factory=list)
    verbs: list[tuple[str, Span, Entry | None]] = field(default_factory=list)
    happened: Happening | None = None
    days: list[Days] = field(default_factory=list)
    limit: int | None = None
    skip: int = 0
    """How many rows come before the one that is asked for (`the second highest`)."""
    distinct: bool = False
    mine: bool = False
    person: bool = False
    """The question asks who."""
    presentation: str = ""
    breakdown: bool = False
    """Rows are counted by what is named, where no number is."""
    shared: Span | None = None
    """Where a share was asked for."""
    predicate: int | None = None
    """Where it begins to be said what of the whole is meant (`of revenue is online`)."""
    running: Span | None = None
    """Where a running total was asked for."""
    trend: bool = False
    """How a number went over time was asked, so there must be steps of time."""
    compared: bool = False
    compared_values: bool = False
    """Two values are held against each other (`Europe vs Asia`)."""
    growth: bool = False
    back: Grain | None = None
    """How much earlier the other period is, where only that was said (`year over year`)."""
    loose: list[tuple[str, Span]] = field(default_factory=list)
    """Words that matter and found no place."""
    corrected: list[tuple[str, Span]] = field(default_factory=list)
    """Misspelt words, by what they were taken for."""
    passed: list[tuple[str, Span]] = field(default_factory=list)
    """Words that found no place and need none."""
