"""A Redis that may be away: one short timeout, then nothing until a pause is over."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from hashlib import sha1
from typing import TypeVar

from redis.asyncio import BlockingConnectionPool, Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import ConnectionError as RedisGone
from redis.exceptions import NoScriptError, ReadOnlyError, RedisError
from redis.exceptions import TimeoutError as RedisSlow

from clearway.errors import CacheError, ConfigurationError
from clearway.graph.ports import Clock

TIMEOUT_S = 0.25
PAUSE_S = 5.0
VARIABLE = "CLEARWAY_REDIS_URL"
GONE = "Redis does not answer."
READ_ONLY = "Redis is a replica and takes no writes."

Reply = TypeVar("Reply")


class RedisClient:
    """Commands for a Redis whose absence must cost next to nothing."""

    def __init__(self, client: Redis, clock: Clock) -> None:
        """`client` answers in bytes and keeps short timeouts of its own."""
        self._client = client
        self._clock = clock
        self._paused_until = float("-inf")
        self._scripts: dict[str, str] = {}
        """Text -> the hash Redis knows it by."""

    @property
    def away(self) -> bool:
        """Return whether it did not answer last time, and is left alone for now."""
        return self._clock.monotonic() < self._paused_until

    async def ask(self, command: Callable[[Redis], Awaitable[Reply]]) -> Reply:
        """Return Redis's reply, or raise `CacheError`; while it is paused, at once.

        After the pause one request tries it again, and the others stay away until it is back.
        """
        now = self._clock.monotonic()
        if now < self._paused_until:
            raise CacheError(GONE)
        if self._paused_until > float("-inf"):
            self._paused_until = now + PAUSE_S
        try:
            reply = await command(self._client)
        except (RedisGone, RedisSlow, OSError) as error:
            self._paused_until = self._clock.monotonic() + PAUSE_S
            raise CacheError(GONE) from error
        except ReadOnlyError as error:
            # Another is the primary now. These connections would last for days: the next are made
            # anew, to wherever the address leads then.
            self._paused_until = self._clock.monotonic() + PAUSE_S
            await self._client.connection_pool.disconnect()
            raise CacheError(READ_ONLY) from error
        except RedisError as error:
            self._paused_until = float("-inf")
            raise CacheError(f"Redis refused ({type(error).__name__}).") from error
        self._paused_until = float("-inf")
        return reply

    async def script(self, text: str, keys: Sequence[str], arguments: Sequence[str]) -> bytes:
        """Return what a Lua script replies; it is sent once and known by its hash from then on."""
        known = self._scripts.get(text)
        if known is None:
            known = self._scripts[text] = sha1(text.encode(), usedforsecurity=False).hexdigest()
        count, asked = len(keys), (*keys, *arguments)

        async def called(client: Redis) -> bytes:
            try:
                reply: bytes = await client.evalsha(known, count, *asked)
            except NoScriptError:  # a Redis that was started anew
                reply = await client.eval(text, count, *asked)
            return reply

        return await self.ask(called)


@asynccontextmanager
async def open_redis(url: str, clock: Clock) -> AsyncIterator[RedisClient]:
    """Yield the client; it connects when first used, so a Redis that is away stops nobody.

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
        yield RedisClient(client, clock)
    finally:
        await client.aclose()
        await pool.aclose()
