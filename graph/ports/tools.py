"""What a plan can be run on: plan, weigh, check, run."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol, TypeVar

from clearway.graph.ports.keeping import Asked
from clearway.identity import Principal
from clearway.outcome import (
    Cell,
    Degradation,
    DocsAnswer,
    ResultColumn,
    Usage,
)
from clearway.plans import CheckedSql, Evidence, Plan, Proof, Rejection
from clearway.semantics.types import Abstention


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
