"""A Redis that may be away: one short timeout, then nothing until a pause is over."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from hashlib import sha1
from typing import NamedTuple, TypeVar

from redis.asyncio import BlockingConnectionPool, Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import ConnectionError as RedisGone
from redis.exceptions import NoScriptError, ReadOnlyError, RedisError, ResponseError
from redis.exceptions import TimeoutError as RedisSlow

from clearway.errors import CacheError, ConfigurationError
from clearway.graph.ports import Clock
from clearway.stores.gather import Gather

TIMEOUT_S = 0.25
"""For what is done without where Redis is away."""
PATIENT_S = 2.0
"""For what is counted there: one who is only slow, as this process may be, is not to be taken for
dead, since others go on counting there."""
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
        self._calls: Gather[_Call, bytes | Exception] = Gather(self._send)

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
        """Return what a Lua script replies; it is sent once and known by its hash from then on.

        What is asked while others' replies are under way is sent together after them.
        """
        called = _Call(self._hash(text), text, len(keys), (*keys, *arguments))

        async def gathered(_: Redis) -> bytes:
            reply = await self._calls.ask(called)
            if isinstance(reply, Exception):
                raise reply
            return reply

        return await self.ask(gathered)

    def _hash(self, text: str) -> str:
        known = self._scripts.get(text)
        if known is None:
            known = self._scripts[text] = sha1(text.encode(), usedforsecurity=False).hexdigest()
        return known

    async def _send(self, calls: Sequence[_Call]) -> Sequence[bytes | Exception]:
        pipeline = self._client.pipeline(transaction=False)
        for each in calls:
            pipeline.evalsha(each.hash, each.keys, *each.told)
        replies: list[bytes | Exception] = await pipeline.execute(raise_on_error=False)
        for at, (each, reply) in enumerate(zip(calls, replies, strict=True)):
            if isinstance(reply, NoScriptError):  # a Redis that was started anew
                replies[at] = await self._told_anew(each)
        return replies

    async def _told_anew(self, call: _Call) -> bytes | Exception:
        try:
            reply: bytes = await self._client.eval(call.text, call.keys, *call.told)
        except ResponseError as error:
            return error
        return reply


class _Call(NamedTuple):
    """One call of a script."""

    hash: str
    text: str
    keys: int
    told: tuple[str, ...]
    """Keys and arguments."""


@asynccontextmanager
async def open_redis(
    url: str, clock: Clock, *, patient: bool = False
) -> AsyncIterator[RedisClient]:
    """Yield the client; it connects when first used, so a Redis that is away stops nobody.

    `patient` is for what is counted there. Raises `ConfigurationError` for what is no Redis URL.
    """
    timeout_s = PATIENT_S if patient else TIMEOUT_S
    try:
        pool = BlockingConnectionPool.from_url(
            url,
            max_connections=32,
            timeout=timeout_s,
            socket_connect_timeout=timeout_s,
            socket_timeout=timeout_s,
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
