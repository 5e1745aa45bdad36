"""The query history: plans that ran, how often, how long and what they cost, for some days."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import LiteralString

from psycopg import AsyncConnection
from psycopg.rows import DictRow, class_row
from psycopg_pool import AsyncConnectionPool

from clearway.errors import CacheError, StoreUnavailable
from clearway.graph.ports import Asked, Clock, PlanRun
from clearway.outcome import CacheTier
from clearway.stores.connect import store_errors
from clearway.stores.plans.tier import KEPT, KeptPlan, TierStats, kept_plan

TIMEOUT_S = 2.0
"""What a cache may cost at most while Postgres is slow."""

_LOOKUP = """
select plan from plan_history
where key = any(%(keys)s::text[]) and last_used_at > %(since)s
order by array_position(%(keys)s::text[], key)
"""
_RECORD = """
insert into plan_history (
    key, tenant, source_id, question, plan, planned_by, created_at, last_used_at, execution_ms,
    row_count, model, prompt_tokens, completion_tokens, cost_usd
)
select
    %(key)s, %(tenant)s, %(source_id)s, %(question)s, %(plan)s, %(planned_by)s, %(now)s, %(now)s,
    %(execution_ms)s, %(row_count)s, %(model)s, %(prompt_tokens)s, %(completion_tokens)s,
    %(cost_usd)s
where set_config('synchronous_commit', 'off', true) is not null
on conflict (key) do update set
    question = excluded.question, plan = excluded.plan, planned_by = excluded.planned_by,
    last_used_at = excluded.last_used_at, use_count = plan_history.use_count + 1,
    execution_ms = excluded.execution_ms, row_count = excluded.row_count, model = excluded.model,
    prompt_tokens = plan_history.prompt_tokens + excluded.prompt_tokens,
    completion_tokens = plan_history.completion_tokens + excluded.completion_tokens,
    cost_usd = plan_history.cost_usd + excluded.cost_usd
"""
_USED = """
update plan_history
set use_count = use_count + 1, last_used_at = %(now)s, execution_ms = %(execution_ms)s,
    row_count = %(row_count)s
where key = (
    select key from plan_history where key = any(%(keys)s::text[])
    order by array_position(%(keys)s::text[], key)
    limit 1
) and set_config('synchronous_commit', 'off', true) is not null
"""
_LIST = """
select key, tenant, source_id, question, planned_by, created_at, last_used_at, use_count,
    execution_ms, row_count, model, prompt_tokens, completion_tokens, cost_usd,
    octet_length(plan) as plan_bytes
from plan_history
order by last_used_at desc, key
limit %(limit)s
"""


@dataclass(frozen=True, kw_only=True)
class HistoryEntry:
    """One plan on record, without the plan."""

    key: str
    tenant: str
    source_id: str
    question: str
    planned_by: str
    created_at: datetime
    last_used_at: datetime
    use_count: int
    execution_ms: float
    row_count: int
    model: str | None
    prompt_tokens: int
    completion_tokens: int
    cost_usd: Decimal | None
    plan_bytes: int


class PlanHistory:
    """The durable tier. Every method but `cleanup` and `entries` raises `CacheError` on failure."""

    name: CacheTier = "history"

    def __init__(
        self,
        pool: AsyncConnectionPool[AsyncConnection[DictRow]],
        clock: Clock,
        *,
        retention_days: float = 30,
    ) -> None:
        """Plans not used for `retention_days` are no longer found, and go at the next `cleanup`."""
        self._pool = pool
        self._clock = clock
        self._retention = timedelta(days=retention_days)
        self.stats = TierStats()

    async def lookup(self, *keys: str) -> KeptPlan | None:
        """Return the plan of the first key; one of a form no longer written is not found."""
        values = {"keys": list(keys), "since": self._clock.now() - self._retention}
        async with self._quick() as connection:
            rows = await (await connection.execute(_LOOKUP, values)).fetchall()
        plans = (kept_plan(row["plan"]) for row in rows)
        return next((plan for plan in plans if plan is not None), None)

    async def record(self, key: str, asked: Asked, kept: KeptPlan, run: PlanRun) -> None:
        """Keep a plan that was made and ran; one that is there is replaced, its uses go on."""
        values = {
            "key": key,
            "tenant": asked.principal.tenant,
            "source_id": kept.plan.source_id,
            "question": kept.question,
            "plan": KEPT.dump_json(kept).decode(),
            "planned_by": kept.plan.source,
            "now": self._clock.now(),
            "model": run.usage.model,
            "prompt_tokens": run.usage.prompt_tokens,
            "completion_tokens": run.usage.completion_tokens,
            "cost_usd": run.usage.cost_usd,
            "execution_ms": run.execution_ms,
            "row_count": run.row_count,
        }
        async with self._quick() as connection:
            await connection.execute(_RECORD, values)

    async def used(self, *keys: str, run: PlanRun) -> bool:
        """Count another run of the plan of the first key; False where the history has none."""
        values = {
            "keys": list(keys),
            "now": self._clock.now(),
            "execution_ms": run.execution_ms,
            "row_count": run.row_count,
        }
        async with self._quick() as connection:
            return (await connection.execute(_USED, values)).rowcount > 0

    async def drop(self, *keys: str) -> int:
        """Forget plans; return how many there were."""
        async with self._quick() as connection:
            cursor = await connection.execute(
                "delete from plan_history where key = any(%s)", [list(keys)]
            )
            return cursor.rowcount

    async def entries(self, limit: int | None = None) -> list[HistoryEntry]:
        """Return what is kept, the latest used first; raises `StoreUnavailable`."""
        with store_errors("read the query history"):
            async with self._pool.connection() as connection:
                cursor = connection.cursor(row_factory=class_row(HistoryEntry))
                await cursor.execute(_LIST, {"limit": limit})
                return await cursor.fetchall()

    async def count(self) -> int:
        """Return how many plans are kept; raises `StoreUnavailable`."""
        return await self._counted("select count(*) as number from plan_history", [])

    async def expired(self) -> int:
        """Return how many plans `cleanup` would remove; raises `StoreUnavailable`."""
        return await self._counted(
            "select count(*) as number from plan_history where last_used_at <= %s",
            [self._clock.now() - self._retention],
        )

    async def _counted(self, query: LiteralString, values: list[object]) -> int:
        with store_errors("read the query history"):
            async with self._pool.connection() as connection:
                row = await (await connection.execute(query, values)).fetchone()
        return int(row["number"]) if row else 0

    async def cleanup(self) -> int:
        """Remove what was not used within the retention; raises `StoreUnavailable`."""
        with store_errors("clean up the query history"):
            async with self._pool.connection() as connection:
                cursor = await connection.execute(
                    "delete from plan_history where last_used_at <= %s",
                    [self._clock.now() - self._retention],
                )
                return cursor.rowcount

    @asynccontextmanager
    async def _quick(self) -> AsyncIterator[AsyncConnection[DictRow]]:
        """Lend a connection for a statement that must not hold a request up.

        Those that write set `synchronous_commit` to off for themselves, in the same round trip: a
        use that a crash forgets is a use less, and no request waits for the disk.
        """
        try:
            with store_errors("use the query history"):
                async with asyncio.timeout(TIMEOUT_S), self._pool.connection() as connection:
                    yield connection
        except StoreUnavailable as error:
            self.stats.errors += 1
            raise CacheError(error.message, **error.details) from error
