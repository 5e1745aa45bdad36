"""Each request may send its write once, whichever process asks."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta

import psycopg
import pytest

from clearway.errors import ExecutionError
from clearway.stores.connect import connect
from clearway.stores.postgres import VARIABLE, Database
from clearway.stores.writes import PostgresWriteGuard, count_old_writes, prune_writes

pytestmark = [pytest.mark.integration, pytest.mark.anyio]

NOW = datetime(2026, 5, 20, tzinfo=UTC)
YEAR = timedelta(days=365)


async def claim(guard: PostgresWriteGuard, name: str, at: datetime = NOW) -> str:
    return await guard.claim(name, call="c", asked_at=at, at=at)


async def test_of_many_who_claim_at_once_one_may_write(database: Database) -> None:
    guards = [PostgresWriteGuard(database.pool, b"key") for _ in range(5)]
    claims = await asyncio.gather(*(claim(each, "r-1") for each in guards))
    assert sorted(claims) == ["claimed", *["unknown"] * 4]
    assert await claim(guards[0], "r-2") == "claimed"


async def test_what_came_of_it_is_told_to_who_asks_later_and_is_not_rewritten(
    database: Database,
) -> None:
    guard = PostgresWriteGuard(database.pool, b"key")
    await claim(guard, "r-1")
    await guard.settle("r-1", came="done", at=NOW)
    await guard.settle("r-1", came="not_done", at=NOW)
    assert await claim(guard, "r-1") == "done"


async def test_who_asks_for_the_same_is_told_of_one_nobody_knows_the_end_of(
    database: Database,
) -> None:
    guard, day = PostgresWriteGuard(database.pool, b"key"), timedelta(days=1)
    for name, came in (("r-1", "unknown"), ("r-2", "done"), ("r-3", "not_done")):
        await guard.claim(name, call=f"of {name}", asked_at=NOW, at=NOW)
        await guard.settle(name, came=came, at=NOW)
    await guard.claim("r-4", call="of r-4", asked_at=NOW, at=NOW)
    found = [await guard.unsettled(f"of r-{n}", since=NOW - day) for n in range(1, 6)]
    assert found == [NOW, None, None, NOW, None]
    assert await guard.unsettled("of r-1", since=NOW + day) is None
    async with database.pool.connection() as connection:
        rows = await (await connection.execute("select call from service_write")).fetchall()
    assert not any("r-1" in row["call"] for row in rows)


async def test_a_claim_goes_when_no_request_could_send_its_write_again(database: Database) -> None:
    guard = PostgresWriteGuard(database.pool, b"key", keeps=YEAR)
    await guard.claim("old", call="c", asked_at=NOW - timedelta(days=1), at=NOW)
    await claim(guard, "new", NOW + timedelta(days=2))
    later = NOW + YEAR + timedelta(days=1)
    before = later - YEAR
    assert await count_old_writes(database.pool, before=before) == 1
    async with await connect(database.addresses.owner, VARIABLE) as owner:
        assert await prune_writes(owner, before=before) == 1
        assert await prune_writes(owner, before=before) == 0
    with pytest.raises(ExecutionError, match="too long ago"):
        await guard.claim("old", call="c", asked_at=NOW - timedelta(days=1), at=later)
    assert await claim(guard, "new", NOW + timedelta(days=2)) == "unknown"


@pytest.mark.parametrize(
    "statement",
    ["delete from service_write", "update service_write set request_id = 'x'"],
)
async def test_the_application_takes_no_claim_back(database: Database, statement: str) -> None:
    async with database.pool.connection() as connection:
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            await connection.execute(statement)
