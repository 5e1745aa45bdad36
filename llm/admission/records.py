"""What is on record of calls: totals, outcomes, traces, and how often limits said no."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Literal, Protocol

from clearway.llm.admission.ledger import LedgerEntry, MemoryLedger
from clearway.llm.admission.totals import ModelTotals
from clearway.llm.pace import Clock
from clearway.llm.ports import AttemptStatus
from clearway.llm.types import TriedOutcome

STRETCH = timedelta(hours=24)
"""How far back outcomes and limits are counted."""
StepOutcome = TriedOutcome | Literal["under_way", "interrupted"]
OUTCOMES: Mapping[AttemptStatus | None, StepOutcome] = {
    None: "under_way",
    "succeeded": "success",
    "failed": "failed",
    "timeout": "timeout",
    "refused": "refused",
    "cancelled": "cancelled",
    "abandoned": "abandoned",
    "interrupted": "interrupted",
}


@dataclass(frozen=True, kw_only=True)
class Step:
    """One call of one endpoint, as the ledger has it; no word of a prompt or an answer."""

    number: int
    provider: str
    endpoint: str
    model: str
    outcome: StepOutcome
    began_at: datetime
    latency_s: float | None = None
    first_token_s: float | None = None
    http_status: int | None = None
    error: str | None = None
    """Class of the failure, never its text."""
    prompt_tokens: int = 0
    completion_tokens: int = 0
    cost_usd: Decimal | None = None
    estimated: bool = False


@dataclass(frozen=True, kw_only=True)
class Trace:
    """One request and every call that was made for it, in order."""

    trace_id: str
    request_id: str
    user: str
    tenant: str
    task: str
    steps: Sequence[Step]

    @property
    def outcomes(self) -> dict[str, str]:
        """Return each model called and what came of it, the last word for a model winning."""
        return {step.model: step.outcome for step in self.steps}


@dataclass(frozen=True, kw_only=True)
class Owner:
    """Whose traces are wanted."""

    user: str
    tenant: str


Noted = Literal["turned_away", "cache_hit", "decisions_cleared"]
"""What no ledger holds: requests that no call is made for, and decisions that were forgotten."""


@dataclass(frozen=True, kw_only=True)
class Turnouts:
    """What became of the requests of the last day."""

    allowed: int = 0
    """A model was called for them."""
    rejected: int = 0
    """A limit of their caller's turned them away."""
    cache_hits: int = 0
    """Answered with a reply that was kept or shared."""

    @property
    def rejection_rate(self) -> float:
        """Return the share that was turned away; 0 when there were none."""
        total = self.allowed + self.rejected
        return self.rejected / total if total else 0.0

    @property
    def hit_rate(self) -> float:
        """Return the share of what was answered that no model was called for; 0 for nothing."""
        total = self.allowed + self.cache_hits
        return self.cache_hits / total if total else 0.0


class Records(Protocol):
    """Reads the ledger of this process, or of all that share a store."""

    async def totals(self) -> Sequence[ModelTotals]:
        """Return what all closed calls add up to, by provider and model; it only grows."""
        ...

    async def outcomes(self) -> Mapping[str, Mapping[str, int]]:
        """Return model -> outcome -> calls, of the last day."""
        ...

    async def traces(
        self, *, owner: Owner | None, trace_id: str | None = None, limit: int
    ) -> Sequence[Trace]:
        """Return the last requests, the newest first; of everybody where `owner` is None."""
        ...

    async def note(self, what: Noted) -> None:
        """Count what no call was made for."""
        ...

    async def noted(self, what: Noted) -> int:
        """Return how often that was counted in the last day."""
        ...

    async def turnouts(self) -> Turnouts:
        """Return what became of the requests of the last day."""
        ...


MAX_NOTED = 100_000


class MemoryRecords:
    """Implements `Records` over the ledger of one process, as far back as that goes."""

    def __init__(self, ledger: MemoryLedger, clock: Clock) -> None:
        """Read `ledger`; what it has forgotten stays in the totals only."""
        self._ledger = ledger
        self._clock = clock
        self._noted: dict[Noted, deque[datetime]] = {}

    async def totals(self) -> Sequence[ModelTotals]:
        """Return what all closed calls add up to."""
        return self._ledger.totals()

    async def outcomes(self) -> Mapping[str, Mapping[str, int]]:
        """Return model -> outcome -> calls, of the last day."""
        counted: dict[str, dict[str, int]] = {}
        for entry in self._recent():
            if entry.status is not None:
                calls = counted.setdefault(entry.attempt.model, {})
                outcome = OUTCOMES[entry.status]
                calls[outcome] = calls.get(outcome, 0) + 1
        return counted

    async def traces(
        self, *, owner: Owner | None, trace_id: str | None = None, limit: int
    ) -> Sequence[Trace]:
        """Return the last requests, the newest first."""
        wanted = [
            entry
            for entry in self._ledger
            if owner in (None, Owner(user=entry.attempt.user, tenant=entry.attempt.tenant))
            and trace_id in (None, entry.attempt.trace_id)
        ]
        return traces_of([_row(entry) for entry in wanted])[:limit]

    async def note(self, what: Noted) -> None:
        """Count what no call was made for."""
        self._noted.setdefault(what, deque(maxlen=MAX_NOTED)).append(self._clock.now())

    async def noted(self, what: Noted) -> int:
        """Return how often that was counted in the last day."""
        times, since = self._noted.get(what, deque()), self._clock.now() - STRETCH
        while times and times[0] < since:
            times.popleft()
        return len(times)

    async def turnouts(self) -> Turnouts:
        """Return what became of the requests of the last day."""
        return Turnouts(
            allowed=sum(entry.attempt.number == 1 for entry in self._recent()),
            rejected=await self.noted("turned_away"),
            cache_hits=await self.noted("cache_hit"),
        )

    def _recent(self) -> list[LedgerEntry]:
        since = self._clock.now() - STRETCH
        return [entry for entry in self._ledger if entry.begun_at >= since]


@dataclass(frozen=True, kw_only=True)
class Row:
    """A step and the request it belongs to."""

    trace_id: str
    request_id: str
    user: str
    tenant: str
    task: str
    step: Step


def traces_of(rows: Sequence[Row]) -> list[Trace]:
    """Return the requests the steps belong to, the one that began last first."""
    requests: dict[str, list[Row]] = {}
    for row in sorted(rows, key=lambda row: row.step.number):
        requests.setdefault(row.request_id, []).append(row)
    found = sorted(requests.values(), key=lambda rows: rows[0].step.began_at, reverse=True)
    return [
        Trace(
            trace_id=first.trace_id,
            request_id=first.request_id,
            user=first.user,
            tenant=first.tenant,
            task=first.task,
            steps=tuple(row.step for row in (first, *others)),
        )
        for first, *others in found
    ]


def _row(entry: LedgerEntry) -> Row:
    attempt, result = entry.attempt, entry.result
    step = Step(
        number=attempt.number,
        provider=attempt.provider,
        endpoint=attempt.endpoint,
        model=attempt.model,
        outcome=OUTCOMES[entry.status],
        began_at=entry.begun_at,
        latency_s=None if result is None else result.latency_s,
        first_token_s=None if result is None else result.first_token_s,
        http_status=None if result is None else result.http_status,
        error=None if result is None else result.error,
        prompt_tokens=result.prompt_tokens if result else 0,
        completion_tokens=result.completion_tokens if result else 0,
        cost_usd=None if result is None else result.cost_usd,
        estimated=bool(result and result.estimated),
    )
    return Row(
        trace_id=attempt.trace_id,
        request_id=attempt.request_id,
        user=attempt.user,
        tenant=attempt.tenant,
        task=attempt.task,
        step=step,
    )
