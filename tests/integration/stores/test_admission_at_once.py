"""Redis and Postgres asked at once: what only one of them let in is taken back from it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from decimal import Decimal

import psycopg
import pytest

from clearway.errors import StoreUnavailable
from clearway.llm.ports import Pass, Turned
from clearway.stores.models.admission_redis import RedisAdmission
from clearway.stores.postgres import Database
from tests.attempts import DAY, DONE, REQUESTS, TOKENS, attempt, let_in, open_circuit
from tests.integration.stores.conftest import admission_over, as_owner, someone_waits, without
from tests.redis_server import RedisServer, redis_server

pytestmark = [pytest.mark.integration, pytest.mark.anyio]


@pytest.fixture
async def clear(admission: RedisAdmission) -> RedisAdmission:
    """Admission to which the endpoint of the attempts is known to let calls in."""
    await let_in(admission)
    return admission


@pytest.fixture
async def other(database: Database, running: RedisServer) -> AsyncIterator[RedisAdmission]:
    """Admission of another process over the same stores."""
    async with admission_over(database, running) as opened:
        yield opened


def open_attempts(database: Database) -> list[tuple[object, ...]]:
    """Return the attempts the ledger holds as begun."""
    return as_owner(database, "select attempt_id from clearway.llm_attempt where ended_at is null")


async def test_a_circuit_another_process_opened_costs_no_money_and_leaves_no_row(
    clear: RedisAdmission, other: RedisAdmission, database: Database
) -> None:
    await open_circuit(other)

    refused = await clear.enter(attempt("asked again"))

    assert isinstance(refused, Turned)
    assert (refused.reason, refused.key) == ("breaker", "p/eu")
    assert await clear.spent(DAY) == (0, 0)
    assert open_attempts(database) == []
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


async def test_who_was_kept_out_by_a_reservation_that_was_withdrawn_is_asked_again(
    clear: RedisAdmission, other: RedisAdmission
) -> None:
    await open_circuit(other)
    healthy = {"provider": "q", "endpoint": "us", "worst_case_usd": Decimal("0.10")}
    await clear.leave(await begun(clear, **healthy), replace(DONE, cost_usd=Decimal(0)))

    refused = [clear.enter(attempt(worst_case_usd=Decimal("0.10"))) for _ in range(3)]
    answers = await asyncio.gather(*refused, *(clear.enter(attempt(**healthy)) for _ in range(3)))

    assert [isinstance(each, Pass) for each in answers] == [False] * 3 + [True] * 3
    assert await clear.spent(DAY) == (0, Decimal("0.30"))


async def test_where_neither_answers_no_attempt_is_made_in_either_way(database: Database) -> None:
    with redis_server() as server:
        async with admission_over(database, server) as admission:
            await let_in(admission)
            server.kill()
            with without(database, "llm_enter"), pytest.raises(StoreUnavailable):
                await admission.enter(attempt("lost"))
            await admission.sweep()

            assert isinstance(await admission.enter(attempt("lost")), Pass)
            await admission.sweep()
            assert await admission.spent(DAY) == (0, Decimal("0.10"))


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
        while not someone_waits(database):
            await asyncio.sleep(0)
        entering.cancel()
        with pytest.raises(asyncio.CancelledError):
            await entering  # a deadline is kept though what was asked is still undecided

    assert await clear.spent(DAY) == (Decimal("0.01"), 0)
    assert open_attempts(database) == []
    assert isinstance(await clear.enter(attempt(windows=[REQUESTS])), Pass)


async def begun(admission: RedisAdmission, **changes: object) -> str:
    """Begin an attempt and return its id."""
    entered = attempt(**changes)
    assert isinstance(await admission.enter(entered), Pass)
    return entered.attempt_id


async def test_a_postgres_that_cannot_count_leaves_nothing_in_redis(
    clear: RedisAdmission, database: Database
) -> None:
    await clear.leave(await begun(clear, windows=[REQUESTS]), DONE)
    with without(database, "llm_enter"), pytest.raises(StoreUnavailable, match="none may be made"):
        await clear.enter(attempt(windows=[REQUESTS]))

    assert isinstance(await clear.enter(attempt(windows=[REQUESTS])), Pass)
    assert await clear.spent(DAY) == (Decimal("0.01"), Decimal("0.10"))


async def test_what_cannot_be_withdrawn_is_owed_and_not_held_against_a_second_try(
    clear: RedisAdmission, other: RedisAdmission, database: Database
) -> None:
    await open_circuit(other)
    with without(database, "llm_withdraw"):
        assert isinstance(await clear.enter(attempt("twice")), Turned)
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
        await connection.execute("select clearway.llm_withdraw('[\"closed\"]')")

    assert as_owner(
        database, "select status from clearway.llm_attempt where attempt_id = 'closed'"
    ) == [("succeeded",)]
    assert await clear.spent(DAY) == (Decimal("0.01"), 0)
