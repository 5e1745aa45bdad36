"""A transaction as one principal: what the row policies of the documents let them see."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from psycopg import AsyncConnection
from psycopg.rows import DictRow
from psycopg_pool import AsyncConnectionPool

from clearway.identity import Principal
from clearway.stores.connect import store_errors
from clearway.tools.docs.access import identity_settings

Pool = AsyncConnectionPool[AsyncConnection[DictRow]]

SET = (
    "select set_config(s.name, s.value, true) from unnest(%s::text[], %s::text[]) as s(name, value)"
)


@asynccontextmanager
async def as_principal(
    pool: Pool, principal: Principal, timeout_s: float
) -> AsyncIterator[AsyncConnection[DictRow]]:
    """Lend a connection that is the principal for one read-only transaction."""
    settings = {
        "transaction_read_only": "on",
        "statement_timeout": str(max(1, round(timeout_s * 1000))),
        "jit": "off",
        "max_parallel_workers_per_gather": "0",
        **identity_settings(principal),
    }
    with store_errors("search the documents"):
        # In one go: what begins the transaction waits for nothing, so it need not be waited for.
        async with (
            pool.connection() as connection,
            connection.pipeline(),
            connection.transaction(),
        ):
            await connection.execute(SET, [list(settings), list(settings.values())])
            yield connection
