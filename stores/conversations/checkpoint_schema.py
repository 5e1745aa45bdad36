"""The tables LangGraph keeps checkpoints in: made by its own code, in our schema, as our owner."""

from __future__ import annotations

import asyncio
from importlib.metadata import version
from typing import Any

from psycopg import AsyncConnection

PACKAGE = "langgraph-checkpoint-postgres"

_LOCK = 0x636865636B70  # "checkp"
_KNOWN = "select version from clearway.component where name = %s"
_REMEMBER = (
    "insert into clearway.component (name, version) values (%s, %s) "
    "on conflict (name) do update set version = excluded.version"
)
_TABLES = ("checkpoints", "checkpoint_blobs", "checkpoint_writes", "checkpoint_migrations")


async def prepare_checkpoints(connection: AsyncConnection[Any]) -> bool:
    """Make or upgrade the tables where another version of the package made them, or none did.

    Returns whether anything was done. `connection` is in autocommit mode and may become
    clearway_owner; safe to run in several processes at once.
    """
    installed = version(PACKAGE)
    if await _known(connection) == installed:
        return False
    # Tried, not waited for: a statement that waits holds a snapshot, and the index LangGraph makes
    # concurrently would wait for that in turn.
    while not await _taken(connection):
        await asyncio.sleep(0.05)
    try:
        if await _known(connection) != installed:
            await _make(connection)
            await connection.execute(_REMEMBER, [PACKAGE, installed])
    finally:
        await connection.execute("reset role")
        await connection.execute("reset search_path")
        await connection.execute("select pg_advisory_unlock(%s)", [_LOCK])
    return True


async def _make(connection: AsyncConnection[Any]) -> None:
    # Imported where it is needed: most starts find everything in place.
    from langgraph.checkpoint.postgres.aio import AsyncPostgresSaver

    await connection.execute("set role clearway_owner")
    await connection.execute("set search_path to clearway")
    await AsyncPostgresSaver(connection).setup()
    tables = ", ".join(f"clearway.{name}" for name in _TABLES)
    grant = f"grant select, insert, update, delete on {tables} to clearway_app"
    await connection.execute(grant.encode())


async def _known(connection: AsyncConnection[Any]) -> str | None:
    async with connection.transaction(force_rollback=True):
        await connection.execute("set local role clearway_app")
        row = await (await connection.execute(_KNOWN, [PACKAGE])).fetchone()
    return row["version"] if row else None


async def _taken(connection: AsyncConnection[Any]) -> bool:
    cursor = await connection.execute("select pg_try_advisory_lock(%s) as taken", [_LOCK])
    row = await cursor.fetchone()
    return bool(row and row["taken"])
