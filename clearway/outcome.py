"""Outcome: the one typed thing every surface returns, a discriminated union on `kind`."""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated, Literal

from pydantic import Field, JsonValue, TypeAdapter

from clearway.errors import Category, Scalar, Severity
from clearway.plans import Evidence, Model, PlanSource, Rejection, Tool

SCHEMA_VERSION = 1
CacheTier = Literal["none", "process", "redis", "history"]
CacheMatch = Literal["none", "exact", "template"]
"""Whether a plan was kept for this very question, or for one that differs in values only."""
Cell = JsonValue
"""A JSON-plain cell. Exact numbers that a JSON number cannot hold travel as strings."""


class Usage(Model):
    """Tokens and money of one request, over all its model calls."""

    model: str | None = None
    prompt_tokens: int = 0
    completion_tokens: int = 0
    cost_usd: Decimal | None = Decimal(0)
    """None where the model's price is not known."""


class Degradation(Model):
    """A fallback, retry, repair, redaction or cache hit: never silent."""

    kind: Literal["fallback", "retry", "repair", "redaction", "cache", "limit", "missing"]
    detail: str


class ResultColumn(Model):
    """Name and Postgres type of one column."""

    name: str
    type: str


class Result(Model):
    """Rows as the caller receives them; `row_count` is the number of rows returned."""

    columns: tuple[ResultColumn, ...]
    rows: tuple[tuple[Cell, ...], ...]
    row_count: int
    truncated: bool = False
    result_hash: str = Field(description="SHA-256 of columns and rows; the audit keeps it")


class Choice(Model):
    """One reading the caller can pick by id, label or number."""

    id: str
    label: str
    effect: str = Field(default="", description="what choosing it would change")


class OutcomeBase(Model):
    """What every outcome carries."""

    schema_version: int = SCHEMA_VERSION
    trace_id: str
    message: str = Field(description="one or two sentences for a person")
    tool: Tool = "none"
    source_id: str | None = None
    confidence: float = Field(default=0.0, ge=0, le=1)
    threshold: float | None = Field(default=None, description="what the gate asked for")
    evidence: tuple[Evidence, ...] = ()
    degradations: tuple[Degradation, ...] = ()
    timings_ms: dict[str, float] = Field(default_factory=dict)
    usage: Usage = Usage()
    cache: CacheTier = "none"
    cache_match: CacheMatch = "none"


class Answered(OutcomeBase):
    """The plan passed every check and ran."""

    kind: Literal["answered"] = "answered"
    result: Result
    sql: str | None = None
    plan_source: PlanSource
    explanation: str = ""
    assumptions: tuple[str, ...] = ()


class Clarify(OutcomeBase):
    """Clearway asks back; answer with a choice or in free text on the same thread."""

    kind: Literal["clarify"] = "clarify"
    prompt: str
    unclear: tuple[str, ...] = Field(default=(), description="the words or slots in doubt")
    choices: tuple[Choice, ...] = Field(default=(), max_length=3)
    rounds_left: int = Field(ge=0)


class Refused(OutcomeBase):
    """An honest no: unsafe, unclear after all rounds, or about nothing Clearway can be asked."""

    kind: Literal["refused"] = "refused"
    reason: str
    remedy: str = Field(description="what would help")
    rejection: Rejection | None = None


class NeedsReview(OutcomeBase):
    """A person must decide before, or find out after: nothing more runs by itself."""

    kind: Literal["needs_review"] = "needs_review"
    reason: str


class Denied(OutcomeBase):
    """The caller may not ask this; worded as if the thing did not exist."""

    kind: Literal["denied"] = "denied"
    reason: str


class Limited(OutcomeBase):
    """Too much, too fast."""

    kind: Literal["limited"] = "limited"
    reason: str
    retry_after_s: float = Field(ge=0)


class Problem(Model):
    """The seven keys of `ClearwayError.to_dict()`."""

    error_type: str
    category: Category
    severity: Severity
    message: str
    retryable: bool
    details: dict[str, Scalar]
    timestamp: str


class Failed(OutcomeBase):
    """The system failed; the only kind that is not the caller's business to fix."""

    kind: Literal["failed"] = "failed"
    error: Problem


Outcome = Annotated[
    Answered | Clarify | Refused | NeedsReview | Denied | Limited | Failed,
    Field(discriminator="kind"),
]

OUTCOME: TypeAdapter[Outcome] = TypeAdapter(Outcome)
"""Validates and serialises any outcome: `OUTCOME.validate_python`, `OUTCOME.dump_json`."""
