"""Plans kept in Redis: shared by processes, gone without harm."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from functools import partial
from typing import TypeVar

from redis.asyncio import Redis

from clearway.errors import CacheError
from clearway.graph.ports import Clock
from clearway.outcome import CacheTier
from clearway.stores.plans.tier import KeptPlan, TierSize, TierStats, kept_plan
from clearway.stores.redis_client import RedisClient, open_redis

PREFIX = "clearway:plan:"
MAX_BYTES = 256_000_000
BATCH = 500
GONE = "Redis does not answer, so plans are neither read from it nor kept in it."

Reply = TypeVar("Reply")


class RedisPlans:
    """Implements `PlanTier`. Made by `open_redis_plans`."""

    name: CacheTier = "redis"

    def __init__(
        self, redis: RedisClient, *, ttl_s: float = 1800, max_bytes: int = MAX_BYTES
    ) -> None:
        """From `max_bytes` of the server's memory on, whoever uses it, nothing is added."""
        self._max_bytes = max_bytes
        self._redis = redis
        self._ttl_ms = max(1, int(ttl_s * 1000))
        self.stats = TierStats()

    async def get(self, *keys: str) -> KeptPlan | None:
        """Return the plan of the first key that has one, in one round trip.

        What cannot be read is as good as absent.
        """
        names = [PREFIX + key for key in keys]
        found = await self._asked(lambda client: client.mget(names))
        plans = (kept_plan(text) for text in found if text is not None)
        return next((plan for plan in plans if plan is not None), None)

    async def put(self, key: str, kept: KeptPlan) -> bool:
        """Keep a plan until its time is over, while the server has room."""
        text = kept.model_dump_json()

        async def kept_if_room(client: Redis) -> bool:
            memory = await client.info("memory")
            if int(memory["used_memory"]) + len(text) > self._max_bytes:
                return False
            await client.set(PREFIX + key, text, px=self._ttl_ms)
            return True

        return await self._asked(kept_if_room)

    async def drop(self, *keys: str) -> int:
        """Forget plans; return how many there were."""
        dropped = 0
        for begin in range(0, len(keys), BATCH):
            names = [PREFIX + key for key in keys[begin : begin + BATCH]]
            dropped += await self._asked(partial(_unlinked, names))
        return dropped

    async def entries(self) -> dict[str, KeptPlan]:
        """Return everything kept, by scanning."""

        async def scanned(client: Redis) -> dict[str, KeptPlan]:
            found: dict[str, KeptPlan] = {}
            async for name in client.scan_iter(match=f"{PREFIX}*", count=BATCH):
                text = await client.get(name)
                kept = None if text is None else kept_plan(text)
                if kept is not None:
                    found[name.decode().removeprefix(PREFIX)] = kept
            return found

        return await self._asked(scanned)

    async def size(self) -> TierSize:
        """Return how many plans are kept, and the memory of the server they are in."""

        async def measured(client: Redis) -> TierSize:
            memory = await client.info("memory")
            own = int(memory.get("maxmemory", 0)) or self._max_bytes
            names = [name async for name in client.scan_iter(f"{PREFIX}*", count=BATCH)]
            return TierSize(
                entries=len(names),
                used_bytes=int(memory["used_memory"]),
                limit_bytes=min(own, self._max_bytes),
            )

        return await self._asked(measured)

    async def _asked(self, command: Callable[[Redis], Awaitable[Reply]]) -> Reply:
        """Return Redis's reply, or raise `CacheError`; while it is left alone, at once."""
        skipped = self._redis.away
        try:
            return await self._redis.ask(command)
        except CacheError as error:
            self.stats.skipped += skipped
            self.stats.errors += not skipped
            raise CacheError(GONE if self._redis.away else error.message) from error


@asynccontextmanager
async def open_redis_plans(
    url: str, clock: Clock, *, ttl_s: float, max_bytes: int = MAX_BYTES
) -> AsyncIterator[RedisPlans]:
    """Yield the tier; it connects when first used, so a Redis that is away stops nobody.

    Raises `ConfigurationError` for what is not a Redis URL.
    """
    async with open_redis(url, clock) as redis:
        yield RedisPlans(redis, ttl_s=ttl_s, max_bytes=max_bytes)


async def _unlinked(names: Sequence[str], client: Redis) -> int:
    return int(await client.unlink(*names))
