from __future__ import annotations

import asyncio
import socket
import traceback
from contextlib import closing

import pytest
from psycopg import OperationalError
from psycopg.conninfo import conninfo_to_dict

from clearway.errors import ConfigurationError, StoreUnavailable
from clearway.resilience import connections
from clearway.stores.connect import connect, store_errors, with_settings
from clearway.stores.embedded.server import EmbeddedPostgres
from clearway.stores.postgres import VARIABLE, Database, open_database
from tests.integration.conftest import settings_for

from .test_audit import disconnect

pytestmark = [pytest.mark.integration, pytest.mark.anyio]

SECRET = "hunter2-in-the-url"


def free_port() -> int:
    with closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.mark.parametrize(
    "url",
    ["postgres//oops", "mysql://a:b@c/d", "host=", "postgresql://[::1", "postgresql://h:port/d"],
)
async def test_what_is_not_a_url_is_one_sentence(url: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        async with open_database(settings_for(url)):
            pass
    assert "CLEARWAY_DATABASE_URL" in caught.value.message
    assert url not in caught.value.message


async def test_a_server_that_is_not_there_is_one_sentence_without_the_password() -> None:
    port = free_port()
    url = f"postgresql://zoe:{SECRET}@127.0.0.1:{port}/db"

    with pytest.raises(StoreUnavailable) as caught:
        async with open_database(settings_for(url)):
            pass

    assert caught.value.message == (
        f"Postgres at 127.0.0.1:{port} cannot be used: nothing listens at its host and port. "
        "Correct CLEARWAY_DATABASE_URL, or start the server."
    )
    assert SECRET not in "".join(traceback.format_exception(caught.value))


async def test_a_host_that_does_not_exist_is_one_sentence() -> None:
    with pytest.raises(StoreUnavailable, match="its host name is not known"):
        await connect("postgresql://zoe@no-such-host.invalid/db", "CLEARWAY_WAREHOUSE_URL")


async def test_a_host_that_never_answers_is_one_sentence() -> None:
    with closing(socket.create_server(("127.0.0.1", 0))) as silent:  # it accepts, and says nothing
        port = silent.getsockname()[1]
        url = f"postgresql://zoe:{SECRET}@127.0.0.1:{port}/db?connect_timeout=2"
        with pytest.raises(StoreUnavailable, match="its host does not answer"):
            await connect(url, "CLEARWAY_DATABASE_URL")


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ("user=nobody_at_all", "its user does not exist"),
        ("dbname=no_such_database", "its database does not exist"),
    ],
)
async def test_what_the_server_refuses_is_one_sentence(
    server: EmbeddedPostgres, change: str, reason: str
) -> None:
    with pytest.raises(StoreUnavailable, match=reason):
        await connect(f"{server.conninfo()} {change}", "CLEARWAY_DATABASE_URL")


async def test_settings_are_added_to_those_a_url_asks_for(server: EmbeddedPostgres) -> None:
    asked = f"{server.conninfo()} options='-c work_mem=1MB'"
    added = with_settings(asked, {"application_name": "a b\\c", "search_path": "demo"})

    async with await connect(added, "X") as connection:
        cursor = await connection.execute(
            "select current_setting('work_mem') as memory, "
            "current_setting('application_name') as name, current_setting('search_path') as path"
        )
        row = await cursor.fetchone()

    assert row == {"memory": "1MB", "name": "a b\\c", "path": "demo"}


async def test_errors_of_the_driver_become_ours_without_its_words(server: EmbeddedPostgres) -> None:
    async with await connect(server.conninfo(), "X") as connection:
        with pytest.raises(StoreUnavailable) as caught, store_errors("do that"):
            await connection.execute("select 'a secret' from no_such_table")

    assert "secret" not in caught.value.message
    assert caught.value.details["sqlstate"] == "42P01"


async def test_a_connection_the_server_ended_just_now_is_not_lent(database: Database) -> None:
    """No round trip asks whether it lives, and still nobody gets it."""
    async with database.pool.connection() as connection:
        lent = connection.info.backend_pid
    async with await connect(database.addresses.admin, VARIABLE) as admin:
        await admin.execute("select pg_terminate_backend(%s, 5000)", [lent])
    async with database.pool.connection() as connection:
        assert connection.info.backend_pid != lent
        assert (await (await connection.execute("select 1 as one")).fetchone()) == {"one": 1}


async def test_a_pool_is_of_use_as_soon_as_its_server_is_back(
    database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connections, "RECONNECT_S", 0.0)
    # However long it would wait by itself.
    monkeypatch.setattr("psycopg_pool.base.AttemptWithBackoff.INITIAL_DELAY", 3600.0)
    async with open_database(settings_for(database_url)) as database:
        await asyncio.to_thread(disconnect, database, for_good=True)
        for _ in range(3):
            with pytest.raises(OperationalError):
                async with database.pool.connection(timeout=0.5):
                    pass
        await asyncio.to_thread(disconnect, database)
        async with database.pool.connection() as connection:
            assert (await (await connection.execute("select 1 as one")).fetchone()) == {"one": 1}


async def test_connections_are_kept_alive_unless_the_url_says_how() -> None:
    url = "postgresql://me@host/db?keepalives_idle=300"
    kept = conninfo_to_dict(connections.kept_alive(url))
    assert (kept["keepalives_idle"], kept["tcp_user_timeout"]) == ("300", "30000")
    assert (kept["host"], kept["user"]) == ("host", "me")
