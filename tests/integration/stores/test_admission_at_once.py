"""Redis and Postgres asked at once: what only one of them let in is taken back from it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from decimal import Decimal

import psycopg
import pytest
import redis as sync_redis

from clearway.errors import StoreUnavailable
from clearway.llm.ports import Pass, Turned
from clearway.resilience.clock import SystemClock
from clearway.stores.models.admission import open_admission
from clearway.stores.models.admission_redis import RedisAdmission
from clearway.stores.postgres import Database
from tests.attempts import DAY, DONE, REQUESTS, TOKENS, attempt, open_circuit
from tests.redis_server import RedisServer, redis_server

pytestmark = [pytest.mark.integration, pytest.mark.anyio]


@pytest.fixture
async def clear(admission: RedisAdmission) -> RedisAdmission:
    """Admission to which the endpoint of the attempts is known to let calls in."""
    await let_in(admission)
    return admission


@pytest.fixture
async def other(
    database: Database, redis: sync_redis.Redis, running: RedisServer
) -> AsyncIterator[RedisAdmission]:
    """Admission of another process over the same stores."""
    async with open_admission(
        database.pool, database.addresses.app, SystemClock(), redis_url=running.url
    ) as opened:
        assert isinstance(opened.books, RedisAdmission)
        yield opened.books


async def let_in(admission: RedisAdmission) -> None:
    """Make a call that costs nothing."""
    free = attempt(worst_case_usd=Decimal(0))
    assert isinstance(await admission.enter(free), Pass)
    await admission.leave(free.attempt_id, replace(DONE, cost_usd=Decimal(0)))


async def open_attempts(database: Database) -> int:
    """Return how many attempts the ledger holds as begun."""
    async with database.pool.connection() as connection:
        cursor = await connection.execute(
            "select count(*) as open from clearway.llm_attempt where ended_at is null"
        )
        row = await cursor.fetchone()
    assert row is not None
    return int(row["open"])


async def test_a_circuit_another_process_opened_costs_no_money_and_leaves_no_row(
    clear: RedisAdmission, other: RedisAdmission, database: Database
) -> None:
    await open_circuit(other)

    refused = await clear.enter(attempt("asked again"))

    assert isinstance(refused, Turned)
    assert (refused.reason, refused.key) == ("breaker", "p/eu")
    assert await clear.spent(DAY) == (0, 0)
    assert await open_attempts(database) == 0
    await other.reset()
    assert isinstance(await clear.enter(attempt("asked again")), Pass)
    assert await clear.spent(DAY) == (0, Decimal("0.10"))
    await clear.leave("asked again", DONE)
    assert await clear.spent(DAY) == (Decimal("0.01"), 0)


async def test_a_purse_that_refuses_gives_the_window_back(clear: RedisAdmission) -> None:
    await clear.enter(attempt("first", windows=[REQUESTS]))  # the window is new: asked in turn
    poor = replace(DAY, key="nobody", limit_usd=Decimal("0.01"))

    refused = await clear.enter(attempt(windows=[REQUESTS], purses=[poor]))

    assert isinstance(refused, Turned)
    assert refused.reason == "budget"
    assert isinstance(await clear.enter(attempt(windows=[REQUESTS])), Pass)
    full = await clear.enter(attempt(windows=[REQUESTS]))
    assert isinstance(full, Turned)
    assert full.reason == "window"
    assert await clear.spent(DAY) == (0, Decimal("0.20"))


async def test_a_full_window_is_told_before_an_empty_purse(clear: RedisAdmission) -> None:
    await clear.enter(attempt(tokens=1000, windows=[TOKENS]))
    poor = replace(DAY, key="nobody", limit_usd=Decimal("0.01"))

    refused = await clear.enter(attempt(windows=[TOKENS], purses=[poor]))

    assert isinstance(refused, Turned)
    assert refused.reason == "window"


async def test_a_caller_who_goes_away_leaves_nothing_in_either(
    clear: RedisAdmission, database: Database
) -> None:
    await clear.leave(await begun(clear, windows=[REQUESTS]), DONE)
    async with await psycopg.AsyncConnection.connect(database.addresses.admin) as blocker:
        await blocker.execute("lock table clearway.llm_attempt in exclusive mode")
        entering = asyncio.create_task(clear.enter(attempt(windows=[REQUESTS])))
        while not await waiting(blocker):
            await asyncio.sleep(0)
        entering.cancel()
        await asyncio.sleep(0)
        entering.cancel()

    with pytest.raises(asyncio.CancelledError):
        await entering

    assert await clear.spent(DAY) == (Decimal("0.01"), 0)
    assert await open_attempts(database) == 0
    assert isinstance(await clear.enter(attempt(windows=[REQUESTS])), Pass)


async def begun(admission: RedisAdmission, **changes: object) -> str:
    """Begin an attempt and return its id."""
    entered = attempt(**changes)
    assert isinstance(await admission.enter(entered), Pass)
    return entered.attempt_id


async def waiting(connection: psycopg.AsyncConnection[tuple[object, ...]]) -> bool:
    """Return whether somebody waits for the ledger."""
    cursor = await connection.execute(
        "select 1 from pg_locks where not granted and relation = 'clearway.llm_attempt'::regclass"
    )
    return await cursor.fetchone() is not None


async def test_a_redis_that_dies_hands_over_without_reserving_twice(database: Database) -> None:
    with redis_server() as server:
        async with open_admission(
            database.pool, database.addresses.app, SystemClock(), redis_url=server.url
        ) as opened:
            admission = opened.books
            assert isinstance(admission, RedisAdmission)
            await let_in(admission)
            server.kill()

            assert isinstance(await admission.enter(attempt("without")), Pass)

            assert admission.degraded is not None
            assert await admission.spent(DAY) == (0, Decimal("0.10"))
            await admission.leave("without", DONE)
            assert await admission.spent(DAY) == (Decimal("0.01"), 0)


async def test_a_postgres_that_cannot_count_leaves_nothing_in_redis(
    clear: RedisAdmission, database: Database
) -> None:
    await clear.leave(await begun(clear, windows=[REQUESTS]), DONE)
    async with await psycopg.AsyncConnection.connect(
        database.addresses.admin, autocommit=True
    ) as owner:
        await owner.execute("alter function clearway.llm_enter rename to elsewhere")
        try:
            with pytest.raises(StoreUnavailable, match="none may be made"):
                await clear.enter(attempt(windows=[REQUESTS]))
        finally:
            await owner.execute("alter function clearway.elsewhere rename to llm_enter")

    assert isinstance(await clear.enter(attempt(windows=[REQUESTS])), Pass)
    assert await clear.spent(DAY) == (Decimal("0.01"), Decimal("0.10"))


async def test_what_cannot_be_withdrawn_is_owed_and_not_held_against_a_second_try(
    clear: RedisAdmission, other: RedisAdmission, database: Database
) -> None:
    await open_circuit(other)
    async with await psycopg.AsyncConnection.connect(
        database.addresses.admin, autocommit=True
    ) as owner:
        await owner.execute("alter function clearway.llm_withdraw rename to elsewhere")
        try:
            assert isinstance(await clear.enter(attempt("twice")), Turned)
        finally:
            await owner.execute("alter function clearway.elsewhere rename to llm_withdraw")
    assert await clear.spent(DAY) == (0, Decimal("0.10"))

    await other.reset()
    assert isinstance(await clear.enter(attempt("twice")), Pass)
    await clear.sweep()

    assert await clear.spent(DAY) == (0, Decimal("0.10"))
    await clear.leave("twice", DONE)
    assert await clear.spent(DAY) == (Decimal("0.01"), 0)


async def test_what_is_closed_cannot_be_withdrawn(
    clear: RedisAdmission, database: Database
) -> None:
    await clear.leave(await begun(clear, name="closed"), DONE)

    async with database.pool.connection() as connection:
        await connection.execute("select clearway.llm_withdraw('closed')")
        cursor = await connection.execute(
            "select status from clearway.llm_attempt where attempt_id = 'closed'"
        )
        assert await cursor.fetchone() == {"status": "succeeded"}
    assert await clear.spent(DAY) == (Decimal("0.01"), 0)
