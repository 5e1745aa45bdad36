"""Who owns a conversation, and whose turn it is: one row and one advisory lock per thread."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any

import psycopg
from psycopg import AsyncConnection
from psycopg.rows import dict_row
from psycopg_pool import AsyncConnectionPool

from clearway.errors import IdentityError
from clearway.identity import Principal
from clearway.resilience import connections
from clearway.resilience.finish import finish

# One round trip: a plain function, so that the lock is taken before the owner is looked up.
BEGIN = "select * from clearway.thread_begin(%(id)s, %(tenant)s, %(user)s)"
END = "select clearway.thread_end(%(id)s)"


@asynccontextmanager
async def open_threads(conninfo: str, *, size: int) -> AsyncIterator[PostgresThreads]:
    """Yield thread ownership and locks over a pool that connects when first needed."""
    pool: AsyncConnectionPool[AsyncConnection[dict[str, Any]]] = AsyncConnectionPool(
        conninfo,
        open=False,
        min_size=0,
        max_size=size,
        check=connections.check_idle,
        reconnect_timeout=connections.RECONNECT_S,
        kwargs={"autocommit": True, "row_factory": dict_row},
    )
    try:
        await pool.open()
        yield PostgresThreads(pool)
    finally:
        await pool.close()


class PostgresThreads:
    """Implements `Threads`. A connection is held for as long as a turn runs.

    So the pool is one of its own: held turns must not starve the runs inside them.
    """

    def __init__(self, pool: AsyncConnectionPool[AsyncConnection[dict[str, Any]]]) -> None:
        """Made by `open_threads`."""
        self._pool = pool

    @asynccontextmanager
    async def turn(self, thread_id: str, principal: Principal) -> AsyncIterator[None]:
        """Wait for the thread, then hold it; `IdentityError` where it is somebody else's."""
        key = {"id": thread_id, "tenant": principal.tenant, "user": principal.user}
        async with self._pool.connection() as connection:
            try:
                cursor = await connection.execute(BEGIN, key)
                owner = await cursor.fetchone()
                if owner != {"tenant": principal.tenant, "user_id": principal.user}:
                    raise IdentityError("There is no such conversation.")
                yield
            finally:
                await finish(_let_go(connection, key))


async def _let_go(connection: AsyncConnection[Any], key: Mapping[str, str]) -> None:
    """Release the thread; with a connection that cannot, its session ends and so does the lock."""
    try:
        await connection.execute(END, key)
    except psycopg.Error:
        await connection.close()
