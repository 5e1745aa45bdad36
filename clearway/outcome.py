"""Outcome: the one typed thing every surface returns, a discriminated union on `kind`."""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated, Literal, Self

from pydantic import Field, JsonValue, TypeAdapter, model_validator

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

    def plus(self, other: Usage) -> Usage:
        """Return both together; the model is the latest that was asked."""
        unknown = self.cost_usd is None or other.cost_usd is None
        return Usage(
            model=other.model or self.model,
            prompt_tokens=self.prompt_tokens + other.prompt_tokens,
            completion_tokens=self.completion_tokens + other.completion_tokens,
            cost_usd=None if unknown else (self.cost_usd or 0) + (other.cost_usd or Decimal(0)),
        )


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


class Citation(Model):
    """Where a sentence stands."""

    number: int = Field(ge=1, description="as in the answer's [1]")
    document: str
    title: str
    collection: str
    section: tuple[str, ...]
    line: int
    end_line: int
    page: int | None = None
    quote: str = Field(description="verbatim")


class Sentence(Model):
    """One sentence of an answer and the citations that carry it."""

    text: str
    citations: tuple[int, ...] = Field(min_length=1)


class Definition(Model):
    """What a document says a term means."""

    term: str
    meaning: str
    citation: Citation


class DocsAnswer(Model):
    """An answer from documents, or that they hold none."""

    found: bool
    text: str
    sentences: tuple[Sentence, ...] = ()
    citations: tuple[Citation, ...] = ()
    support: float = Field(ge=0, le=1, description="share of the question's weight that is covered")
    mode: Literal["extractive", "generated"] = "extractive"
    search: Literal["hybrid", "lexical"] = "lexical"
    notes: tuple[str, ...] = ()


class Choice(Model):
    """One reading the caller can pick by id, label or number."""

    id: str
    label: str
    effect: str = Field(default="", description="what choosing it would change")


class OutcomeBase(Model):
    """What every outcome carries."""

    schema_version: int = SCHEMA_VERSION
    trace_id: str
    thread_id: str | None = Field(
        default=None, description="the conversation it was asked in, where one was named"
    )
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
    parts: tuple[Part, ...] = Field(
        default=(), description="where one request asked several things: each with its own outcome"
    )


class Part(Model):
    """One of several things a request asked, and what came of it."""

    question: str
    outcome: Outcome


class Answered(OutcomeBase):
    """The plan passed every check and ran: a table, an answer from documents, or parts."""

    kind: Literal["answered"] = "answered"
    result: Result | None = Field(default=None, description="where the answer is a table")
    docs: DocsAnswer | None = Field(default=None, description="where it stands in documents")
    sql: str | None = None
    plan_source: PlanSource
    explanation: str = ""
    assumptions: tuple[str, ...] = ()

    @model_validator(mode="after")
    def _answers(self) -> Self:
        """Refuse an answer that holds none."""
        if self.result is None and self.docs is None and not self.parts:
            raise ValueError("an answer is a table, an answer from documents, or parts")
        return self


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


class Approval(Model):
    """One thing that waits for a person's yes or no."""

    id: str
    """Says which is meant, where several wait."""
    statement: str
    """What would run."""
    question: str = ""
    """What asked for it: the whole request, or one part of it."""
    notes: tuple[str, ...] = ()
    """What to know before."""


class NeedsReview(OutcomeBase):
    """A person must decide before, or find out after: nothing more runs by itself."""

    kind: Literal["needs_review"] = "needs_review"
    reason: str
    approvals: tuple[Approval, ...] = ()
    """What runs after a yes in the same conversation; nothing where a yes changes nothing."""


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

for _kind in (Part, Answered, Clarify, Refused, NeedsReview, Denied, Limited, Failed):
    _kind.model_rebuild()

OUTCOME: TypeAdapter[Outcome] = TypeAdapter(Outcome)
"""Validates and serialises any outcome: `OUTCOME.validate_python`, `OUTCOME.dump_json`."""
