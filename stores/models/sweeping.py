"""Attempts whose owners died, closed for all processes of a database."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import LiteralString

from clearway.stores.connect import store_errors
from clearway.stores.postgres import Pool

log = logging.getLogger(__name__)

SWEPT_AT_ONCE = 200
_SWEEP = "select clearway.llm_sweep(%s) as swept"
_DEAD = """
select count(*) as dead from clearway.llm_attempt
where ended_at is null and lease_until < clock_timestamp()
"""
_FORGET = "select clearway.llm_forget() as forgotten"


async def sweep_attempts(pool: Pool) -> int:
    """Close what dead owners left, at its worst case, and forget what is over; return how many."""
    swept = 0
    while batch := await counted(pool, _SWEEP, [SWEPT_AT_ONCE], "close dead attempts"):
        swept += batch
    await counted(pool, _FORGET, (), "forget budgets and windows that are over")
    if swept:
        log.warning("attempts_swept", extra={"attempts": swept})
    return swept


async def count_dead(pool: Pool) -> int:
    """Return how many attempts a sweep would close."""
    return await counted(pool, _DEAD, (), "look for dead attempts")


async def counted(
    pool: Pool, statement: LiteralString, values: Sequence[int | str | None], doing: str
) -> int:
    """Return the one number a statement answers with, 0 where it answers nothing."""
    with store_errors(doing):
        async with pool.connection() as connection:
            row = await (await connection.execute(statement, values)).fetchone()
    return int(next(iter(row.values()))) if row else 0
