"""Attempts and results to test admission with, and a process that makes many at once."""

from __future__ import annotations

import asyncio
import json
import sys
import uuid
from dataclasses import replace
from decimal import Decimal
from typing import Any

from clearway.llm.ports import Admission, Attempt, Pass, Purse, Result, Turned, Window
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


async def _rush(conninfo: str, redis_url: str, calls: int) -> dict[str, Any]:
    """Let calls in at once, when told to on standard input; nobody leaves."""
    from psycopg.rows import dict_row
    from psycopg_pool import AsyncConnectionPool

    from clearway.resilience.clock import SystemClock
    from clearway.stores import redis_client
    from clearway.stores.models.admission import open_admission

    redis_client.TIMEOUT_S = 60.0  # so many at once on a slow machine are no dead server

    settings: dict[str, Any] = {"autocommit": True, "row_factory": dict_row}
    async with (
        AsyncConnectionPool(conninfo, open=False, min_size=1, kwargs=settings) as pool,
        open_admission(pool, conninfo, SystemClock(), redis_url=redis_url or None) as admission,
    ):
        await admission.health()
        sys.stdout.write("ready\n")
        sys.stdout.flush()
        await asyncio.to_thread(sys.stdin.readline)
        purses = [DAY, EVERYBODY]
        answers = await asyncio.gather(
            *(admission.enter(attempt(purses=purses)) for _ in range(calls))
        )
        return {
            "passed": sum(isinstance(answer, Pass) for answer in answers),
            "probes": sum(isinstance(answer, Pass) and answer.probe for answer in answers),
            "reasons": sorted({a.reason for a in answers if isinstance(a, Turned)}),
        }


if __name__ == "__main__":
    sys.stdout.write(json.dumps(asyncio.run(_rush(sys.argv[1], sys.argv[2], int(sys.argv[3])))))
