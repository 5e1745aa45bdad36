"""Writes to services: each request may send its own once, whatever became of the process."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Literal

from psycopg import AsyncConnection
from psycopg.rows import DictRow
from psycopg_pool import AsyncConnectionPool

from clearway.errors import ExecutionError
from clearway.settings import Settings
from clearway.stores.connect import store_errors
from clearway.stores.keys import Keys, keyed_digest
from clearway.stores.retention import count_older, remove_older

_CLAIM = """
insert into service_write (request_id, call, claimed_at)
values (%(request_id)s, %(call)s, %(at)s)
on conflict (request_id) do nothing
"""
_EARLIER = """
select coalesce(came, 'unknown') as came from service_write where request_id = %(request_id)s
"""
_UNSETTLED = """
select max(claimed_at) as at from service_write
where call = %(call)s and claimed_at >= %(since)s and (came is null or came = 'unknown')
"""
_SETTLE = """
update service_write set settled_at = %(at)s, came = %(came)s
where request_id = %(request_id)s and settled_at is null
"""
_WHAT = "old writes"
_COUNT = "select count(*) as found from clearway.service_write where claimed_at < %s"
_PRUNE = """
delete from clearway.service_write
where request_id in (
    select request_id from clearway.service_write where claimed_at < %s limit %s
)
"""

Pool = AsyncConnectionPool[AsyncConnection[DictRow]]


class PostgresWriteGuard:
    """Implements the services tool's `WriteGuard` with one row a request."""

    def __init__(self, pool: Pool, key: bytes, *, keeps: timedelta | None = None) -> None:
        """`pool` is of the application's role; `keeps` is how long claims are kept, None: always.

        A request that is older sends nothing: its claim may be gone. `key` hides what was sent.
        """
        self._pool = pool
        self._key = key
        self._keeps = keeps

    async def claim(
        self, request_id: str, *, call: str, asked_at: datetime, at: datetime
    ) -> Literal["claimed", "done", "not_done", "unknown"]:
        """Return `claimed` where the write may be sent now, else what came of it before.

        The claim is on disk when this returns. Raises `ExecutionError` for a request so old that
        nobody can know any more.
        """
        if self._keeps is not None and at - asked_at >= self._keeps:
            raise ExecutionError(
                "This was asked too long ago to be sent now; ask it again.", sent=False
            )
        values = {"request_id": request_id, "call": keyed_digest(self._key, call), "at": at}
        with store_errors("keep count of a write"):
            async with self._pool.connection() as connection:
                if (await connection.execute(_CLAIM, values)).rowcount == 1:
                    return "claimed"
                row = await (await connection.execute(_EARLIER, values)).fetchone()
        came: Literal["done", "not_done", "unknown"] = row["came"] if row else "unknown"
        return came

    async def unsettled(self, call: str, *, since: datetime) -> datetime | None:
        """Return when the same call was last sent without anybody knowing what came of it."""
        values = {"call": keyed_digest(self._key, call), "since": since}
        with store_errors("look for writes that are not settled"):
            async with self._pool.connection() as connection:
                row = await (await connection.execute(_UNSETTLED, values)).fetchone()
        at: datetime | None = row["at"] if row else None
        return at

    async def settle(
        self, request_id: str, *, came: Literal["done", "not_done", "unknown"], at: datetime
    ) -> None:
        """Put on record what came of a claimed write; the first word stays."""
        values = {"request_id": request_id, "came": came, "at": at}
        with store_errors("put on record what came of a write"):
            async with self._pool.connection() as connection:
                await connection.execute(_SETTLE, values)


def write_guard(settings: Settings, pool: Pool, keys: Keys) -> PostgresWriteGuard:
    """Return the guard that keeps its claims as long as the settings say."""
    days = settings.write_retention_days
    keeps = None if days is None else timedelta(days=days)
    return PostgresWriteGuard(pool, keys.derive("writes"), keeps=keeps)


async def count_old_writes(pool: Pool, *, before: datetime) -> int:
    """Return how many claims are older."""
    return await count_older(pool, _COUNT, before=before, what=_WHAT)


async def prune_writes(owner: AsyncConnection[DictRow], *, before: datetime) -> int:
    """Remove claims that are older; return how many.

    `owner` is a connection of the schema's owner: the application cannot take a claim back.
    """
    return await remove_older(owner, _PRUNE, before=before, what=_WHAT)
