"""What tests of stores begin with: a Redis of the module's own, and admission over both stores."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator

import pytest
import redis as sync_redis

from clearway.resilience.clock import SystemClock
from clearway.stores.models.admission import open_admission
from clearway.stores.models.admission_redis import RedisAdmission
from clearway.stores.postgres import Database
from tests.redis_server import RedisServer, redis_server


@pytest.fixture(scope="module")
def running() -> Iterator[RedisServer]:
    """A Redis for the tests of one module."""
    with redis_server() as server:
        yield server


@pytest.fixture
def redis(running: RedisServer) -> Iterator[sync_redis.Redis]:
    """The module's Redis with nothing in it."""
    with sync_redis.Redis(port=running.port) as client:
        client.flushdb()
        yield client


@pytest.fixture
async def admission(
    database: Database, redis: sync_redis.Redis, running: RedisServer
) -> AsyncIterator[RedisAdmission]:
    """Admission of one process over an empty Redis and an empty database."""
    async with open_admission(
        database.pool, database.addresses.app, SystemClock(), redis_url=running.url
    ) as opened:
        assert isinstance(opened.books, RedisAdmission)
        yield opened.books
