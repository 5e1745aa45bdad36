"""Limits all workers share, in a real Postgres and a real Redis."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator

import pytest

from clearway.identity import Principal
from clearway.resilience.clock import SystemClock
from clearway.resilience.limits import LimitStats, SlidingWindow
from clearway.stores.limits import (
    Count,
    RequestLimit,
    SharedLimits,
    counted_in_postgres,
    counted_in_redis,
)
from clearway.stores.postgres import Database
from clearway.stores.redis_client import open_redis
from tests.redis_server import RedisServer, redis_server

pytestmark = [pytest.mark.integration, pytest.mark.anyio]

ZOE = Principal(user="zoe")
LIMIT = RequestLimit(requests=10, window_s=600)


@pytest.fixture(scope="module")
def running() -> Iterator[RedisServer]:
    with redis_server() as server:
        yield server


@pytest.fixture(params=["postgres", "redis"])
async def count(
    request: pytest.FixtureRequest, database: Database, running: RedisServer
) -> AsyncIterator[Count]:
    if request.param == "postgres":
        yield counted_in_postgres(database.pool, LIMIT)
        return
    async with open_redis(running.url, SystemClock()) as client:
        yield counted_in_redis(client, LIMIT)


def worker(count: Count, requests: int = 1) -> SharedLimits:
    return SharedLimits(count, SlidingWindow(SystemClock(), requests=requests, window_s=600))


async def test_workers_share_one_limit(count: Count) -> None:
    workers = [worker(count) for _ in range(4)]

    waits = await asyncio.gather(*(each.admit(ZOE) for each in workers * 10))

    refused = [wait for wait in waits if wait is not None]
    assert len(refused) == 30
    assert all(590 < wait <= 610 for wait in refused)
    assert sum(each.stats().allowed for each in workers) == 10
    assert sum(each.stats().rejected for each in workers) == 30


async def test_callers_do_not_share_a_limit(count: Count) -> None:
    limits = worker(count)
    mallory = Principal(user='a", "b', tenant="x")
    for _ in range(10):
        await limits.admit(mallory)

    assert await limits.admit(mallory) is not None
    assert await limits.admit(Principal(user="b", tenant='x", "a')) is None
    assert await limits.admit(Principal(user='a", "b', tenant="y")) is None


async def test_while_the_store_is_away_each_worker_counts_for_itself(
    database: Database, caplog: pytest.LogCaptureFixture
) -> None:
    limits = worker(counted_in_postgres(database.pool, LIMIT), requests=1)
    await database.pool.close()

    assert await limits.admit(ZOE) is None
    assert await limits.admit(ZOE) is not None
    assert limits.stats() == LimitStats(allowed=1, rejected=1)
    assert "limits_not_shared" in caplog.messages
