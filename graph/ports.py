"""What nodes may ask of the world. Implemented elsewhere; known here only as Protocols."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal, Protocol, TypeVar

from pydantic import Field

from clearway.errors import Scalar
from clearway.identity import Principal
from clearway.outcome import (
    CacheMatch,
    CacheTier,
    Cell,
    Definition,
    Degradation,
    DocsAnswer,
    ResultColumn,
    Usage,
)
from clearway.plans import CheckedSql, Evidence, Plan, Proof, Rejection, SqlPlan, Tool
from clearway.semantics.types import Abstention, Frame, Route


class Clock(Protocol):
    """Time, so that tests can drive it."""

    def now(self) -> datetime:
        """Return the current time in UTC."""
        ...

    def monotonic(self) -> float:
        """Return seconds that never go backward, for durations."""
        ...


class Ids(Protocol):
    """Identifiers, so that tests can name them."""

    def trace_id(self) -> str:
        """Return a new unique id."""
        ...


class Identity(Protocol):
    """Who calls, as the surface established it."""

    def caller(self) -> Principal:
        """Return the authenticated caller of the run in progress."""
        ...


class Limits(Protocol):
    """How much one caller may ask."""

    async def admit(self, principal: Principal) -> float | None:
        """Count one request; return None when it may pass, else the seconds to wait."""
        ...


Look = Callable[[str], Awaitable[Sequence[Sequence[Cell]]]]
"""Runs one look-up as the asker, checked and on record; no rows where it may not or cannot."""


class Semantics(Protocol):
    """The Reader, the router and the rules planner over what a principal may see. No I/O."""

    def read(
        self,
        text: str,
        principal: Principal,
        *,
        now: datetime,
        zone: str,
        previous: Frame | None = None,
    ) -> Frame:
        """Return what the text says; `previous` is the Frame a follow-up refers to."""
        ...

    async def ground(
        self,
        frame: Frame,
        principal: Principal,
        *,
        now: datetime,
        zone: str,
        previous: Frame | None,
        look: Look,
    ) -> Frame:
        """Return the Frame with the names it left over found in the data, where they are."""
        ...

    def route(self, text: str, frame: Frame, principal: Principal) -> Route:
        """Return where the question goes, deterministically."""
        ...

    def split(self, text: str, principal: Principal, *, now: datetime, zone: str) -> Sequence[str]:
        """Return the parts of a text that go to different tools; none where it is one question."""
        ...

    def plan(self, frame: Frame, principal: Principal) -> SqlPlan | Abstention:
        """Return a plan from the Frame alone, or say what stands in the way."""
        ...

    def evidence(
        self, frame: Frame, plan: SqlPlan, principal: Principal, *, proof: Proof | None = None
    ) -> tuple[Evidence, ...]:
        """Return what can be said for and against a plan before it runs.

        `proof` is the database's view of it, where that was asked.
        """
        ...

    def most_agreed(self, plans: Sequence[SqlPlan], principal: Principal) -> SqlPlan:
        """Return the one of several plans for a question that the others agree with most."""
        ...

    def prompt_schema(self, frame: Frame, principal: Principal) -> str:
        """Return the part of the catalog a model needs, and only what the principal may see."""
        ...

    def version(self) -> str:
        """Return the version of the catalog in use."""
        ...


class Confidence(Protocol):
    """What evidence comes to: a calibrated probability."""

    def of(self, evidence: Iterable[Evidence]) -> float:
        """Return how likely the plan answers the question, between 0 and 1.

        Better evidence never lowers it, and nothing raises it above what an objection leaves.
        """
        ...


@dataclass(frozen=True, kw_only=True)
class ModelRequest:
    """What a planner model is told, and how long it may take."""

    instructions: str
    """Ours: rules, schema, examples."""
    question: str
    """The asker's, as data."""
    source_id: str
    timeout_s: float
    principal: Principal | None = None
    """Whose limits and budgets it counts in."""
    trace_id: str = ""
    fresh: bool = False
    """Ask anew: no reply that was kept, and none that another request waits for."""


class Spending(Usage):
    """What a proposal cost, and how it came about."""

    degradations: tuple[Degradation, ...] = Field(default=(), exclude=True)
    """What did not go as it should have on the way to it."""
    tried: dict[str, str] = Field(default={}, exclude=True)
    """Each model that was called, and what came of it."""
    policy: str = Field(default="", exclude=True)
    """Version of the rules that said which models may be asked."""

    def plus(self, other: Usage) -> Spending:
        """Return both together; what is true of both is said once."""
        more = other if isinstance(other, Spending) else Spending()
        return Spending(
            **dict(super().plus(other)),
            degradations=tuple(dict.fromkeys((*self.degradations, *more.degradations))),
            tried={**self.tried, **more.tried},
            policy=more.policy or self.policy,
        )


class PlannerModel(Protocol):
    """A language model that proposes SQL."""

    async def propose(self, request: ModelRequest) -> tuple[SqlPlan | Abstention, Usage]:
        """Return a plan or the model's own no, and what it cost; raise `ModelUnavailable`.

        The usage may be `Spending`. `ModelLimited` says when it is worth trying again.
        """
        ...


class Interlock(Protocol):
    """The deterministic tree layers: no I/O, about a millisecond."""

    def check(self, sql: str, principal: Principal) -> CheckedSql | Rejection:
        """Return the statement rendered anew from the checked tree, or why not."""
        ...


class Prover(Protocol):
    """The database's own view of a checked statement; nothing is executed."""

    async def prove(
        self, checked: CheckedSql, principal: Principal, *, timeout_s: float
    ) -> Proof | Rejection:
        """Return cost and relations from EXPLAIN, or why the statement may not run."""
        ...


@dataclass(frozen=True, kw_only=True)
class Rows:
    """What an execution brought back."""

    columns: tuple[ResultColumn, ...]
    rows: tuple[tuple[Cell, ...], ...]
    truncated: bool
    result_hash: str
    size_bytes: int = 0
    """As JSON lines, where the executor counted."""


class Lookups(Protocol):
    """Small reads that say where in the data a name stands."""

    async def rows(
        self, sql: str, principal: Principal, *, request_id: str, trace_id: str, timeout_s: float
    ) -> Sequence[Sequence[Cell]]:
        """Return the rows of a look-up, checked, proven and on record like any execution.

        No rows where the interlock or the database objects, or time runs out: the question is
        then read without. Raises `StoreUnavailable` when nothing may execute.
        """
        ...


@dataclass(frozen=True, kw_only=True)
class Inquiry:
    """A request as the tool that answers it sees it."""

    asked: Asked
    request_id: str
    trace_id: str
    text: str
    """The question as it is read, or a statement where `raw`."""
    raw: bool = False
    """The text is itself a statement of the tool's own language."""
    withheld: bool = False
    """A part of the question was a secret, and is not in `text`."""
    fresh: bool = False
    """A plan nobody else made or waits for."""
    rejected: tuple[Rejection, ...] = ()
    """What earlier proposals of this turn got wrong."""
    timeout_s: float
    """What is left of the request's one deadline."""

    @property
    def principal(self) -> Principal:
        """Return who asks."""
        return self.asked.principal


@dataclass(frozen=True, kw_only=True)
class Proposed:
    """What planning came to, and what it cost."""

    by: Plan | Abstention
    usage: Usage | None = None
    """None where no model was asked."""
    notes: tuple[Degradation, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Weighing:
    """What is known of a plan before it runs."""

    evidence: tuple[Evidence, ...]
    proof: Proof | None = None
    objection: Rejection | None = None
    """Why it may not run, where that was found out already; `validate` says it."""
    shortfall: Abstention | None = None
    """What to say where the evidence is not enough; other words are asked for without it."""


@dataclass(frozen=True, kw_only=True)
class Ran:
    """What running a plan brought back, shaped for the asker: a table, or a cited answer."""

    rows: Rows
    """Empty beside an `answer`, but for the hash the audit keeps."""
    answer: DocsAnswer | None = None
    notes: tuple[Degradation, ...] = ()
    usage: Usage | None = None
    """Of a model that wrote the answer."""


PlanT_contra = TypeVar("PlanT_contra", contravariant=True)
CheckedT = TypeVar("CheckedT")


class ToolPort(Protocol[PlanT_contra, CheckedT]):
    """One kind of thing a plan runs on: the whole way of a request, from question to answer.

    The nodes know no tool by name: they take the one the plan is for, and do the same with each.
    `PlanT_contra` and `CheckedT` are the tool's members of `clearway.plans.Plan` and `Checked`.
    """

    @property
    def learns(self) -> bool:
        """Return whether planning again after a rejection could give another plan."""
        ...

    async def plan(self, inquiry: Inquiry) -> Proposed:
        """Propose; raise `ModelUnavailable`, and `by_rules` is asked instead. Nothing runs."""
        ...

    def by_rules(self, inquiry: Inquiry) -> Plan | Abstention:
        """Return a plan made without a model, or why there is none; no I/O."""
        ...

    async def weigh(self, plan: PlanT_contra, inquiry: Inquiry) -> Weighing:
        """Return the evidence for and against a plan, as its asker; nothing of the data leaves."""
        ...

    async def check(self, plan: PlanT_contra, principal: Principal) -> CheckedT | Rejection:
        """Return the plan as it will run, or why it may not: the authoritative word.

        What the principal may not see is answered as if it were not there.
        """
        ...

    def confidence(self, evidence: Sequence[Evidence]) -> float:
        """Return how likely the plan answers the question, 0 to 1; an objection leaves nothing."""
        ...

    def approval(self, checked: CheckedT, proof: Proof | None) -> str:
        """Return why a person must approve it before it runs; empty where nobody must."""
        ...

    async def run(self, checked: CheckedT, inquiry: Inquiry) -> Ran:
        """Run what was checked, within the inquiry's time; its intent is on record.

        Raises `ExecutionError`, `RateLimitError`, `RequestTimeoutError` or `StoreUnavailable`.
        """
        ...


class SqlExecutor(Protocol):
    """Runs a checked statement as a bounded read."""

    async def run(
        self, checked: CheckedSql, principal: Principal, *, trace_id: str, timeout_s: float
    ) -> Rows:
        """Return the rows; raise `ExecutionError`, `RequestTimeoutError` or `StoreUnavailable`."""
        ...


@dataclass(frozen=True, kw_only=True)
class AuditEvent:
    """One fact for the record. `(request_id, step, phase)` is unique: writing it twice is once."""

    trace_id: str
    step: str
    """`ask` for the request as a whole, `execute-1`, `execute-2` ... for executions."""
    phase: Literal["intent", "outcome"]
    action: str
    """`ask`, `execute`, ..."""
    tool: Tool
    source_id: str | None
    principal: Principal
    at: datetime
    input: str = ""
    """Question or statement as it came; the trail redacts and hashes it."""
    statement: str | None = None
    """Generated SQL."""
    success: bool | None = None
    status: str = ""
    """Outcome kind or error type."""
    duration_ms: float | None = None
    columns: tuple[str, ...] = ()
    row_count: int | None = None
    result_hash: str | None = None
    details: Mapping[str, Scalar] = field(default_factory=dict)
    request_id: str = ""
    """Unique to one request, where `trace_id` is a caller's and may come again; else `trace_id`."""


class AuditTrail(Protocol):
    """The append-only, tamper-evident record."""

    async def append(self, *events: AuditEvent, durable: bool = True) -> None:
        """Commit the events together; when `durable`, they are on disk on return.

        Raises `StoreUnavailable` when they could not be written: the caller must not execute.
        """
        ...


class Redactor(Protocol):
    """Removes secrets and personal data from text that will be kept or shown."""

    def redact(self, text: str) -> str:
        """Return the text with every find replaced by a labelled placeholder; idempotent."""
        ...


class Screen(Protocol):
    """What of a question may be read, and what of an answer may be shown, as the operator says.

    Records and logs pass the `Redactor` whatever the screen lets through.
    """

    def question(self, text: str) -> str:
        """Return the question without what must not even be looked for; idempotent."""
        ...

    def answer(self, text: str) -> str:
        """Return a text of the answer as the asker may see it; idempotent."""
        ...


class Seal(Protocol):
    """Proves that a value in the state was written by this deployment, for this request."""

    def sign(self, payload: str) -> str:
        """Return a keyed digest."""
        ...

    def verify(self, payload: str, seal: str) -> bool:
        """Return whether `seal` is the digest of `payload`, in constant time."""
        ...


@dataclass(frozen=True, kw_only=True)
class Asked:
    """A question as it was read, who asked it, when and where: what a plan depends on."""

    frame: Frame
    principal: Principal
    at: datetime
    zone: str
    """IANA name; it resolves "today"."""
    tool: Tool = "sql"
    """What it goes to: the same words may ask the data and the documents."""


@dataclass(frozen=True, kw_only=True)
class Recalled:
    """What the plan cache found, and what was wrong with it."""

    plan: Plan | None = None
    """Its source is `cache`."""
    tier: CacheTier = "none"
    match: CacheMatch = "exact"
    """`template` where the plan was made for other values, and these were bound into it."""
    trouble: str = ""
    """Why a tier could not be asked, in words for the asker; a cache never fails a request."""


@dataclass(frozen=True, kw_only=True)
class PlanRun:
    """What came of running a plan: for the history, and for what may be kept."""

    execution_ms: float
    row_count: int
    result_bytes: int = 0
    usage: Usage = field(default_factory=Usage)
    """Of planning; nothing where the plan was recalled."""
    tier: CacheTier = "none"
    """Where a recalled plan came from."""
    bypassed: bool = False
    """A fresh plan was asked for: the history records it, and no other tier hears of it."""


class PlanCache(Protocol):
    """Plans that were validated and ran; never rows."""

    def key(self, asked: Asked) -> str:
        """Return what a plan is kept under: equal only where the plan must be."""
        ...

    async def recall(self, asked: Asked) -> Recalled:
        """Return a plan and the tier it came from; never raises."""
        ...

    async def remember(self, asked: Asked, plan: Plan, run: PlanRun) -> None:
        """Keep a plan that passed every check and ran, or count its use; raises `CacheError`."""
        ...

    async def forget(self, asked: Asked) -> None:
        """Drop a plan that no longer passes or runs; raises `CacheError`."""
        ...


Proposal = tuple[SqlPlan | Abstention, Usage]
"""What a model said, and what that cost."""


class Flights(Protocol):
    """One model call for all who ask the same at the same time."""

    async def share(
        self, key: str, propose: Callable[[], Awaitable[Proposal]], *, timeout_s: float
    ) -> tuple[Proposal, bool]:
        """Return what `propose` gives, and whether another request paid for it.

        Waits at most `timeout_s` for another's, then raises `ModelUnavailable`, as `propose` may.
        """
        ...


@dataclass(frozen=True, kw_only=True)
class Meaning:
    """What someone who was asked back chose a word to mean."""

    term: str
    target: str
    """`column:`, `measure:`, `table:` or `value:` and the full name."""
    question: str
    source_id: str
    principal: Principal
    at: datetime


class Glossary(Protocol):
    """Meanings for the owner to accept; nothing is learned from a choice by itself."""

    async def propose(self, meaning: Meaning) -> None:
        """Keep a meaning that was chosen and led to an answer; raises `StoreUnavailable`."""
        ...


@dataclass(frozen=True, kw_only=True)
class VerifiedQuery:
    """A question, and a statement the owner accepted as its answer."""

    question: str
    sql: str


class Definitions(Protocol):
    """What documents say terms mean."""

    async def definitions(
        self, question: str, principal: Principal, *, timeout_s: float
    ) -> Sequence[Definition]:
        """Return what is said of the question's terms, the most specific first, each cited.

        Only what the principal may see. Raises `StoreUnavailable`.
        """
        ...


class VerifiedQueries(Protocol):
    """Questions an owner has verified; what is not reviewed is never among them."""

    async def examples(
        self, question: str, principal: Principal, *, limit: int
    ) -> Sequence[VerifiedQuery]:
        """Return those of the asker's tenant most like this one that the asker could run.

        None where there are none, and none where the store is away; never raises.
        """
        ...


@dataclass(frozen=True, kw_only=True)
class Policy:
    """The operator's word, from Settings; a caller may only make it stricter."""

    source_id: str
    confidence_threshold: float
    min_confidence_threshold: float
    max_question_chars: int
    request_timeout_s: float
    model_timeout_s: float
    clarify_rounds: int
    repair_rounds: int
    preview_rows: int
    row_limit: int
    timezone: str
    approval_plan_cost: float | None
    model_samples: int = 1
    """How often a model is asked for the same plan, to see whether it agrees with itself."""


@dataclass(frozen=True, kw_only=True)
class Services:
    """Built once per process, bound to the nodes when the graph is built."""

    clock: Clock
    ids: Ids
    identity: Identity
    limits: Limits
    semantics: Semantics
    tools: Mapping[Tool, ToolPort[Any, Any]]
    """Each takes plans of its own kind only, which the types of a mapping cannot say."""
    lookups: Lookups
    cache: PlanCache
    audit: AuditTrail
    redactor: Redactor
    screen: Screen
    seal: Seal
    policy: Policy
    glossary: Glossary | None = None
    """None where choices are not kept."""
