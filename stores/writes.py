"""Writes to services: each request may send its own once, whatever became of the process."""

from __future__ import annotations

from datetime import datetime

from psycopg import AsyncConnection
from psycopg.rows import DictRow
from psycopg_pool import AsyncConnectionPool

from clearway.stores.connect import store_errors

_CLAIM = """
insert into service_write (request_id, claimed_at) values (%(request_id)s, %(at)s)
on conflict (request_id) do nothing
"""


class PostgresWriteGuard:
    """Implements the services tool's `WriteGuard` with one row a request."""

    def __init__(self, pool: AsyncConnectionPool[AsyncConnection[DictRow]]) -> None:
        """`pool` is of the application's role."""
        self._pool = pool

    async def claim(self, request_id: str, *, at: datetime) -> bool:
        """Return whether the write may be sent now; the claim is on disk when this returns."""
        with store_errors("keep count of a write"):
            async with self._pool.connection() as connection:
                cursor = await connection.execute(_CLAIM, {"request_id": request_id, "at": at})
                return cursor.rowcount == 1
