"""Planning once among processes: leases in a real Postgres, and owners that die."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from datetime import datetime

import pytest

from clearway.errors import ModelUnavailable
from clearway.graph.ports import Proposal, Spending
from clearway.outcome import Degradation
from clearway.resilience.clock import SystemClock
from clearway.resilience.single_flight import SingleFlight
from clearway.semantics.types import Abstention
from clearway.stores.plans.flights import PostgresFlights
from clearway.stores.postgres import Database
from tests.ports import plan

pytestmark = [pytest.mark.integration, pytest.mark.anyio]

PLAN = plan("select 1", source="model")
NOTE = Degradation(kind="fallback", detail="b answered in place of a.")
PAID = Spending(model="m", prompt_tokens=7, degradations=(NOTE,))


LEAD_AND_HANG = """
import asyncio, sys
from psycopg.rows import dict_row
from psycopg_pool import AsyncConnectionPool
from clearway.resilience.clock import SystemClock
from clearway.stores.plans.flights import PostgresFlights

async def hang():
    print("leading", flush=True)
    await asyncio.Event().wait()

async def main():
    settings = {"autocommit": True, "row_factory": dict_row}
    async with AsyncConnectionPool(sys.argv[1], open=False, min_size=1, kwargs=settings) as pool:
        await PostgresFlights(pool, SystemClock(), lease_s=60).share("k", hang, timeout_s=60)

asyncio.run(main())
"""


class Planner:
    """Answers when told to; every process has its own, and they count together."""

    def __init__(self, reply: Proposal | ModelUnavailable = (PLAN, PAID)) -> None:
        self.reply = reply
        self.calls = 0
        self.called = asyncio.Event()
        self.answer = asyncio.Event()

    async def __call__(self) -> Proposal:
        self.calls += 1
        self.called.set()
        await self.answer.wait()
        if isinstance(self.reply, ModelUnavailable):
            raise self.reply
        return self.reply


def process(database: Database, *, lease_s: float = 60.0) -> SingleFlight:
    """A process of its own; no lease or landed plan ends by itself, however slow the machine."""
    clock = SystemClock()
    beyond = PostgresFlights(database.pool, clock, lease_s=lease_s, grace_s=60.0)
    return SingleFlight(clock, beyond=beyond, grace_s=60.0)


async def rows(database: Database) -> list[tuple[str, bool]]:
    async with database.pool.connection() as connection:
        cursor = await connection.execute("select owner, proposal is null as open from plan_flight")
        return [(row["owner"], row["open"]) for row in await cursor.fetchall()]


async def leases(database: Database) -> list[datetime]:
    async with database.pool.connection() as connection:
        cursor = await connection.execute("select lease_until from plan_flight")
        return [row["lease_until"] for row in await cursor.fetchall()]


async def test_processes_that_ask_the_same_pay_once(database: Database) -> None:
    planner = Planner()
    processes = [process(database) for _ in range(4)]
    asking = [
        asyncio.create_task(each.share("k", planner, timeout_s=30))
        for each in processes
        for _ in range(25)
    ]
    await planner.called.wait()
    planner.answer.set()
    shared = await asyncio.gather(*asking)
    assert planner.calls == 1
    assert {proposal[0] for proposal, _ in shared} == {PLAN}
    told = [usage for (_, usage), _ in shared if isinstance(usage, Spending)]
    assert [usage.degradations for usage in told] == [(NOTE,)] * 100, "whoever paid, all are told"
    assert [usage for (_, usage), elsewhere in shared if not elsewhere] == [PAID]


async def test_a_killed_owner_is_taken_over(database: Database) -> None:
    arguments = [sys.executable, "-c", LEAD_AND_HANG, database.addresses.app]
    owner = subprocess.Popen(arguments, stdout=subprocess.PIPE)
    assert owner.stdout is not None
    assert await asyncio.to_thread(owner.stdout.readline) == b"leading\n"
    assert len(await rows(database)) == 1
    planner = Planner()
    planner.answer.set()
    with pytest.raises(ModelUnavailable):
        await process(database).share("k", planner, timeout_s=0.5)
    assert planner.calls == 0
    owner.kill()
    owner.communicate()
    async with database.pool.connection() as connection:
        await connection.execute("update plan_flight set lease_until = clock_timestamp()")
    assert await process(database).share("k", planner, timeout_s=30) == ((PLAN, PAID), False)


async def test_a_plan_that_landed_before_the_clock_was_set_back_is_not_shared(
    database: Database,
) -> None:
    planner = Planner()
    planner.answer.set()
    await process(database).share("k", planner, timeout_s=30)
    async with database.pool.connection() as connection:
        await connection.execute(
            "update plan_flight set lease_until = lease_until + interval '1 year'"
        )
    assert await process(database).share("k", planner, timeout_s=30) == ((PLAN, PAID), False)
    assert planner.calls == 2


async def test_a_living_owner_renews_its_lease_however_long_it_takes(database: Database) -> None:
    slow = Planner()
    first = asyncio.create_task(process(database, lease_s=0.3).share("k", slow, timeout_s=30))
    await slow.called.wait()
    begun = await leases(database)
    while await leases(database) == begun:
        pass
    slow.answer.set()
    assert await first == ((PLAN, PAID), False)


@pytest.mark.parametrize(
    "reply", [ModelUnavailable("down"), (Abstention(reason="no"), PAID)], ids=["failure", "no"]
)
async def test_a_no_or_a_failure_frees_the_question(
    database: Database, reply: Proposal | ModelUnavailable
) -> None:
    planner = Planner(reply)
    planner.answer.set()
    await asyncio.gather(process(database).share("k", planner, timeout_s=5), return_exceptions=True)
    assert await rows(database) == []


async def test_an_owner_that_is_cancelled_frees_the_question(database: Database) -> None:
    planner = Planner()
    first = asyncio.create_task(process(database).share("k", planner, timeout_s=30))
    await planner.called.wait()
    first.cancel()
    await asyncio.wait([first])
    assert await rows(database) == []


async def test_without_postgres_everyone_plans_alone(database: Database) -> None:
    await database.pool.close()
    planner = Planner()
    planner.answer.set()
    assert await process(database).share("k", planner, timeout_s=5) == ((PLAN, PAID), False)
