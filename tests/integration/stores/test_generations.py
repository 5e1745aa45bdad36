"""Generations shared and kept among processes: leases and replies in a real Postgres and Redis."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from decimal import Decimal

import psycopg
import pytest

from clearway.errors import RequestTimeoutError
from clearway.llm.ports import Generation
from clearway.llm.sharing.generations import SharedFlights
from clearway.resilience.clock import SystemClock
from clearway.stores.models.generation_flights import PostgresGenerationFlights
from clearway.stores.models.generations import PostgresGenerations, RedisGenerations
from clearway.stores.postgres import Database
from clearway.stores.redis_client import open_redis
from tests.redis_server import RedisServer, redis_server
from tests.unit.llm.test_generations import Model

pytestmark = [pytest.mark.integration, pytest.mark.anyio]

REPLY = Generation(
    text="42 \N{EURO SIGN}",
    tool_calls=[{"name": "plan", "args": {"sql": "select 1"}}],
    provider="p",
    model="m",
    prompt_tokens=3,
    cost_usd=Decimal("0.000000123"),
    details={"system_fingerprint": "x"},
)


@pytest.fixture(scope="module")
def redis() -> Iterator[RedisServer]:
    with redis_server() as server:
        yield server


def flights(database: Database, lease_s: float = 30) -> PostgresGenerationFlights:
    return PostgresGenerationFlights(database.pool, SystemClock(), lease_s=lease_s, grace_s=60)


async def test_two_processes_want_the_same_and_one_calls(database: Database) -> None:
    here = Model(SharedFlights(SystemClock(), beyond=flights(database)))
    there = Model(SharedFlights(SystemClock(), beyond=flights(database)))
    leading = asyncio.create_task(here.ask())
    await here.called.wait()
    waiting = [asyncio.create_task(there.ask()) for _ in range(5)]
    here.answer.set()

    replies = await asyncio.gather(leading, *waiting)

    assert (here.calls, there.calls) == (1, 0)
    assert {reply.text for reply in replies} == {"42"}


LEAD_AND_HANG = """
import asyncio, sys
from psycopg.rows import dict_row
from psycopg_pool import AsyncConnectionPool
from clearway.resilience.clock import SystemClock
from clearway.stores.models.generation_flights import PostgresGenerationFlights

async def main():
    settings = {"autocommit": True, "row_factory": dict_row}
    async with AsyncConnectionPool(sys.argv[1], open=False, min_size=1, kwargs=settings) as pool:
        flights = PostgresGenerationFlights(pool, SystemClock(), lease_s=1.0)
        async with flights.join("k", timeout_s=60):
            print("leading", flush=True)
            await asyncio.Event().wait()

asyncio.run(main())
"""


async def test_a_killed_leader_is_taken_over(database: Database) -> None:
    child = subprocess.Popen(
        [sys.executable, "-c", LEAD_AND_HANG, database.addresses.app],
        stdout=subprocess.PIPE,
        text=True,
    )
    assert child.stdout is not None
    assert child.stdout.readline() == "leading\n"
    model = Model(flights(database))
    model.answer.set()
    waiting = asyncio.create_task(model.ask())
    os.kill(child.pid, signal.SIGKILL)
    child.communicate()

    assert (await waiting).text == "42"
    assert model.calls == 1


async def test_a_reply_that_landed_before_the_clock_was_set_back_is_not_shared(
    database: Database,
) -> None:
    model = Model(flights(database))
    model.answer.set()
    await model.ask()
    async with database.pool.connection() as connection:
        await connection.execute(
            "update llm_flight set lease_until = lease_until + interval '1 year'"
        )

    await model.ask()

    assert model.calls == 2


async def test_one_that_waits_in_vain_is_told_the_last_error(database: Database) -> None:
    failing = Model(flights(database), ConnectionError("reset"))
    failing.answer.set()
    with pytest.raises(ConnectionError):
        await failing.ask()
    hanging = Model(flights(database))
    leading = asyncio.create_task(hanging.ask())
    await hanging.called.wait()

    with pytest.raises(RequestTimeoutError) as caught:
        await Model(flights(database)).ask(timeout_s=0.1)

    details = caught.value.details
    assert (details["key"], details["status"]) == ("k", "under way")
    assert details["last_error"] == "ConnectionError"
    leading.cancel()
    with pytest.raises(asyncio.CancelledError):
        await leading


async def test_without_postgres_everyone_calls_alone(database: Database) -> None:
    model = Model(flights(database))
    model.answer.set()
    await database.pool.close()

    assert (await model.ask()).text == "42"


async def test_a_reply_comes_back_as_it_was_kept(database: Database, redis: RedisServer) -> None:
    postgres = PostgresGenerations(database.pool)
    async with open_redis(redis.url, SystemClock()) as client:
        cache = RedisGenerations(client, postgres)
        assert await cache.get("k") is None
        await cache.put("k", REPLY, ttl_s=60)

        assert await cache.get("k") == REPLY
        await client.ask(lambda connection: connection.flushdb())
        assert await cache.get("k") == REPLY
    assert await postgres.get("k") == REPLY


async def test_what_has_expired_is_not_found_and_swept(database: Database) -> None:
    cache = PostgresGenerations(database.pool)
    await cache.put("k", REPLY, ttl_s=60)
    with psycopg.connect(database.addresses.admin, autocommit=True) as connection:
        connection.execute("update clearway.llm_generation set expires_at = now()")

    assert await cache.get("k") is None
    assert await cache.sweep() == 1


async def test_a_cache_that_is_away_finds_nothing_and_fails_nobody(database: Database) -> None:
    cache = PostgresGenerations(database.pool)
    await database.pool.close()

    await cache.put("k", REPLY, ttl_s=60)
    assert await cache.get("k") is None


async def test_a_redis_that_is_away_is_done_without(database: Database) -> None:
    with redis_server() as server:
        server.kill()
        async with open_redis(server.url, SystemClock()) as client:
            cache = RedisGenerations(client, PostgresGenerations(database.pool))
            await cache.put("k", REPLY, ttl_s=60)

            assert await cache.get("k") == REPLY
            assert client.away
