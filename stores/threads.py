"""Who owns a conversation, and whose turn it is: one row and one advisory lock per thread."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from psycopg import AsyncConnection
from psycopg.rows import dict_row
from psycopg_pool import AsyncConnectionPool

from clearway.errors import IdentityError
from clearway.identity import Principal

CLAIM = """
with claimed as (
    insert into clearway.thread (thread_id, tenant, user_id) values (%(id)s, %(tenant)s, %(user)s)
    on conflict (thread_id) do nothing
    returning tenant, user_id
)
select tenant, user_id from claimed
union all
select tenant, user_id from clearway.thread where thread_id = %(id)s
limit 1
"""
LOCK = "select pg_advisory_lock(hashtextextended(%(id)s, 7301))"
UNLOCK = "select pg_advisory_unlock(hashtextextended(%(id)s, 7301))"


@asynccontextmanager
async def open_threads(conninfo: str, *, size: int) -> AsyncIterator[PostgresThreads]:
    """Yield thread ownership and locks over a pool that connects when first needed."""
    pool = AsyncConnectionPool(
        conninfo,
        open=False,
        min_size=0,
        max_size=size,
        check=AsyncConnectionPool.check_connection,
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
            await connection.execute(LOCK, key)
            try:
                cursor = await connection.execute(CLAIM, key)
                owner = await cursor.fetchone()
                if owner != {"tenant": principal.tenant, "user_id": principal.user}:
                    raise IdentityError("There is no such conversation.")
                yield
            finally:
                await connection.execute(UNLOCK, key)
