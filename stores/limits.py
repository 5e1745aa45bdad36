"""Rate limits that all workers share: counted in Redis or Postgres, by their clock."""

from __future__ import annotations

import json
import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from typing import Literal

from clearway.errors import CacheError, ConfigurationError, StoreUnavailable
from clearway.graph.ports import Clock
from clearway.identity import Principal
from clearway.resilience.limits import LimitStats, SlidingWindow
from clearway.settings import Settings
from clearway.stores.connect import store_errors
from clearway.stores.models.redis_counts import PREFIX, SCRIPT
from clearway.stores.postgres import Pool
from clearway.stores.redis_client import VARIABLE, RedisClient, open_redis

log = logging.getLogger(__name__)

Where = Literal["process", "postgres", "redis"]
"""Who counts requests: each worker for itself, or all together."""

Count = Callable[[str], Awaitable[float | None]]
"""Counts one request of a caller; returns None when it may pass, else the seconds to wait."""


@dataclass(frozen=True, kw_only=True)
class RequestLimit:
    """At most so many requests of one caller in any stretch of so many seconds."""

    requests: int = 100
    window_s: float = 60.0


class SharedLimits:
    """Implements `Limits` among all workers; while they cannot agree, each counts for itself.

    The stretch is counted in sixtieths: never more than the limit, and at most a sixtieth of the
    stretch later than exactly right. A request that is turned away does not count.
    """

    def __init__(self, count: Count, alone: SlidingWindow) -> None:
        """`alone` counts while the store is away."""
        self._count = count
        self._alone = alone
        self._allowed = 0
        self._rejected = 0

    async def admit(self, principal: Principal) -> float | None:
        """Count one request; return None when it may pass, else the seconds to wait."""
        try:
            # As JSON, so that no tenant and user together read like another's.
            wait_s = await self._count(json.dumps([principal.tenant, principal.user]))
        except (CacheError, StoreUnavailable) as error:
            log.warning("limits_not_shared", extra={"error": type(error).__name__})
            wait_s = await self._alone.admit(principal)
        self._allowed += wait_s is None
        self._rejected += wait_s is not None
        return wait_s

    def stats(self) -> LimitStats:
        """Return the counts of this process."""
        return LimitStats(allowed=self._allowed, rejected=self._rejected)


@asynccontextmanager
async def open_limits(
    where: Where, limit: RequestLimit, pool: Pool, clock: Clock, *, redis_url: str | None = None
) -> AsyncIterator[SlidingWindow | SharedLimits]:
    """Yield the limits of these settings; both have `admit` and `stats`.

    Raises `ConfigurationError` where Redis is wanted and has no address.
    """
    alone = SlidingWindow(clock, requests=limit.requests, window_s=limit.window_s)
    if where == "process":
        yield alone
    elif where == "postgres":
        yield SharedLimits(counted_in_postgres(pool, limit), alone)
    elif redis_url is None:
        raise ConfigurationError(
            f"Limits are to be counted in Redis, and {VARIABLE} names none: set it, or count them "
            "in postgres.",
            variable=VARIABLE,
        )
    else:
        async with open_redis(redis_url, clock, patient=True) as redis:
            yield SharedLimits(counted_in_redis(redis, limit), alone)


def open_limits_of(
    settings: Settings, pool: Pool, clock: Clock
) -> AbstractAsyncContextManager[SlidingWindow | SharedLimits]:
    """Return the limits these settings ask for, as `open_limits` yields them."""
    limit = RequestLimit(
        requests=settings.rate_limit_requests, window_s=settings.rate_limit_window_s
    )
    redis_url = settings.redis_url.get_secret_value() if settings.redis_url else None
    return open_limits(settings.limits_in, limit, pool, clock, redis_url=redis_url)


def counted_in_postgres(pool: Pool, limit: RequestLimit) -> Count:
    """Return a count that is kept in Postgres: one round trip that waits for no disk."""

    async def count(caller: str) -> float | None:
        wanted = [f"asker:{caller}", limit.requests, limit.window_s]
        with store_errors("count a request"):
            async with pool.connection() as connection:
                cursor = await connection.execute(
                    "select clearway.llm_admit(%s, %s, %s) as wait_s", wanted
                )
                row = await cursor.fetchone()
        return row["wait_s"] if row else None

    return count


def counted_in_redis(redis: RedisClient, limit: RequestLimit) -> Count:
    """Return a count that is kept in Redis."""
    window = {
        "key": "asker",
        "counts": "requests",
        "limit": limit.requests,
        "seconds": limit.window_s,
    }
    asked = json.dumps({"op": "admit", "windows": [window]})

    async def count(caller: str) -> float | None:
        key = f"{PREFIX}window:requests:{limit.window_s:g}:asker:{caller}"
        answer = json.loads(await redis.script(SCRIPT, [key], [asked]))
        wait_s = answer.get("retry_after_s") if answer else None
        return None if wait_s is None else float(wait_s)

    return count
