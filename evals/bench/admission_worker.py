"""One of several processes that call a fake provider through one admission."""

from __future__ import annotations

import asyncio
import json
import os
import random
import subprocess
import sys
import time
import uuid
from contextlib import suppress
from dataclasses import replace
from decimal import Decimal
from typing import Any

from psycopg.rows import dict_row

from clearway.llm.ports import (
    Admission,
    Attempt,
    AttemptStatus,
    BreakerProfile,
    Pass,
    Purse,
    Result,
    Verdict,
    Window,
)
from clearway.resilience.breaker import PROFILES
from clearway.resilience.clock import SystemClock
from clearway.stores.models.admission import open_admission
from clearway.stores.postgres import Pool

AT_ONCE = 8
LEASE_S = 2.0
NERVOUS = BreakerProfile(consecutive=2, failure_rate=None, recovery_s=0.05, successes_to_close=1)
"""Opens and closes all the time, so that attempts are refused at every moment of others."""
VERDICTS: dict[AttemptStatus, Verdict] = {
    "succeeded": "success",
    "failed": "failure",
    "abandoned": "ignored",
    "cancelled": "ignored",
}

ATTEMPT = Attempt(
    attempt_id="",
    request_id="bench",
    trace_id="bench",
    number=1,
    user="ada",
    tenant="north",
    provider="simulated",
    model="fast",
    endpoint="local",
    task="sql",
    worst_case_usd=Decimal("0.002"),
    tokens=800,
    lease_s=60,
    breaker=PROFILES["gateway"],
    windows=[
        Window(key="user:north/ada", counts="requests", limit=10**9),
        Window(key="provider:simulated", counts="tokens", limit=10**12),
    ],
    purses=[
        Purse(key="user:north/ada", period="day", limit_usd=Decimal(10**6)),
        Purse(key="global", period="day", limit_usd=Decimal(10**6)),
    ],
)
DONE = Result(
    status="succeeded",
    verdict="success",
    cost_usd=Decimal("0.0007"),
    prompt_tokens=300,
    completion_tokens=100,
    latency_s=0.8,
)


def started(
    conninfo: str,
    *arguments: str,
    module: str = "clearway.evals.bench.admission_worker",
    redis_url: str | None = None,
) -> subprocess.Popen[str]:
    """Start a process; addresses go through its input, for they may hold passwords."""
    worker = subprocess.Popen(  # noqa: S603 our own module
        [sys.executable, "-m", module, *arguments],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert worker.stdin is not None
    worker.stdin.write(f"{conninfo}\n{redis_url or ''}\n")
    worker.stdin.flush()
    return worker


def told(worker: subprocess.Popen[str]) -> Any:
    """Return what the process reports at its end."""
    return json.loads(worker.communicate()[0])


class Provider:
    """Bills what it likes up to the worst case; its book outlives the processes that call it."""

    def __init__(self, book: str, seed: int) -> None:
        """Append to the book; one write is one line, whole or absent."""
        self._book = os.open(book, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        self.random = random.Random(seed)

    async def call(self, attempt_id: str, worst_case_usd: Decimal) -> Decimal:
        """Return the bill after a moment; a caller who goes away has still been billed."""
        bill = worst_case_usd * self.random.randint(0, 1000) / 1000
        os.write(self._book, f"{attempt_id} {bill}\n".encode())
        await asyncio.sleep(self.random.random() * 0.004)
        return bill


async def _soak(admission: Admission, book: str, seed: int, calls: int) -> dict[str, int]:
    """Make calls; some are cancelled, cut, or tried again."""
    provider, counts = Provider(book, seed), {"calls": 0, "turned": 0}
    places = asyncio.Semaphore(AT_ONCE)

    async def request() -> None:
        async with places:
            for number in (1, 2):
                if not await _attempt(admission, provider, number, counts):
                    return

    async def impatient(task: asyncio.Task[None]) -> None:
        await asyncio.sleep(provider.random.random() * 0.02)
        task.cancel()

    async with asyncio.TaskGroup() as group:
        for _ in range(calls):
            task = group.create_task(request())
            if provider.random.random() < 0.2:
                group.create_task(impatient(task))
    return counts


async def _attempt(
    admission: Admission, provider: Provider, number: int, counts: dict[str, int]
) -> bool:
    """Make one attempt; return whether it is to be tried again."""
    worst = Decimal(provider.random.randint(1, 999)) / 100_000
    each = replace(
        ATTEMPT,
        attempt_id=uuid.uuid4().hex,
        number=number,
        worst_case_usd=worst,
        lease_s=LEASE_S,
        breaker=NERVOUS,
        user=f"user{provider.random.randint(0, 5)}",
    )
    if not isinstance(await admission.enter(each), Pass):
        counts["turned"] += 1
        return False
    counts["calls"] += 1
    bill, fate = Decimal(0), provider.random.random()
    status: AttemptStatus = "cancelled"
    called = asyncio.ensure_future(provider.call(each.attempt_id, worst))
    try:
        bill = await asyncio.shield(called)
        status = "failed" if fate < 0.15 else "abandoned" if fate < 0.2 else "succeeded"
    except asyncio.CancelledError:
        bill = await called  # the provider says what it bills, though nobody listens
        raise
    finally:
        result = replace(DONE, status=status, verdict=VERDICTS[status], cost_usd=bill)
        for _ in range(2 if fate > 0.9 else 1):  # some say it twice
            await admission.leave(each.attempt_id, result)
    return status == "failed"


async def _rush(admission: Admission, width: int, calls: int) -> list[float]:
    samples: list[float] = []

    async def lane() -> None:
        for _ in range(calls // width):
            each = replace(ATTEMPT, attempt_id=uuid.uuid4().hex)
            began = time.perf_counter()
            assert isinstance(await admission.enter(each), Pass)
            await admission.leave(each.attempt_id, DONE)
            samples.append((time.perf_counter() - began) * 1000)

    await asyncio.gather(*(lane() for _ in range(width)))
    return samples


async def _main(kind: str, arguments: list[str]) -> object:
    conninfo, redis_url = (sys.stdin.readline().strip() for _ in range(2))
    settings: dict[str, Any] = {"autocommit": True, "row_factory": dict_row}
    async with (
        Pool(conninfo, open=False, min_size=1, kwargs=settings) as pool,
        open_admission(pool, conninfo, SystemClock(), redis_url=redis_url or None) as admission,
    ):
        if kind == "soak":
            book, seed, calls = arguments
            return await _soak(admission, book, int(seed), int(calls))
        return await _rush(admission, *map(int, arguments))


if __name__ == "__main__":
    with suppress(KeyboardInterrupt):
        print(json.dumps(asyncio.run(_main(sys.argv[1], sys.argv[2:]))))
