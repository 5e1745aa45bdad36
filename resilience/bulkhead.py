"""A bulkhead: so many at once, so many waiting, the rest turned away at once."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from clearway.errors import RateLimitError


@dataclass(frozen=True, kw_only=True)
class BulkheadStats:
    """How full it is, and how often it turned someone away."""

    running: int
    waiting: int
    rejected: int


class Bulkhead:
    """Lets `limit` callers in; `queue` more wait, at most `wait_s` each, first come first served.

    One bulkhead belongs to one event loop.
    """

    def __init__(self, name: str, *, limit: int, queue: int, wait_s: float) -> None:
        """Begin empty; `name` is what the error says was busy."""
        self._name = name
        self._limit = limit
        self._queue = queue
        self._wait_s = wait_s
        self._places = asyncio.Semaphore(limit)
        self._waiting = 0
        self._running = 0
        self._rejected = 0

    @asynccontextmanager
    async def place(self) -> AsyncIterator[None]:
        """Hold a place while inside; raises `RateLimitError` when there is none in time."""
        await self._enter()
        self._running += 1
        try:
            yield
        finally:
            self._running -= 1
            self._places.release()

    async def _enter(self) -> None:
        if self._places.locked() and self._waiting >= self._queue:
            raise self._full()
        self._waiting += 1
        try:
            async with asyncio.timeout(self._wait_s):
                await self._places.acquire()
        except TimeoutError:
            raise self._full() from None
        finally:
            self._waiting -= 1

    def _full(self) -> RateLimitError:
        self._rejected += 1
        return RateLimitError(
            f"Too many {self._name} at once; {self._limit} run together. Try again shortly.",
            retry_after_s=self._wait_s,
        )

    def stats(self) -> BulkheadStats:
        """Return the counts now."""
        return BulkheadStats(running=self._running, waiting=self._waiting, rejected=self._rejected)
