"""Replies kept beyond one process: in Redis where there is one, and in Postgres."""

from __future__ import annotations

import asyncio
import logging

from clearway.errors import CacheError, StoreUnavailable
from clearway.llm.ports import Generation
from clearway.stores.connect import store_errors
from clearway.stores.models.generation_text import read, written
from clearway.stores.postgres import Pool
from clearway.stores.redis_client import RedisClient

log = logging.getLogger(__name__)

PREFIX = "clearway:generation:"
TIMEOUT_S = 1.0
"""What a cache may cost at most while Postgres is slow."""

_GET = """
select generation from llm_generation where key = %s and expires_at > clock_timestamp()
"""
_PUT = """
insert into llm_generation (key, generation, expires_at)
values (%s, %s, clock_timestamp() + make_interval(secs => %s))
on conflict (key) do update
set generation = excluded.generation, expires_at = excluded.expires_at
"""
_SWEEP = "delete from llm_generation where expires_at <= clock_timestamp()"


class PostgresGenerations:
    """Implements `GenerationCache` among processes; a cache that fails finds nothing."""

    def __init__(self, pool: Pool) -> None:
        """The pool works as the application."""
        self._pool = pool

    async def get(self, key: str) -> Generation | None:
        """Return a kept reply that has not expired."""
        try:
            with store_errors("look for a kept reply"):
                async with asyncio.timeout(TIMEOUT_S), self._pool.connection() as connection:
                    row = await (await connection.execute(_GET, [key])).fetchone()
        except (StoreUnavailable, TimeoutError) as error:
            _failed(error)
            return None
        return None if row is None else read(row["generation"])

    async def put(self, key: str, generation: Generation, *, ttl_s: float) -> None:
        """Keep a complete reply."""
        try:
            with store_errors("keep a reply"):
                async with (
                    asyncio.timeout(TIMEOUT_S),
                    self._pool.connection() as connection,
                    connection.transaction(),
                ):
                    # A reply that a crash forgets is asked for again.
                    await connection.execute("set local synchronous_commit = off")
                    await connection.execute(_PUT, [key, written(generation), ttl_s])
        except (StoreUnavailable, TimeoutError) as error:
            _failed(error)

    async def sweep(self) -> int:
        """Remove what has expired; return how many. Raises `StoreUnavailable`."""
        with store_errors("remove replies that expired"):
            async with self._pool.connection() as connection:
                return (await connection.execute(_SWEEP)).rowcount


class RedisGenerations:
    """Implements `GenerationCache` in Redis, before another cache that keeps longer."""

    def __init__(self, redis: RedisClient, beyond: PostgresGenerations) -> None:
        """Redis being away costs nothing but its speed."""
        self._redis = redis
        self._beyond = beyond

    async def get(self, key: str) -> Generation | None:
        """Return a kept reply that has not expired."""
        try:
            text = await self._redis.ask(lambda client: client.get(PREFIX + key))
        except CacheError as error:
            _failed(error)
            text = None
        return read(text) or await self._beyond.get(key)

    async def put(self, key: str, generation: Generation, *, ttl_s: float) -> None:
        """Keep a complete reply in both."""
        text, ttl_ms = written(generation), max(1, int(ttl_s * 1000))
        try:
            await self._redis.ask(lambda client: client.set(PREFIX + key, text, px=ttl_ms))
        except CacheError as error:
            _failed(error)
        await self._beyond.put(key, generation, ttl_s=ttl_s)


def _failed(error: Exception) -> None:
    log.warning("generation_cache_failed", extra={"error": type(error).__name__})
