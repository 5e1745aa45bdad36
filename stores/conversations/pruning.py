"""Conversations that are over: their checkpoints go, then what is known of who began them."""

from __future__ import annotations

from datetime import datetime

from langgraph.checkpoint.postgres.aio import AsyncPostgresSaver
from psycopg import AsyncConnection
from psycopg.rows import DictRow
from psycopg_pool import AsyncConnectionPool

from clearway.stores.connect import store_errors

BATCH = 200

_IDLE = """
select thread_id from (
    select thread_id, max(checkpoint ->> 'ts') as last
    from checkpoints
    group by thread_id
    having count(*) > %(more_than)s
) as conversation
where last < %(before)s
order by last
"""
_NEVER_KEPT = """
select thread_id from thread
where created_at < %(before)s
    and not exists (select from checkpoints where checkpoints.thread_id = thread.thread_id)
"""
_FREE = """
select id from unnest(%s::text[]) as wanted(id)
where pg_try_advisory_xact_lock(hashtextextended(id, 7301))
"""
_DISOWN = "delete from thread where thread_id = any(%s)"

Pool = AsyncConnectionPool[AsyncConnection[DictRow]]


async def idle_threads(pool: Pool, *, before: datetime, more_than: int = 0) -> list[str]:
    """Return the conversations without a turn since `before`, the longest idle first.

    Only those with `more_than` so many checkpoints; with none asked for, also those never kept.
    """
    values = {"before": before.isoformat(), "more_than": more_than}
    with store_errors("look for conversations that are over"):
        async with pool.connection() as connection:
            rows = await (await connection.execute(_IDLE, values)).fetchall()
            if not more_than:
                rows += await (await connection.execute(_NEVER_KEPT, {"before": before})).fetchall()
    return [row["thread_id"] for row in rows]


async def prune_threads(pool: Pool, threads: list[str], *, keep_latest: bool) -> int:
    """Remove conversations, or all but the latest checkpoint of each; return how many.

    One that somebody takes up meanwhile is left alone: its lock is held.
    """
    pruned = 0
    with store_errors("prune conversations"):
        async with pool.connection() as connection:
            for begin in range(0, len(threads), BATCH):
                pruned += await _batch(connection, threads[begin : begin + BATCH], keep_latest)
    return pruned


async def _batch(
    connection: AsyncConnection[DictRow], threads: list[str], keep_latest: bool
) -> int:
    async with connection.transaction():
        rows = await (await connection.execute(_FREE, [threads])).fetchall()
        free = [row["id"] for row in rows]
        if not keep_latest:
            await AsyncPostgresSaver(connection).aprune(free, strategy="delete")
            await connection.execute(_DISOWN, [free])
    if keep_latest:  # LangGraph takes a transaction of its own for each
        await AsyncPostgresSaver(connection).aprune(free, strategy="keep_latest")
    return len(free)
