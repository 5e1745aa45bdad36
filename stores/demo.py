"""The demo warehouse: loaded once, then kept up to date at every start."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from importlib.resources import files
from typing import Any

from psycopg import AsyncConnection, sql

from clearway.errors import ConfigurationError

VERSION = 1
"""Of the schema and the rules that draw the rows; a new one rebuilds the warehouse."""

STALE_AFTER = timedelta(hours=1)
_JOB_HISTORY = timedelta(days=90)
_FULL_YEARS = 3
_LOCK = 0x64656D6F  # "demo"


async def refresh_demo(connection: AsyncConnection[Any], until: datetime) -> bool:
    """Make the demo reach `until`; return whether anything had to be done.

    Every row follows from its number, so a refresh adds what is new, drops what is too old and
    changes nothing in between. `connection` is in autocommit mode and may become clearway_owner.
    """
    until = until.astimezone(UTC)
    if not _stale(await _state(connection), until):
        return False
    async with connection.transaction():
        await connection.execute("select pg_advisory_xact_lock(%s)", [_LOCK])
        state = await _state(connection)
        if _stale(state, until):
            if state is None or state[0] != VERSION:
                await _rebuild(connection)
                state = None
            await connection.execute("set local role clearway_owner")
            await _load(connection, state[1] if state else None, until)
    return True


def _stale(state: tuple[int, datetime] | None, until: datetime) -> bool:
    return state is None or state[0] != VERSION or state[1] < until - STALE_AFTER


async def _state(connection: AsyncConnection[Any]) -> tuple[int, datetime] | None:
    async with connection.transaction(force_rollback=True):
        await connection.execute("set local role clearway_app")
        cursor = await connection.execute("select version, loaded_until from clearway.demo_state")
        row = await cursor.fetchone()
    return (row["version"], row["loaded_until"]) if row else None


async def _rebuild(connection: AsyncConnection[Any]) -> None:
    """Create schema `demo` anew; one that is not ours is left alone."""
    cursor = await connection.execute(
        "select pg_get_userbyid(nspowner) as owner from pg_namespace where nspname = 'demo'"
    )
    row = await cursor.fetchone()
    if row is None:
        await connection.execute("create schema demo authorization clearway_owner")
    elif row["owner"] != "clearway_owner":
        raise ConfigurationError(
            "The database has a schema `demo` of its own, where the demo warehouse would go: set "
            "CLEARWAY_WAREHOUSE_URL to the data to ask about, or CLEARWAY_DATABASE_URL to another "
            "database.",
            variable="CLEARWAY_WAREHOUSE_URL",
        )
    await connection.execute("set local role clearway_owner")
    cursor = await connection.execute(
        "select relname, relkind = 'v' as is_view from pg_class "
        "where relnamespace = 'demo'::regnamespace and relkind in ('r', 'v') order by relkind desc"
    )
    for relation in await cursor.fetchall():
        drop = "drop view {}" if relation["is_view"] else "drop table {}"
        await connection.execute(sql.SQL(drop).format(sql.Identifier("demo", relation["relname"])))
    await connection.execute(_text("schema.sql").encode())


async def _load(connection: AsyncConnection[Any], loaded: datetime | None, until: datetime) -> None:
    first_day = datetime(until.year - _FULL_YEARS, 1, 1, tzinfo=UTC)
    first_run = until - _JOB_HISTORY
    # The last day is loaded again: rows that are there are left alone, later ones are added.
    overlap = timedelta(days=1)
    sales_from = max(first_day, loaded - overlap) if loaded else first_day
    runs_from = max(first_run, loaded - overlap) if loaded else first_run
    await connection.execute(_text("sales_fact.sql"), {"since": sales_from, "until": until})
    await connection.execute(_text("job_runs.sql"), {"since": runs_from, "until": until})
    await connection.execute("delete from demo.sales_fact where sale_date < %s", [first_day])
    await connection.execute("delete from demo.job_runs where created_at < %s", [first_run])
    if loaded is None:
        await connection.execute(_text("customers.sql"), {})
        await connection.execute("analyze demo.sales_fact, demo.job_runs, demo.customers")
    await connection.execute(
        "insert into clearway.demo_state (version, loaded_until) values (%s, %s) on conflict (id) "
        "do update set version = excluded.version, loaded_until = excluded.loaded_until",
        [VERSION, until],
    )


def _text(name: str) -> str:
    return (files("clearway.stores") / "demo" / name).read_text("utf-8")
