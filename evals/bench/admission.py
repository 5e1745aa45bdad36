"""Admission: what counting a model call costs, alone, in a crowd, and with a million on record."""

from __future__ import annotations

import asyncio
import shutil
import tempfile
import time
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import psycopg
from pydantic import SecretStr

from clearway.evals.bench.admission_soak import soak
from clearway.evals.bench.admission_worker import ATTEMPT, DONE, started, told
from clearway.evals.bench.figure import show
from clearway.evals.bench.own_redis import own_redis
from clearway.llm.admission.in_process import MemoryAdmission
from clearway.llm.ports import Admission, Pass
from clearway.resilience.clock import SystemClock
from clearway.settings import Settings
from clearway.stores.models.admission import open_admission
from clearway.stores.models.spend import all_latency, all_spend
from clearway.stores.postgres import Database, open_database

CALLS = 5000
ROWS = 1_000_000
PROCESSES = 4


async def main() -> None:
    """Print every figure, on a server of its own that is gone afterwards."""
    await _measure("in process", MemoryAdmission(SystemClock()))
    async with own_database() as database:
        app = database.addresses.app
        async with open_admission(database.pool, app, SystemClock()) as postgres:
            await _measure("Postgres", postgres.books)
        with own_redis() as url:
            if url is None:
                print("admission, Redis: none found to measure")
            else:
                clock = SystemClock()
                async with open_admission(database.pool, app, clock, redis_url=url) as redis:
                    await _measure("Redis, money in Postgres", redis.books)
                await soak(database, redis_url=url)
        _contention(app)
        await soak(database, redis_url=None)
        await _million(database)


@asynccontextmanager
async def own_database() -> AsyncIterator[Database]:
    """Yield a database on a server of its own, gone afterwards."""
    home = Path(tempfile.mkdtemp(prefix="clearway-bench-"))
    settings = Settings(
        _env_file=None,
        home=home,
        # Never connected to: without the demo, nothing else is in the database.
        warehouse_url=SecretStr("postgresql://nobody@warehouse.invalid/none"),
    )
    try:
        async with open_database(settings) as database:
            yield database
    finally:
        shutil.rmtree(home, ignore_errors=True)


async def _measure(name: str, admission: Admission) -> None:
    """Time one call after the other, each begun and ended."""
    entering, leaving, both = [], [], []
    for number in range(CALLS + 200):
        each = replace(ATTEMPT, attempt_id=uuid.uuid4().hex)
        began = time.perf_counter()
        assert isinstance(await admission.enter(each), Pass)
        middle = time.perf_counter()
        await admission.leave(each.attempt_id, DONE)
        ended = time.perf_counter()
        if number >= 200:
            entering.append((middle - began) * 1000)
            leaving.append((ended - middle) * 1000)
            both.append((ended - began) * 1000)
    show(f"enter, {name}", entering)
    show(f"leave, {name}", leaving)
    show(f"enter + leave, {name}", both)


def _contention(conninfo: str) -> None:
    """Let processes pay from one purse at once: what it costs, and how many calls fit in."""
    for width in (1, 16):
        began = time.perf_counter()
        workers = [started(conninfo, "rush", str(width), str(CALLS)) for _ in range(PROCESSES)]
        samples = [sample for worker in workers for sample in told(worker)]
        took = time.perf_counter() - began
        show(f"enter + leave, {PROCESSES} processes x {width}, one purse", samples)
        rate = len(samples) / took
        print(f"calls/s, {PROCESSES} processes x {width} {rate:33.0f}/s, with start")


async def _million(database: Database) -> None:
    """Fill the ledger and time a transaction and every report."""
    with psycopg.connect(database.addresses.admin, autocommit=True) as connection:
        for statement in _FILL.split(";"):
            connection.execute(statement.encode())
        rows = connection.execute("select count(*) from clearway.llm_attempt").fetchone()
        print(f"ledger rows {rows[0] if rows else 0:,}, 30 days, 200 users, 11 models")
    app = database.addresses.app
    async with open_admission(database.pool, app, SystemClock()) as postgres:
        await _measure("Postgres, a million rows", postgres.books)
    for by in ("model", "user", "tenant", "day"):
        for name, report in (("spend", all_spend), ("latency", all_latency)):
            samples = []
            for _ in range(50):
                began = time.perf_counter()
                await report(database.pool, by=by)
                samples.append((time.perf_counter() - began) * 1000)
            show(f"{name} by {by}, a million rows", samples)


_FILL = f"""
truncate clearway.llm_attempt, clearway.llm_spend;
insert into clearway.llm_attempt (
    attempt_id, request_id, trace_id, number, user_id, tenant, provider, model, endpoint, task,
    reserved_usd, reserved_tokens, begun_at, lease_until, probe, spent_share, purses, windows,
    ended_at, status, cost_usd, estimated, prompt_tokens, cached_tokens, completion_tokens,
    latency_s
)
select md5(n::text), 'r' || n, 't' || n, 1, 'user' || (n::bigint * 7919 % 200), 'tenant' || n % 5,
    'provider' || n % 11, 'model' || n % 11, 'eu', 'sql', 0.01, 500, at, at + interval '30 s',
    false, 0, '{{1,2}}', '{{}}', at + interval '1 s', 'succeeded', 0.001, false, 300, 0, 100,
    0.5 + n % 100 / 50.0
from generate_series(1, {ROWS}) as n
cross join lateral (select now() - interval '30 days' * (1 - n / {ROWS}.0) as at) as moment;
insert into clearway.llm_spend
select by, (begun_at at time zone 'UTC')::date, owner, name, count(*), count(*), 0,
    sum(prompt_tokens), 0, sum(completion_tokens), sum(cost_usd), 0, sum(latency_s), max(latency_s),
    case when by = 'model' then array_fill(1::bigint, array[40]) else '{{}}' end
from clearway.llm_attempt
cross join lateral (values
    ('model', provider, model), ('tenant', '', tenant), ('user', tenant, user_id)
) as grain (by, owner, name)
group by 1, 2, 3, 4;
vacuum analyze clearway.llm_attempt;
vacuum analyze clearway.llm_spend
"""


if __name__ == "__main__":
    asyncio.run(main())
