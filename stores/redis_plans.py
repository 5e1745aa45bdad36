"""Plans kept in Redis: shared by processes, gone without harm.

A Redis that does not answer costs one short timeout, then nothing until a pause is over and one
request tries it again.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from functools import partial
from typing import TypeVar

from redis.asyncio import BlockingConnectionPool, Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import ConnectionError as RedisGone
from redis.exceptions import RedisError
from redis.exceptions import TimeoutError as RedisSlow

from clearway.errors import CacheError, ConfigurationError
from clearway.graph.ports import Clock
from clearway.outcome import CacheTier
from clearway.stores.plan_tier import KeptPlan, TierSize, TierStats, kept_plan

PREFIX = "clearway:plan:"
TIMEOUT_S = 0.25
PAUSE_S = 5.0
MAX_BYTES = 256_000_000
BATCH = 500
VARIABLE = "CLEARWAY_REDIS_URL"

Reply = TypeVar("Reply")


class RedisPlans:
    """Implements `PlanTier`. Made by `open_redis_plans`."""

    name: CacheTier = "redis"

    def __init__(
        self, client: Redis, clock: Clock, *, ttl_s: float = 1800, max_bytes: int = MAX_BYTES
    ) -> None:
        """`client` answers in bytes and keeps short timeouts of its own.

        From `max_bytes` of the server's memory on, whoever uses it, nothing is added.
        """
        self._max_bytes = max_bytes
        self._client = client
        self._clock = clock
        self._ttl_ms = max(1, int(ttl_s * 1000))
        self._paused_until = float("-inf")
        self.stats = TierStats()

    async def get(self, *keys: str) -> KeptPlan | None:
        """Return the plan of the first key that has one, in one round trip.

        What cannot be read is as good as absent.
        """
        names = [PREFIX + key for key in keys]
        found = await self._asked(lambda: self._client.mget(names))
        plans = (kept_plan(text) for text in found if text is not None)
        return next((plan for plan in plans if plan is not None), None)

    async def put(self, key: str, kept: KeptPlan) -> bool:
        """Keep a plan until its time is over, while the server has room."""
        text = kept.model_dump_json()

        async def kept_if_room() -> bool:
            memory = await self._client.info("memory")
            if int(memory["used_memory"]) + len(text) > self._max_bytes:
                return False
            await self._client.set(PREFIX + key, text, px=self._ttl_ms)
            return True

        return await self._asked(kept_if_room)

    async def drop(self, *keys: str) -> int:
        """Forget plans; return how many there were."""
        dropped = 0
        for begin in range(0, len(keys), BATCH):
            names = [PREFIX + key for key in keys[begin : begin + BATCH]]
            dropped += await self._asked(partial(self._client.unlink, *names))
        return dropped

    async def entries(self) -> dict[str, KeptPlan]:
        """Return everything kept, by scanning."""

        async def scanned() -> dict[str, KeptPlan]:
            found: dict[str, KeptPlan] = {}
            async for name in self._client.scan_iter(match=f"{PREFIX}*", count=BATCH):
                text = await self._client.get(name)
                kept = None if text is None else kept_plan(text)
                if kept is not None:
                    found[name.decode().removeprefix(PREFIX)] = kept
            return found

        return await self._asked(scanned)

    async def size(self) -> TierSize:
        """Return how many plans are kept, and the memory of the server they are in."""

        async def measured() -> TierSize:
            memory = await self._client.info("memory")
            own = int(memory.get("maxmemory", 0)) or self._max_bytes
            names = [name async for name in self._client.scan_iter(f"{PREFIX}*", count=BATCH)]
            return TierSize(
                entries=len(names),
                used_bytes=int(memory["used_memory"]),
                limit_bytes=min(own, self._max_bytes),
            )

        return await self._asked(measured)

    async def _asked(self, command: Callable[[], Awaitable[Reply]]) -> Reply:
        """Return Redis's reply, or raise `CacheError`; while it is paused, at once."""
        now = self._clock.monotonic()
        if now < self._paused_until:
            self.stats.skipped += 1
            raise CacheError(GONE)
        probing = self._paused_until > float("-inf")
        if probing:  # the others stay away until this one is back
            self._paused_until = now + PAUSE_S
        try:
            reply = await command()
        except (RedisGone, RedisSlow, OSError) as error:
            self.stats.errors += 1
            self._paused_until = self._clock.monotonic() + PAUSE_S
            raise CacheError(GONE) from error
        except RedisError as error:
            self.stats.errors += 1
            self._paused_until = float("-inf")
            raise CacheError(f"Redis refused ({type(error).__name__}).") from error
        self._paused_until = float("-inf")
        return reply


GONE = "Redis does not answer, so plans are neither read from it nor kept in it."


@asynccontextmanager
async def open_redis_plans(
    url: str, clock: Clock, *, ttl_s: float, max_bytes: int = MAX_BYTES
) -> AsyncIterator[RedisPlans]:
    """Yield the tier; it connects when first used, so a Redis that is away stops nobody.

    Raises `ConfigurationError` for what is not a Redis URL.
    """
    try:
        pool = BlockingConnectionPool.from_url(
            url,
            max_connections=32,
            timeout=TIMEOUT_S,
            socket_connect_timeout=TIMEOUT_S,
            socket_timeout=TIMEOUT_S,
            # Once more, at once: a connection from before a restart is not a dead server.
            retry=Retry(NoBackoff(), 1, supported_errors=(RedisGone,)),
        )
    except ValueError:
        raise ConfigurationError(
            f"{VARIABLE} is not a Redis URL: write it as redis://:password@host:6379/0.",
            variable=VARIABLE,
        ) from None
    client = Redis(connection_pool=pool)
    try:
        yield RedisPlans(client, clock, ttl_s=ttl_s, max_bytes=max_bytes)
    finally:
        await client.aclose()
        await pool.aclose()
