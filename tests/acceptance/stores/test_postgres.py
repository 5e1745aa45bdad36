"""The database as the application opens it, with nothing configured."""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
import tempfile
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

import psycopg
import pytest
from psycopg_pool import PoolTimeout

from clearway.settings import Settings
from clearway.stores.postgres import Database, open_database

pytestmark = [pytest.mark.acceptance, pytest.mark.anyio]

NOW = datetime(2026, 3, 10, 12, 0, tzinfo=UTC)


@pytest.fixture(scope="module")
def settings() -> Iterator[Settings]:
    home = Path(tempfile.mkdtemp(prefix="clearway-test-"))
    yield Settings(_env_file=None, home=home, database_url=None, warehouse_url=None)
    shutil.rmtree(home)


async def test_it_opens_with_nothing_configured_also_for_several_at_once(
    settings: Settings,
) -> None:
    async def opened() -> tuple[object, ...]:
        async with open_database(settings, now=NOW) as database:
            async with database.pool.connection() as connection:
                cursor = await connection.execute("select to_regclass('checkpoints') as made")
                made = await cursor.fetchone()
            with psycopg.connect(database.warehouse) as reader:
                return made, *reader.execute("select count(*) >= 50000 from sales_fact").fetchall()

    expected = ({"made": "checkpoints"}, (True,))
    assert await asyncio.gather(*(opened() for _ in range(4))) == [expected] * 4
    assert await opened() == expected


@pytest.mark.parametrize("address", ["app", "reader"])
async def test_underneath_no_session_is_a_superuser(settings: Settings, address: str) -> None:
    async with open_database(settings, now=NOW) as database:
        conninfo = getattr(database.addresses, address)
        with psycopg.connect(conninfo, autocommit=True) as connection:
            (names,) = connection.execute("select session_user, current_user").fetchall()
            assert names == (f"clearway_{address}", f"clearway_{address}")
            for role in ("postgres", "clearway_owner", "none"):
                if role == "none":
                    connection.execute("reset role")
                    connection.execute("set role none")
                    continue
                with pytest.raises(psycopg.errors.InsufficientPrivilege):
                    connection.execute(f"set role {role}".encode())
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                connection.execute("update clearway.audit_head set seq = 0")


async def test_a_process_that_stays_can_keep_the_demo_fresh(settings: Settings) -> None:
    async with open_database(settings, now=NOW) as database:
        assert not await database.refresh_demo(NOW)
        later = NOW + timedelta(days=3)
        assert await database.refresh_demo(later)
        with psycopg.connect(database.warehouse) as reader:
            (row,) = reader.execute(
                "select count(*) > 200 from job_runs where created_at > %s",
                [later - timedelta(days=1)],
            ).fetchall()
            assert row == (True,)


async def test_a_server_that_dies_under_us_is_started_again(settings: Settings) -> None:
    async with open_database(settings, now=NOW) as database:
        pid_file = settings.home / "postgres/data/postmaster.pid"
        os.kill(int(pid_file.read_text().splitlines()[0]), signal.SIGKILL)
        async with asyncio.timeout(300):
            while not await answers(database):
                pass


async def answers(database: Database) -> bool:
    with suppress(psycopg.Error, PoolTimeout):
        async with database.pool.connection(timeout=5) as connection:
            await connection.execute("select 1")
            return True
    return False


async def test_an_open_database_shows_no_address(settings: Settings) -> None:
    async with open_database(settings, now=NOW) as database:
        assert "host" not in repr(database) + repr(database.addresses)
