"""Limits all workers share, in a real Postgres and a real Redis."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import replace

import pytest

from clearway.errors import ConfigurationError
from clearway.identity import Principal
from clearway.resilience.clock import SystemClock
from clearway.resilience.limits import LimitStats, SlidingWindow
from clearway.stores.limits import RequestLimit, SharedLimits, open_limits
from clearway.stores.postgres import Database
from tests.redis_server import RedisServer

pytestmark = [pytest.mark.integration, pytest.mark.anyio]

ZOE = Principal(user="zoe")
LIMIT = RequestLimit(requests=10, window_s=600)

OpenWorker = Callable[[], AbstractAsyncContextManager[SlidingWindow | SharedLimits]]


@pytest.fixture(params=["postgres", "redis"])
def open_worker(
    request: pytest.FixtureRequest, database: Database, running: RedisServer
) -> OpenWorker:
    return lambda: open_limits(
        request.param, LIMIT, database.pool, SystemClock(), redis_url=running.url
    )


async def test_workers_share_one_limit(open_worker: OpenWorker) -> None:
    async with open_worker() as one, open_worker() as other:
        waits = await asyncio.gather(*(each.admit(ZOE) for each in [one, other] * 20))

        refused = [wait for wait in waits if wait is not None]
        assert len(refused) == 30
        assert all(590 < wait <= 610 for wait in refused)
        assert one.stats().allowed + other.stats().allowed == 10
        assert one.stats().rejected + other.stats().rejected == 30


async def test_callers_do_not_share_a_limit(open_worker: OpenWorker) -> None:
    mallory = Principal(user='a", "b', tenant="x")
    async with open_worker() as limits:
        for _ in range(10):
            await limits.admit(mallory)

        assert await limits.admit(mallory) is not None
        assert await limits.admit(Principal(user="b", tenant='x", "a')) is None
        assert await limits.admit(Principal(user='a", "b', tenant="y")) is None


async def test_each_worker_counts_for_itself_unless_told_otherwise(database: Database) -> None:
    async with open_limits("process", LIMIT, database.pool, SystemClock()) as limits:
        assert isinstance(limits, SlidingWindow)


async def test_redis_without_an_address_is_an_error_that_names_the_variable(
    database: Database,
) -> None:
    with pytest.raises(ConfigurationError, match="CLEARWAY_REDIS_URL"):
        async with open_limits("redis", LIMIT, database.pool, SystemClock()):
            pass


async def test_while_the_store_is_away_each_worker_counts_for_itself(
    database: Database, caplog: pytest.LogCaptureFixture
) -> None:
    one = replace(LIMIT, requests=1)
    async with open_limits("postgres", one, database.pool, SystemClock()) as limits:
        await database.pool.close()

        assert await limits.admit(ZOE) is None
        assert await limits.admit(ZOE) is not None
    assert limits.stats() == LimitStats(allowed=1, rejected=1)
    assert "limits_not_shared" in caplog.messages
