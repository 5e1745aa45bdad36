"""Retention of the ledger: closed attempts go when they are old; what they added up to stays."""

from __future__ import annotations

from datetime import datetime

from psycopg import AsyncConnection
from psycopg.rows import DictRow

from clearway.stores.connect import store_errors
from clearway.stores.postgres import Pool

AT_ONCE = 5_000
"""Attempts removed in one transaction: nobody waits long for it."""

_COUNT = """
select count(*) as found from clearway.llm_attempt
where begun_at < %s and ended_at is not null
"""
_PRUNE = """
delete from clearway.llm_attempt
where attempt_id in (
    select attempt_id from clearway.llm_attempt
    where begun_at < %s and ended_at is not null
    limit %s
)
"""


async def count_old_attempts(pool: Pool, *, before: datetime) -> int:
    """Return how many closed attempts were begun before."""
    with store_errors("look for old model calls"):
        async with pool.connection() as connection:
            row = await (await connection.execute(_COUNT, [before])).fetchone()
    return int(row["found"]) if row else 0


async def prune_ledger(owner: AsyncConnection[DictRow], *, before: datetime) -> int:
    """Remove closed attempts that were begun before; return how many.

    `owner` is a connection of the schema's owner: the application cannot take from the ledger.
    Reports of spend and latency count what is gone.
    """
    removed = 0
    with store_errors("remove old model calls"):
        while True:
            batch = (await owner.execute(_PRUNE, [before, AT_ONCE])).rowcount
            removed += batch
            if batch < AT_ONCE:
                return removed
