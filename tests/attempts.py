"""Attempts and results to test admission with, and what opens a circuit or finds it closed."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal
from typing import Any

from clearway.llm.ports import Admission, Attempt, Pass, Purse, Result, Window
from clearway.resilience.breaker import PROFILES

DAY = Purse(key="user:ada", period="day", limit_usd=Decimal("0.30"))
EVERYBODY = Purse(key="global", period="day", limit_usd=Decimal(1000))
TOKENS = Window(key="provider:p", counts="tokens", limit=1000)
REQUESTS = Window(key="user:ada", counts="requests", limit=2)

ATTEMPT = Attempt(
    attempt_id="a",
    request_id="r",
    trace_id="t",
    number=1,
    user="ada",
    tenant="north",
    provider="p",
    model="m",
    endpoint="eu",
    task="sql",
    worst_case_usd=Decimal("0.10"),
    tokens=400,
    lease_s=30,
    breaker=PROFILES["gateway"],
    purses=[DAY],
)
DONE = Result(
    status="succeeded",
    verdict="success",
    cost_usd=Decimal("0.01"),
    prompt_tokens=30,
    completion_tokens=10,
    latency_s=1.0,
)
FAILED = Result(status="failed", verdict="failure", cost_usd=Decimal(0), error="ServerError")


def attempt(name: str | None = None, **changes: Any) -> Attempt:
    """Return an attempt with an id of its own and these changes."""
    return replace(ATTEMPT, attempt_id=name or uuid.uuid4().hex, **changes)


async def open_circuit(admission: Admission) -> None:
    """Fail until the circuit is open."""
    for _ in range(5):
        failing = attempt(purses=[])
        assert isinstance(await admission.enter(failing), Pass)
        await admission.leave(failing.attempt_id, FAILED)


async def let_in(admission: Admission, *, windows: Sequence[Window] = ()) -> None:
    """Make a call that counts for nothing: its endpoint and windows are known to let calls in."""
    free = attempt(worst_case_usd=Decimal(0), tokens=0, purses=[], windows=windows)
    assert isinstance(await admission.enter(free), Pass)
    nothing = replace(DONE, cost_usd=Decimal(0), prompt_tokens=0, completion_tokens=0)
    await admission.leave(free.attempt_id, nothing)
