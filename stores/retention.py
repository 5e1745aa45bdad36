"""Retention of rows by their age: counted, and removed a batch at a time."""

from __future__ import annotations

from datetime import datetime

from psycopg import AsyncConnection
from psycopg.rows import DictRow

from clearway.stores.connect import store_errors
from clearway.stores.postgres import Pool

AT_ONCE = 5_000
"""Rows removed in one transaction: nobody waits long for it."""


async def count_older(pool: Pool, query: str, *, before: datetime, what: str) -> int:
    """Return the `found` of a query that takes a moment; `what` names the rows in errors."""
    with store_errors(f"look for {what}"):
        async with pool.connection() as connection:
            row = await (await connection.execute(query, [before])).fetchone()
    return int(row["found"]) if row else 0


async def remove_older(
    owner: AsyncConnection[DictRow], statement: str, *, before: datetime, what: str
) -> int:
    """Run a DELETE that takes a moment and a limit until nothing is left; return how many went.

    `owner` is a connection of the schema's owner: what is pruned is not the application's to take.
    """
    removed = 0
    with store_errors(f"remove {what}"):
        while True:
            batch = (await owner.execute(statement, [before, AT_ONCE])).rowcount
            removed += batch
            if batch < AT_ONCE:
                return removed
