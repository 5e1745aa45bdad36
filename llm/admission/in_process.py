"""Admission in one process: breaker, windows, budgets and ledger of one event loop."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from clearway.graph.ports import Clock
from clearway.llm.admission.alerts import Failing
from clearway.llm.admission.ledger import MAX_ENTRIES, LedgerEntry, MemoryLedger
from clearway.llm.admission.purses import MemoryPurses, PurseId, purse_id, request_of, wait_s
from clearway.llm.admission.windows import MemoryWindows, Place
from clearway.llm.ports import Attempt, Health, Pass, Purse, Result, Turned
from clearway.resilience.breaker import Circuit

log = logging.getLogger(__name__)

ALERT_FAILURES = 3
"""So many failures in a row of one endpoint are worth waking somebody."""


@dataclass(slots=True)
class _Endpoint:
    circuit: Circuit
    last_success: datetime | None = None
    last_failure: datetime | None = None


@dataclass(frozen=True, slots=True)
class _Held:
    """What an attempt under way holds, and until when its owner is taken for living."""

    purses: tuple[PurseId, ...]
    places: tuple[Place, ...]
    until: float
    passed: Pass


class MemoryAdmission:
    """Implements `Admission` for one event loop; nothing outlives the process.

    No method waits, so each is atomic: among the tasks of one event loop nothing comes between.
    """

    def __init__(
        self, clock: Clock, *, max_entries: int = MAX_ENTRIES, failing: Failing | None = None
    ) -> None:
        """Begin with nothing counted; `max_entries` closed attempts are kept to be looked at."""
        self._clock = clock
        self._failing = failing
        self._endpoints: dict[tuple[str, str], _Endpoint] = {}
        self._windows = MemoryWindows()
        self._purses = MemoryPurses()
        self._held: dict[str, _Held] = {}
        self.ledger = MemoryLedger(max_entries)

    async def enter(self, attempt: Attempt) -> Pass | Turned:
        """Decide, all or nothing; what is let in is in the ledger as begun."""
        check_attempt(attempt)
        if held := self._held.get(attempt.attempt_id):
            return held.passed
        if self.ledger.get(attempt.attempt_id):
            return Pass(attempt_id=attempt.attempt_id)
        return self._turned(attempt) or self._passed(attempt)

    async def leave(self, attempt_id: str, result: Result) -> None:
        """Settle to what was billed, release the rest, tell the breaker, close the entry."""
        check_result(result)
        entry = self.ledger.get(attempt_id)
        if entry is None or (entry.result is not None and not entry.swept):
            return
        self._close(entry, result, swept=False)

    async def sweep(self) -> int:
        """Close what was not left within its lease, at its worst case; return how many."""
        now = self._clock.monotonic()
        dead = [e for e in self.ledger.under_way() if self._held[e.attempt.attempt_id].until < now]
        for entry in dead:
            self._close(entry, interrupted(entry.attempt), swept=True)
        self._windows.prune(now)
        self._purses.prune(self._clock.now())
        # A bill for what the ledger has forgotten can no longer be put anywhere.
        for name in [name for name in self._held if self.ledger.get(name) is None]:
            del self._held[name]
        return len(dead)

    async def spent(self, purse: Purse) -> tuple[Decimal, Decimal]:
        """Return what is settled and what is reserved in the current period, in USD."""
        return self._purses.spent(purse_id(purse, request_of(purse), self._clock.now()))

    async def health(self) -> Sequence[Health]:
        """Return every endpoint that has been called."""
        now = self._clock.monotonic()
        return [_health(*name, each, now) for name, each in sorted(self._endpoints.items())]

    async def reset(self, provider: str | None = None) -> int:
        """Close the circuits of one provider, or of all; return how many were not closed."""
        return sum(
            each.circuit.reset()
            for name, each in self._endpoints.items()
            if provider in (None, name[0])
        )

    def _turned(self, attempt: Attempt) -> Turned | None:
        now = self._clock.monotonic()
        known = self._endpoints.get((attempt.provider, attempt.endpoint))
        refusal_s = known.circuit.refusal_s(now) if known else None
        if refusal_s is not None:
            key = f"{attempt.provider}/{attempt.endpoint}"
            return Turned(reason="breaker", key=key, retry_after_s=refusal_s)
        cost, today = attempt.worst_case_usd, self._clock.now()
        empty = self._purses.first_empty(attempt.purses, cost, attempt.request_id, today)
        if empty is not None:
            return Turned(reason="budget", key=empty.key, retry_after_s=wait_s(empty, cost, today))
        full = self._windows.first_full(attempt.windows, attempt.tokens, now)
        return full and Turned(reason="window", key=full[0].key, retry_after_s=full[1])

    def _passed(self, attempt: Attempt) -> Pass:
        name, now = attempt.attempt_id, self._clock.monotonic()
        endpoint = self._endpoint(attempt)
        probe = endpoint.circuit.begin(name, now, attempt.lease_s)
        places = self._windows.count(attempt.windows, attempt.tokens, now)
        purses, share = self._purses.reserve(
            attempt.purses, attempt.worst_case_usd, attempt.request_id, self._clock.now()
        )
        passed = Pass(attempt_id=name, probe=probe, spent_share=share)
        self._held[name] = _Held(purses, places, now + attempt.lease_s, passed)
        self.ledger.begin(LedgerEntry(attempt=attempt, begun_at=self._clock.now()))
        return passed

    def _close(self, entry: LedgerEntry, result: Result, *, swept: bool) -> None:
        attempt, before = entry.attempt, entry.result
        held = self._held[attempt.attempt_id]
        if before is None:
            reserved, settled = attempt.worst_case_usd, result.cost_usd
        else:  # the sweeper's guess gives way
            reserved, settled = Decimal(0), result.cost_usd - before.cost_usd
        self._purses.settle(held.purses, reserved, settled)
        self._windows.correct(held.places, result.prompt_tokens + result.completion_tokens)
        self._tell(attempt, result)
        self.ledger.close(entry, result, self._clock.now(), swept=swept)
        if not swept:
            del self._held[attempt.attempt_id]

    def _tell(self, attempt: Attempt, result: Result) -> None:
        endpoint = self._endpoint(attempt)
        circuit, now = endpoint.circuit, self._clock.monotonic()
        was = circuit.stored
        circuit.record(attempt.attempt_id, result.verdict, attempt.breaker, now)
        if result.verdict == "success":
            endpoint.last_success = self._clock.now()
        elif result.verdict == "failure":
            endpoint.last_failure = self._clock.now()
        failures = circuit.consecutive_failures
        tell_circuit(attempt, was, circuit.stored, failures, result, failing=self._failing)

    def _endpoint(self, attempt: Attempt) -> _Endpoint:
        name = (attempt.provider, attempt.endpoint)
        return self._endpoints.setdefault(name, _Endpoint(Circuit()))


def check_attempt(attempt: Attempt) -> None:
    """Raise `ValueError` for what no budget could count."""
    cost = attempt.worst_case_usd
    if not cost.is_finite() or cost < 0 or attempt.tokens < 0 or attempt.lease_s <= 0:
        raise ValueError("an attempt needs a worst case and tokens of 0 or more, and a lease")


def check_result(result: Result) -> None:
    """Raise `ValueError` for what no ledger could add up."""
    cost, tokens = result.cost_usd, min(result.prompt_tokens, result.completion_tokens)
    if not cost.is_finite() or cost < 0 or tokens < 0:
        raise ValueError("a result's cost and tokens must be 0 or more")


def interrupted(attempt: Attempt) -> Result:
    """Return what is put on record for an attempt whose owner died: its worst case, no verdict."""
    return Result(
        status="interrupted",
        verdict="ignored",
        cost_usd=attempt.worst_case_usd,
        prompt_tokens=attempt.tokens,
        estimated=True,
    )


def tell_circuit(
    attempt: Attempt,
    was: str,
    now: str,
    consecutive_failures: int,
    result: Result,
    *,
    failing: Failing | None = None,
) -> None:
    """Tell what an operator wants to hear: a circuit moved, or an endpoint keeps failing."""
    facts: Mapping[str, object] = {
        "provider": attempt.provider,
        "endpoint": attempt.endpoint,
        "trace_id": attempt.trace_id,
        "consecutive_failures": consecutive_failures,
        "error": result.error,
    }
    if was != now:
        log.warning("circuit_%s", now, extra=dict(facts))
    if consecutive_failures == ALERT_FAILURES and result.verdict == "failure":
        log.warning("endpoint_keeps_failing", extra=dict(facts))
        if failing is not None:
            failing(attempt, consecutive_failures, result.error)


def _health(provider: str, endpoint: str, each: _Endpoint, now: float) -> Health:
    circuit = each.circuit
    state = circuit.state(now)
    return Health(
        provider=provider,
        endpoint=endpoint,
        state=state,
        consecutive_failures=circuit.consecutive_failures,
        total_requests=circuit.total_requests,
        total_failures=circuit.total_failures,
        last_success=each.last_success,
        last_failure=each.last_failure,
        retry_after_s=circuit.retry_at - now if state == "open" else None,
    )
