"""What tests of stores begin with: a Redis of the module's own, and admission over both stores."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager

import psycopg
import pytest
import redis as sync_redis

from clearway.resilience.clock import SystemClock
from clearway.stores.models.admission import open_admission
from clearway.stores.models.admission_redis import RedisAdmission
from clearway.stores.postgres import Database
from tests.integration.stores.rules import InPostgres, InRedis, Rules
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
    async with admission_over(database, running) as opened:
        yield opened


@pytest.fixture(params=["postgres", "redis"])
def rules(
    request: pytest.FixtureRequest, database: Database, redis: sync_redis.Redis
) -> Iterator[Rules]:
    """The rules as one store works them, with nothing counted."""
    if request.param == "redis":
        yield InRedis(redis)
        return
    with psycopg.connect(database.addresses.admin, autocommit=True) as connection:
        yield InPostgres(connection)


@asynccontextmanager
async def admission_over(database: Database, server: RedisServer) -> AsyncIterator[RedisAdmission]:
    """Yield the admission of one more process over both stores."""
    async with open_admission(
        database.pool, database.addresses.app, SystemClock(), redis_url=server.url
    ) as opened:
        assert isinstance(opened.books, RedisAdmission)
        yield opened.books


def as_owner(database: Database, statement: str) -> list[tuple[object, ...]]:
    """Return what the owner of the tables, who may do everything, gets to read."""
    with psycopg.connect(database.addresses.admin, autocommit=True) as connection:
        cursor = connection.execute(statement.encode())
        return cursor.fetchall() if cursor.description else []


@contextmanager
def without(database: Database, function: str) -> Iterator[None]:
    """Let a function of the schema be missing for a while."""
    as_owner(database, f"alter function clearway.{function} rename to elsewhere")
    try:
        yield
    finally:
        as_owner(database, f"alter function clearway.elsewhere rename to {function}")


def someone_waits(database: Database) -> bool:
    """Return whether somebody waits for the ledger of attempts."""
    return bool(
        as_owner(
            database,
            "select 1 from pg_locks "
            "where not granted and relation = 'clearway.llm_attempt'::regclass",
        )
    )


def age_postgres(database: Database, seconds: int) -> None:
    """Move what leases and circuits in Postgres wait for into the past."""
    shift = f"interval '{seconds} seconds'"
    as_owner(
        database,
        f"update clearway.llm_circuit set retry_at = retry_at - {shift}, "
        f"probe_until = probe_until - {shift}; "
        f"update clearway.llm_attempt set lease_until = lease_until - {shift}",
    )


def age_redis(redis: sync_redis.Redis, seconds: int) -> None:
    """Move what the circuits in Redis wait for into the past."""
    for key in redis.scan_iter(match="clearway:llm:circuit:*"):
        circuit = json.loads(redis.get(key) or b"")
        circuit["retry_at"] -= seconds
        circuit["probe_until"] -= seconds
        redis.set(key, json.dumps(circuit))
