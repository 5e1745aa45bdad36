"""Admission among processes that all come at the same moment."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from functools import partial

import pytest
import redis as sync_redis

from clearway.resilience.clock import SystemClock
from clearway.stores.models.admission import open_admission
from clearway.stores.postgres import Database
from tests.attempts import open_circuit
from tests.integration.stores.conftest import age_postgres, age_redis
from tests.redis_server import RedisServer
from tests.rush import Crowd, crowd

pytestmark = [pytest.mark.integration, pytest.mark.anyio]


@pytest.fixture(scope="module")
def four() -> Iterator[Crowd]:
    with crowd(4) as processes:
        yield processes


@pytest.fixture(params=["postgres", "redis"])
def redis_url(
    request: pytest.FixtureRequest, redis: sync_redis.Redis, running: RedisServer
) -> str | None:
    """Where circuits and windows are counted; None: in Postgres, with the money."""
    return running.url if request.param == "redis" else None


@pytest.mark.parametrize("known", [False, True], ids=["new", "known"])
def test_a_budget_for_three_lets_three_of_two_hundred_in_from_four_processes(
    database: Database, four: Crowd, redis_url: str | None, known: bool
) -> None:
    reports = four.rush(database.addresses.app, calls=50, redis_url=redis_url, known=known)

    assert sum(report["passed"] for report in reports) == 3
    assert {reason for report in reports for reason in report["reasons"]} == {"budget"}


async def test_after_recovery_one_of_a_hundred_from_four_processes_reaches_the_endpoint(
    database: Database, four: Crowd, redis: sync_redis.Redis, redis_url: str | None
) -> None:
    app = database.addresses.app
    async with open_admission(database.pool, app, SystemClock(), redis_url=redis_url) as opened:
        await open_circuit(opened)
    age_postgres(database, 60)
    age_redis(redis, 60)

    reports = await asyncio.to_thread(partial(four.rush, app, calls=25, redis_url=redis_url))

    assert sum(report["passed"] for report in reports) == 1
    assert sum(report["probes"] for report in reports) == 1
