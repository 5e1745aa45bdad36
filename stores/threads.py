"""Who owns a conversation, and whose turn it is: one row and one advisory lock per thread."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from psycopg import AsyncConnection
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


class PostgresThreads:
    """Implements `Threads`. A connection is held for as long as a turn runs."""

    def __init__(self, pool: AsyncConnectionPool[AsyncConnection[dict[str, Any]]]) -> None:
        """Use a pool apart from the one the run itself needs: a held turn must not starve it."""
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
