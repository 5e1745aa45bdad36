"""The session by itself: what holds for a statement that no other layer has looked at."""

from __future__ import annotations

import contextlib

import psycopg
import pytest
from psycopg.conninfo import make_conninfo
from pydantic import SecretStr

from clearway.errors import ClearwayError, ExecutionError, RequestTimeoutError
from clearway.plans import CheckedSql
from clearway.stores.postgres import Database
from clearway.tools.sql.execute import PostgresExecutor
from clearway.tools.sql.failures import translate
from clearway.tools.sql.session import Pool, SessionSettings, begin, end, open_warehouse_pool
from clearway.warehouse import open_warehouse
from tests.integration.conftest import settings_for
from tests.unit.tools.shop import ANALYST, refused

pytestmark = [pytest.mark.integration, pytest.mark.anyio]


async def run(pool: Pool, sql: str, session: SessionSettings | None = None) -> object:
    statement = CheckedSql(source_id="warehouse", sql=sql, relations=(), limit=10)
    executor = PostgresExecutor(pool, session=session or SessionSettings())
    return (await executor.run(statement, ANALYST, trace_id="t-1", timeout_s=7.0)).rows


async def test_a_role_is_taken_on_and_temporary_files_are_capped_where_allowed(
    warehouse: str,
) -> None:
    session = SessionSettings(role="shop_reader", temp_file_limit="64MB")
    async with open_warehouse_pool(warehouse, size=1) as pool:
        asked = "select current_user::text, current_setting('temp_file_limit')"
        assert await run(pool, asked, session) == (("shop_reader", "64MB"),)
        with pytest.raises(ExecutionError):
            await run(pool, "select ssn from shop.customers", session)
        async with pool.connection() as connection:
            row = await (await connection.execute("select current_user::text")).fetchone()
    assert row != ("shop_reader",)


async def test_every_timeout_lies_within_the_requests_deadline(pool: Pool) -> None:
    names = ("statement_timeout", "lock_timeout", "idle_in_transaction_session_timeout")
    asked = ", ".join(f"current_setting('{name}')" for name in names)
    version = "current_setting('server_version_num')::int >= 170000"
    assert await run(
        pool, f"select {asked}, {version}, current_setting('transaction_timeout', true)"
    ) == (("7s", "2s", "15s", True, "8s"),)


async def test_an_older_server_is_not_told_what_it_does_not_know(pool: Pool) -> None:
    values = SessionSettings().values(ANALYST, trace_id="t", timeout_s=1.0)

    class Older:
        """The same connection, reporting an older server."""

        def __init__(self, connection: object) -> None:
            self._connection = connection

        def __getattr__(self, name: str) -> object:
            return getattr(self._connection, name)

        @property
        def info(self) -> object:
            return type("Info", (), {"server_version": 150_004})

    async with pool.connection() as connection:
        await begin(Older(connection), values)  # type: ignore[arg-type]  # all that begin reads
        row = await (
            await connection.execute("select current_setting('transaction_timeout')")
        ).fetchone()
        await end(connection)
    assert row == ("0",)


async def test_a_timeout_of_any_kind_is_one_to_the_caller() -> None:
    for kind in (
        psycopg.errors.QueryCanceled,
        psycopg.errors.IdleInTransactionSessionTimeout,
        psycopg.errors.TransactionTimeout,
    ):
        assert isinstance(translate(kind("secret")), RequestTimeoutError)


@pytest.mark.parametrize(
    "sql",
    [
        "select set_config('role', 'none', false)",
        "select set_config('role', 'postgres', true)",
        "set role none",
        "reset role",
        "set session authorization default",
        "select 1; reset role",
        "with w as (select set_config('role', 'none', true) as r) select r from w",
        "select pg_catalog.set_config('session_authorization', 'postgres', false)",
    ],
)
async def test_no_statement_leaves_the_reader_role(warehouse: str, sql: str) -> None:
    """The tree refuses all; what a session alone lets by does not outlive it."""
    assert refused(sql).rule in ("sql.functions", "sql.select_only", "sql.single_statement")
    reader = make_conninfo(warehouse, options="-c role=shop_reader")
    async with open_warehouse_pool(reader, size=1) as pool:
        with contextlib.suppress(ClearwayError):
            await run(pool, sql)
        assert await run(pool, "select current_user::text") == (("shop_reader",),)
        with pytest.raises(ExecutionError):
            await run(pool, "select ssn from shop.customers")


async def test_statements_go_to_the_replica_and_rights_to_the_warehouse(
    warehouse: str, reader: str, database: Database
) -> None:
    copied = psycopg.conninfo.conninfo_to_dict(reader)["dbname"]
    settings = settings_for(database.addresses.app).model_copy(
        update={
            "warehouse_url": SecretStr(make_conninfo(warehouse, dbname="postgres")),
            "warehouse_replica_url": SecretStr(reader),
        }
    )
    for itself, expected in ((False, copied), (True, "postgres")):
        async with open_warehouse(settings, database, itself=itself) as pool:
            assert await run(pool, "select current_database()::text") == ((expected,),)
