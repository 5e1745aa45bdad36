"""Proving and running on a real server: latency, and what stays of it under denial of service.

python -m clearway.evals.bench.warehouse            embedded server
python -m clearway.evals.bench.warehouse --url URL  any server, as a role that may create a schema
"""

from __future__ import annotations

import argparse
import asyncio
import statistics
import tempfile
from collections.abc import Awaitable, Callable
from functools import partial
from pathlib import Path
from time import perf_counter

import psycopg

from clearway.errors import ClearwayError, RateLimitError
from clearway.evals.bench.figure import percentile, show
from clearway.identity import Principal
from clearway.plans import CheckedSql, Rejection
from clearway.resilience.bulkhead import Bulkhead
from clearway.semantics.types import Catalog, Column, Table
from clearway.stores.embedded.server import join
from clearway.tools.sql.costs import PlanCosts
from clearway.tools.sql.execute import PostgresExecutor
from clearway.tools.sql.guard import SqlInterlock
from clearway.tools.sql.prover import Ceiling, PostgresProver
from clearway.tools.sql.session import Pool, SessionSettings, open_warehouse_pool

WHO = Principal(user="bench")
CATALOG = Catalog(
    source_id="warehouse",
    default_schema="clearway_bench",
    tables=(
        Table(
            schema="clearway_bench",
            name="sales",
            row_estimate=50_000,
            columns=tuple(
                Column(name=name, type=type_)
                for name, type_ in (
                    ("id", "integer"),
                    ("region", "text"),
                    ("revenue", "numeric"),
                    ("sold_at", "timestamp with time zone"),
                )
            ),
        ),
    ),
)
_LOAD = """
drop schema if exists clearway_bench cascade;
create schema clearway_bench;
create table clearway_bench.sales as
select i as id, 'region ' || i % 12 as region, (i % 997) * 1.5 as revenue,
       now() - i * interval '10 minutes' as sold_at
from generate_series(1, 50000) i;
alter table clearway_bench.sales add primary key (id);
analyze clearway_bench.sales;
"""
BENIGN = "select id, region, revenue from sales where id between 100 and 119 order by id"
GROUPED = "select region, sum(revenue) from sales group by region order by 2 desc"
COSTLY = "select count(*) from sales a join sales b on a.region = b.region and a.id + b.id = -1"
DOUBLING = (
    "with w0 as (select id as x from clearway_bench.sales limit 1), "
    + ", ".join(f"w{n} as (select x + x as x from w{n - 1})" for n in range(1, 13))
    + " select x from w12"
)
DENIALS = {
    "cartesian join": "select count(*) from clearway_bench.sales a, clearway_bench.sales b",
    "generate_series": "select count(*) from generate_series(1, 1000000000)",
    "regular expression": "select (repeat('ab', 500) || 'x') ~ '^(.+)(.+)(.+)\\3\\2\\1\\1x$'",
    "sort spill": "select a.id from clearway_bench.sales a, clearway_bench.sales b "
    "order by md5(a.id::text || b.id::text) limit 5",
    "recursion": "with recursive t(n) as (select 1 union all select n + 1 from t) "
    "select count(*) from t",
    "doubled expressions": DOUBLING,
}


async def main(url: str | None = None) -> None:
    """Load the tables, measure, and drop them."""
    if url is not None:
        await _measure(url)
        return
    with tempfile.TemporaryDirectory(prefix="clearway-bench-") as home:
        server = join(Path(home))
        try:
            await _measure(server.conninfo())
        finally:
            server.leave()


async def _measure(url: str) -> None:
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(_LOAD)
    try:
        async with open_warehouse_pool(url, size=8) as pool:
            await _latency(pool)
            await _denials(pool)
            await _compiled(pool)
            for at_once in (1, 2):
                await _crowd(pool, at_once)
    finally:
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute("drop schema clearway_bench cascade")


def _checked(sql: str) -> CheckedSql:
    verdict = SqlInterlock(CATALOG).check(sql, WHO)
    if isinstance(verdict, Rejection):
        raise SystemExit(f"{verdict.rule}: {verdict.reason}")
    return verdict


async def _samples(step: Callable[[], Awaitable[object]], times: int) -> list[float]:
    samples = []
    for _ in range(times):
        started = perf_counter()
        await step()
        samples.append((perf_counter() - started) * 1000)
    return samples


async def _latency(pool: Pool) -> None:
    costs = PlanCosts()
    prover = PostgresProver(pool, costs=costs)
    executor = PostgresExecutor(pool, costs=costs)
    for name, sql in (("20 rows by key", BENIGN), ("12 groups of 50 000 rows", GROUPED)):
        statement = _checked(sql)
        await prover.prove(statement, WHO, timeout_s=10)
        show(
            f"prove, {name}",
            await _samples(partial(prover.prove, statement, WHO, timeout_s=10), 300),
        )
        show(
            f"run, {name}",
            await _samples(
                partial(executor.run, statement, WHO, trace_id="bench", timeout_s=10), 300
            ),
        )
    async with pool.connection() as connection:
        bare = _checked(BENIGN).sql.encode()
        show("bare driver, 20 rows by key", await _samples(lambda: connection.execute(bare), 300))


async def _denials(pool: Pool) -> None:
    """Run each past the tree layers, in the session alone: time must end it."""
    executor = PostgresExecutor(pool, session=SessionSettings(statement_timeout_s=1.0))
    for name, sql in DENIALS.items():
        verdict = SqlInterlock(CATALOG).check(sql, WHO)
        tree = verdict.rule if isinstance(verdict, Rejection) else "accepted"
        statement = CheckedSql(source_id="warehouse", sql=sql, relations=(), limit=5)
        started = perf_counter()
        try:
            await executor.run(statement, WHO, trace_id="bench", timeout_s=5)
            ended = "ran"
        except ClearwayError as error:
            ended = type(error).__name__
        spent = perf_counter() - started
        print(f"{name:<22} tree: {tree:<24} session alone: {ended} after {spent:.2f} s")


async def _compiled(pool: Pool) -> None:
    """Show why `jit` is off: with it on, the timeout waits for the compiler."""
    async with pool.connection() as connection:
        row = await (await connection.execute("select pg_jit_available()")).fetchone()
    if row != (True,):
        print("jit: this server has none")
        return
    forced = {"jit_above_cost": "0", "jit_inline_above_cost": "0", "jit_optimize_above_cost": "0"}
    statement = CheckedSql(source_id="warehouse", sql=DOUBLING, relations=(), limit=5)
    for jit in ("off", "on"):
        session = SessionSettings(statement_timeout_s=1.0, extra={"jit": jit, **forced})
        executor = PostgresExecutor(pool, session=session)
        started = perf_counter()
        try:
            await executor.run(statement, WHO, trace_id="bench", timeout_s=60)
            ended = "ran"
        except ClearwayError as error:
            ended = type(error).__name__
        print(
            f"12 doublings, jit {jit}: {ended} after {perf_counter() - started:.2f} s (limit 1 s)"
        )


async def _crowd(pool: Pool, at_once: int) -> None:
    """Twenty costly questions arrive while a cheap one is asked again and again."""
    costs = PlanCosts()
    prover = PostgresProver(pool, costs=costs, ceiling=Ceiling(cost=1e12, rows=1e12))
    bulkhead = Bulkhead("costly questions", limit=at_once, queue=8, wait_s=10.0)
    executor = PostgresExecutor(
        pool, costs=costs, bulkhead=bulkhead, session=SessionSettings(statement_timeout_s=3.0)
    )
    cheap, costly = _checked(BENIGN), _checked(COSTLY)
    for statement in (cheap, costly):
        await prover.prove(statement, WHO, timeout_s=10)

    async def ask(statement: CheckedSql) -> str:
        try:
            await executor.run(statement, WHO, trace_id="bench", timeout_s=10)
        except RateLimitError:
            return "limited"
        except ClearwayError as error:
            return type(error).__name__
        return "answered"

    idle = await _samples(lambda: ask(cheap), 300)
    crowd = [asyncio.create_task(ask(costly)) for _ in range(20)]
    await asyncio.sleep(0)
    busy = await _samples(lambda: ask(cheap), 300)
    show("cheap question, idle", idle)
    show(f"cheap question, 20 costly ones about, {at_once} at once", busy)
    ratio = percentile(busy, 0.95) / percentile(idle, 0.95)
    ended = await asyncio.gather(*crowd)
    counts = {outcome: ended.count(outcome) for outcome in sorted(set(ended))}
    print(f"p95 ratio {ratio:.2f}; the costly ones: {counts}")
    after = await asyncio.gather(*(ask(cheap) for _ in range(16)))
    print(f"pool afterwards: {after.count('answered')} of 16 answered")
    print(f"median cheap {statistics.median(idle):.2f} ms")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--url", help="instead of the embedded server")
    asyncio.run(main(parser.parse_args().url))
