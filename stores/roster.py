"""Who does the background work, and what was done last, in Postgres."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict

from psycopg import AsyncConnection
from psycopg.rows import DictRow, class_row
from psycopg_pool import AsyncConnectionPool

from clearway.resilience.scheduler import JobRun
from clearway.stores.connect import store_errors

_LEAD = """
insert into maintenance_lease (name, owner, until)
values ('scheduler', %(owner)s, clock_timestamp() + make_interval(secs => %(lease_s)s))
on conflict (name) do update set owner = excluded.owner, until = excluded.until
where maintenance_lease.owner = %(owner)s
    or maintenance_lease.until < clock_timestamp()
    -- A lease that ends so late is from before the clock was set back.
    or maintenance_lease.until
        > clock_timestamp() + make_interval(secs => %(lease_s)s) + interval '1 minute'
"""
_RESIGN = "delete from maintenance_lease where name = 'scheduler' and owner = %s"
_RUNS = "select job, began_at, took_ms, success, detail, failures from maintenance_run"
_RECORD = """
insert into maintenance_run (job, began_at, took_ms, success, detail, failures)
values (%(job)s, %(began_at)s, %(took_ms)s, %(success)s, %(detail)s, %(failures)s)
on conflict (job) do update set
    began_at = excluded.began_at, took_ms = excluded.took_ms, success = excluded.success,
    detail = excluded.detail, failures = excluded.failures
"""


class PostgresRoster:
    """Implements `Roster`. Every method raises `StoreUnavailable` when Postgres is away."""

    def __init__(self, pool: AsyncConnectionPool[AsyncConnection[DictRow]]) -> None:
        """The database's own clock decides about leases: those of machines may differ."""
        self._pool = pool

    async def lead(self, owner: str, lease_s: float) -> bool:
        """Take or renew the lease; return whether `owner` has it."""
        with store_errors("agree on who does the background work"):
            async with self._pool.connection() as connection:
                cursor = await connection.execute(_LEAD, {"owner": owner, "lease_s": lease_s})
                return cursor.rowcount > 0

    async def resign(self, owner: str) -> None:
        """Give the lease back, if `owner` has it."""
        with store_errors("hand over the background work"):
            async with self._pool.connection() as connection:
                await connection.execute(_RESIGN, [owner])

    async def runs(self) -> Mapping[str, JobRun]:
        """Return the last run of every job."""
        with store_errors("read what was done in the background"):
            async with self._pool.connection() as connection:
                cursor = connection.cursor(row_factory=class_row(JobRun))
                await cursor.execute(_RUNS)
                return {run.job: run for run in await cursor.fetchall()}

    async def record(self, run: JobRun) -> None:
        """Keep a run as the last of its job."""
        with store_errors("record what was done in the background"):
            async with self._pool.connection() as connection:
                await connection.execute(_RECORD, asdict(run))
