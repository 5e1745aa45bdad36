"""Looking at kept plans, and taking them away: by pattern, by age, by what they are worth."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from fnmatch import fnmatchcase

from psycopg import AsyncConnection
from psycopg.rows import DictRow
from psycopg_pool import AsyncConnectionPool

from clearway.errors import CacheError
from clearway.graph.ports import Clock
from clearway.outcome import CacheTier
from clearway.settings import Settings
from clearway.stores.plans.history import HistoryEntry, PlanHistory
from clearway.stores.plans.process import ProcessPlans
from clearway.stores.plans.redis import open_redis_plans
from clearway.stores.plans.tier import PlanTier, TierSize

FREQUENCY, RECENCY, AGE = 0.5, 0.3, 0.2
"""What a plan's value is made of; each part is between 0 and 1."""

SHARE_DROPPED = 0.2


@dataclass(frozen=True, kw_only=True)
class CacheStats:
    """What is kept, and what this process's requests found."""

    tier: CacheTier
    """The fast tier: `redis` or `process`."""
    size: TierSize | None
    """None where the fast tier does not answer."""
    trouble: str
    counts: dict[str, int | float]
    history_entries: int
    history_uses: int
    history_counts: dict[str, int | float]


class PlanUpkeep:
    """What operators do with kept plans."""

    def __init__(
        self, clock: Clock, fast: PlanTier, history: PlanHistory, *, retention_days: float
    ) -> None:
        """Works on the tiers of a plan cache."""
        self._clock = clock
        self.fast = fast
        self.history = history
        self._retention = timedelta(days=retention_days)

    async def stats(self) -> CacheStats:
        """Return the state of the tiers; a fast tier that does not answer is told, not raised."""
        kept = await self.history.entries()
        size, trouble = None, ""
        try:
            size = await self.fast.size()
        except CacheError as error:
            trouble = error.message
        return CacheStats(
            tier=self.fast.name,
            size=size,
            trouble=trouble,
            counts=self.fast.stats.counts(),
            history_entries=len(kept),
            history_uses=sum(entry.use_count for entry in kept),
            history_counts=self.history.stats.counts(),
        )

    async def invalidate(
        self, *, pattern: str | None = None, older_than_hours: float | None = None
    ) -> int:
        """Drop plans whose question matches and that are older; without either, all.

        A pattern is a glob over the question, in any case; without a wildcard it is looked for
        anywhere. Returns how many plans went. Raises `CacheError` where a tier does not answer: its
        plans are still there. Other processes without Redis drop theirs when they next use one.
        """
        before = None
        if older_than_hours is not None:
            before = self._clock.now() - timedelta(hours=older_than_hours)

        def goes(question: str, kept_at: datetime) -> bool:
            return _matches(question, pattern) and (before is None or kept_at < before)

        kept = {e.key: (e.question, e.created_at) for e in await self.history.entries()}
        kept |= {key: (k.question, k.kept_at) for key, k in (await self.fast.entries()).items()}
        return await self._drop([key for key, facts in kept.items() if goes(*facts)])

    async def forget_question(self, question: str, tenant: str) -> int:
        """Drop every plan a tenant's history keeps for exactly these words; return how many."""
        said = " ".join(question.casefold().split())
        kept = await self.history.entries()
        return await self._drop(
            [
                entry.key
                for entry in kept
                if entry.tenant == tenant and " ".join(entry.question.casefold().split()) == said
            ]
        )

    async def optimize(self) -> int:
        """Drop the fifth of all plans that is worth least, and return how many that were."""
        kept = await self.history.entries()
        ranked = ranked_by_value(kept, self._clock.now(), self._retention)
        return await self._drop([e.key for e in ranked[: int(len(ranked) * SHARE_DROPPED)]])

    async def _drop(self, keys: list[str]) -> int:
        if keys:
            self.fast.stats.evictions += await self.fast.drop(*keys)
            self.history.stats.evictions += await self.history.drop(*keys)
        return len(keys)


def ranked_by_value(
    kept: Sequence[HistoryEntry], now: datetime, retention: timedelta
) -> list[HistoryEntry]:
    """Return plans from least to most worth keeping: used often, used lately, made lately."""
    most = max((entry.use_count for entry in kept), default=1)

    def value(entry: HistoryEntry) -> float:
        recency = max(0.0, 1 - (now - entry.last_used_at) / retention)
        youth = max(0.0, 1 - (now - entry.created_at) / retention)
        return FREQUENCY * entry.use_count / most + RECENCY * recency + AGE * youth

    return sorted(kept, key=lambda entry: (value(entry), entry.key))


def _matches(question: str, pattern: str | None) -> bool:
    if pattern is None:
        return True
    glob = pattern if any(sign in pattern for sign in "*?[") else f"*{pattern}*"
    return fnmatchcase(question.casefold(), glob.casefold())


@asynccontextmanager
async def open_upkeep(
    settings: Settings, pool: AsyncConnectionPool[AsyncConnection[DictRow]], clock: Clock
) -> AsyncIterator[PlanUpkeep]:
    """Yield the tiers these settings ask for: Redis where there is a URL, else this process."""
    days = settings.history_retention_days
    history = PlanHistory(pool, clock, retention_days=days)
    if settings.redis_url is None:
        fast = ProcessPlans(clock, ttl_s=settings.cache_ttl_s)
        yield PlanUpkeep(clock, fast, history, retention_days=days)
        return
    url = settings.redis_url.get_secret_value()
    async with open_redis_plans(
        url, clock, ttl_s=settings.cache_ttl_s, max_bytes=settings.redis_max_bytes
    ) as redis:
        yield PlanUpkeep(clock, redis, history, retention_days=days)
