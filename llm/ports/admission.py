"""What the model router asks of shared state: may this attempt begin, and what came of it.

Everything that is counted among processes is counted in one place and one round trip: the breaker,
the windows, the budgets and the ledger. `enter` before an attempt, `leave` after it, always.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Literal, Protocol

BreakerState = Literal["closed", "open", "half_open"]
Period = Literal["call", "day", "month"]
AttemptStatus = Literal[
    "succeeded",
    "failed",
    "timeout",
    "cancelled",
    "abandoned",  # the caller stopped reading a stream
    "refused",  # the provider's content policy: an answer, not an outage
    "interrupted",  # the process died; the sweeper's word
]
Verdict = Literal["success", "failure", "ignored"]
"""What an attempt says of its endpoint's health; 429 and context length are `ignored`."""


@dataclass(frozen=True, kw_only=True)
class BreakerProfile:
    """When a circuit opens, and how it closes again. Durations in seconds."""

    consecutive: int | None = 5
    """Failures in a row; None: not counted."""
    windowed: int | None = None
    """Failures within `window_s`, in a row or not; None: not counted."""
    failure_rate: float | None = 0.5
    """Share of the window's calls that failed, from `minimum_calls` on; None: not counted."""
    minimum_calls: int = 10
    window_s: float = 60.0
    recovery_s: float = 60.0
    """How long an open circuit stays open before one probe may pass."""
    successes_to_close: int = 2
    adaptive: bool = False
    """Let the rate that opens it follow the endpoint's own usual rate."""


@dataclass(frozen=True, kw_only=True)
class Window:
    """At most `limit` of something in any stretch of `seconds`."""

    key: str
    """Whose: `user:north/ada`, `address:203.0.113.9`, `provider:deepseek`, `global`."""
    counts: Literal["requests", "tokens"]
    limit: int
    seconds: float = 60.0


@dataclass(frozen=True, kw_only=True)
class Purse:
    """A budget: at most `limit_usd` for one owner in one period, by the server's UTC clock."""

    key: str
    """Whose: `request:<id>`, `user:north/ada`, `tenant:north`, `provider:deepseek`, `global`."""
    period: Period
    limit_usd: Decimal


@dataclass(frozen=True, kw_only=True)
class Attempt:
    """One call of one endpoint, before it is made."""

    attempt_id: str
    """Unique: entering twice with one id is entering once."""
    request_id: str
    trace_id: str
    number: int
    """Counts from 1 within the request."""
    user: str
    tenant: str
    provider: str
    model: str
    endpoint: str
    """Name of the provider's endpoint (region); the breaker's second key."""
    task: str
    worst_case_usd: Decimal
    """Reserved: prompt tokens plus the most that may be generated."""
    tokens: int
    """Reserved in the token windows: the same worst case."""
    lease_s: float
    """How long the attempt may last; after it the sweeper takes the owner for dead."""
    breaker: BreakerProfile
    windows: Sequence[Window] = ()
    purses: Sequence[Purse] = ()


@dataclass(frozen=True, kw_only=True)
class Pass:
    """The attempt may begin, and its worst case is reserved in every purse."""

    attempt_id: str
    probe: bool = False
    """It is the one call that tries a half-open circuit."""
    spent_share: float = 0.0
    """The fullest purse after reservation, 0 to 1: what the warning ratio is compared with."""


@dataclass(frozen=True, kw_only=True)
class Turned:
    """The attempt may not begin; nothing was reserved."""

    reason: Literal["breaker", "window", "budget"]
    key: str
    """The endpoint, window or purse that said no."""
    retry_after_s: float | None = None
    """None where waiting does not help (a purse for one call)."""


@dataclass(frozen=True, kw_only=True)
class Result:
    """What came of an attempt."""

    status: AttemptStatus
    verdict: Verdict
    cost_usd: Decimal
    """What the provider bills; zero where it bills nothing."""
    prompt_tokens: int = 0
    cached_tokens: int = 0
    completion_tokens: int = 0
    estimated: bool = False
    """The provider did not say; counted by the tokenizer."""
    latency_s: float = 0.0
    first_token_s: float | None = None
    http_status: int | None = None
    error: str | None = None
    """Class of the error, never its text."""


@dataclass(frozen=True, kw_only=True)
class Health:
    """One endpoint's circuit and record."""

    provider: str
    endpoint: str
    state: BreakerState
    consecutive_failures: int
    total_requests: int
    total_failures: int
    last_success: datetime | None
    last_failure: datetime | None
    retry_after_s: float | None = None
    """While it is open: until a probe may pass."""


class Admission(Protocol):
    """Breaker, windows, budgets and ledger, moved together; shared by all who use one store."""

    async def enter(self, attempt: Attempt) -> Pass | Turned:
        """Decide atomically, all or nothing; what is let in is in the ledger as begun.

        Raises `StoreUnavailable` where nothing could be counted: the attempt must not be made.
        """
        ...

    async def leave(self, attempt_id: str, result: Result) -> None:
        """Settle to what was billed, release the rest, tell the breaker, close the ledger's row.

        Idempotent; finishes even when the caller is cancelled. Later than the lease it still
        settles: the sweeper's guess gives way to the bill.
        """
        ...

    async def sweep(self) -> int:
        """Close what dead owners left open, at its worst case; return how many."""
        ...

    async def spent(self, purse: Purse) -> tuple[Decimal, Decimal]:
        """Return what is settled and what is reserved in the purse's current period, in USD."""
        ...

    async def health(self) -> Sequence[Health]:
        """Return every endpoint that has been called."""
        ...

    async def reset(self, provider: str | None = None) -> int:
        """Close the circuits of one provider, or of all; return how many were not closed."""
        ...
