"""Model calls a second: two processes, a provider that takes no time, everything on the ledger.

`python -m clearway.evals.bench.throughput`. Each call is classified, routed, admitted by breaker,
window and purses, put on record before it is made and settled after: on a database of its own,
every commit on disk. The provider is simulated, in the process of its caller.
"""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
import time
from typing import Any

import psycopg
from psycopg.rows import dict_row

from clearway.evals.bench.figure import percentile
from clearway.llm import ChatRequest, Router
from clearway.resilience.clock import SystemClock

WORKERS = 2
WIDTHS = (1, 16, 64)
"""Calls under way at once in each worker."""
CALLS = 3_000
WARM_UP = 200
QUESTION: Any = {"role": "user", "content": "Is the line clear?"}


async def _timed(router: Router, width: int, calls: int) -> list[float]:
    """Return what each call took, in seconds, with so many lanes of calls."""
    samples: list[float] = []

    async def lane() -> None:
        for _ in range(calls // width):
            began = time.perf_counter()
            await router.generate(ChatRequest(messages=[QUESTION], task="analysis"))
            samples.append(time.perf_counter() - began)

    await asyncio.gather(*(lane() for _ in range(width)))
    return samples


async def _work(width: int) -> None:
    """Say when ready, start on a line of input, and report samples and span."""
    from clearway.evals.bench.router import LIMITS, router_over
    from clearway.stores.models.admission import open_admission
    from clearway.stores.postgres import Pool

    conninfo = sys.stdin.readline().strip()
    settings: dict[str, Any] = {"autocommit": True, "row_factory": dict_row}
    async with (
        Pool(conninfo, open=False, min_size=1, kwargs=settings) as pool,
        open_admission(pool, conninfo, SystemClock()) as admission,
    ):
        router = router_over(["simulated://"], admission, LIMITS)
        await _timed(router, width, WARM_UP)
        await admission.settled()
        print("ready", flush=True)
        await asyncio.to_thread(sys.stdin.readline)
        began = time.time()
        samples = await _timed(router, width, CALLS)
        await admission.settled()
        report = {"samples": samples, "began": began, "ended": time.time()}
        await router.aclose()
    print(json.dumps(report))


def _run(conninfo: str, width: int) -> None:
    """Let the workers loose together; print what they did in the time all of them took."""
    command = [sys.executable, "-m", "clearway.evals.bench.throughput", str(width)]
    workers = [
        subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)  # noqa: S603
        for _ in range(WORKERS)
    ]
    for worker in workers:
        assert worker.stdin is not None
        worker.stdin.write(conninfo + "\n")
        worker.stdin.flush()
    for worker in workers:
        assert worker.stdout is not None
        worker.stdout.readline()
    reports = [json.loads(worker.communicate()[0]) for worker in _told_to_go(workers)]
    samples = [1000 * each for report in reports for each in report["samples"]]
    span = max(r["ended"] for r in reports) - min(r["began"] for r in reports)
    print(
        f"{WORKERS} workers x {width:>2} at once: {len(samples) / span:6.0f} calls/s  "
        f"p50 {percentile(samples, 0.5):6.2f} ms  p95 {percentile(samples, 0.95):6.2f} ms  "
        f"n={len(samples)}",
        flush=True,
    )


def _told_to_go(workers: list[subprocess.Popen[str]]) -> list[subprocess.Popen[str]]:
    """Tell all to go before any is waited for."""
    for worker in workers:
        assert worker.stdin is not None
        worker.stdin.write("go\n")
        worker.stdin.flush()
    return workers


async def main() -> None:
    """Print calls a second at each width, and that every one is on the ledger."""
    from clearway.evals.bench.admission import own_database

    async with own_database() as database:
        for width in WIDTHS:
            await asyncio.to_thread(_run, database.addresses.app, width)
        with psycopg.connect(database.addresses.admin) as connection:
            row = connection.execute(
                "select count(*), count(*) filter (where status = 'succeeded') "
                "from clearway.llm_attempt"
            ).fetchone()
    print(f"on the ledger: {row}; load average at the end {os.getloadavg()[0]:.1f}")


if __name__ == "__main__":
    asyncio.run(_work(int(sys.argv[1])) if len(sys.argv) > 1 else main())
