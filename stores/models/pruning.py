"""Retention of the ledger: closed attempts go when they are old; what they added up to stays."""

from __future__ import annotations

from datetime import datetime

from psycopg import AsyncConnection
from psycopg.rows import DictRow

from clearway.stores.postgres import Pool
from clearway.stores.retention import count_older, remove_older

_WHAT = "old model calls"
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
    return await count_older(pool, _COUNT, before=before, what=_WHAT)


async def prune_ledger(owner: AsyncConnection[DictRow], *, before: datetime) -> int:
    """Remove closed attempts that were begun before; return how many.

    `owner` is a connection of the schema's owner: the application cannot take from the ledger.
    Reports of spend and latency count what is gone.
    """
    return await remove_older(owner, _PRUNE, before=before, what=_WHAT)
