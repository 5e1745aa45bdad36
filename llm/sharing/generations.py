"""Generations of one process: shared while they are made, kept for a while afterwards."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from clearway.errors import RequestTimeoutError
from clearway.graph.ports import Clock
from clearway.llm.ports import Generation, GenerationCache, GenerationFlights, GenerationSeat

MAX_ENTRIES = 128
KEY_SHOWN = 12


class Seat:
    """Implements `GenerationSeat`: a leader's, or that of one who is given the reply."""

    def __init__(
        self,
        landed: Generation | None = None,
        share: Callable[[Generation], Awaitable[None]] | None = None,
    ) -> None:
        """`share` brings a leader's reply to those who wait."""
        self.landed = landed
        self._share = share

    async def land(self, generation: Generation) -> None:
        """Share the reply with those who wait."""
        if self._share is not None:
            await self._share(generation)


@dataclass
class _Flight:
    over: asyncio.Event = field(default_factory=asyncio.Event)
    landed: Generation | None = None


class SharedFlights:
    """Implements `GenerationFlights` in one event loop; `beyond` does the same among processes.

    Who waits for a leader that went away or failed leads next, and is told of the failure should
    its own time run out.
    """

    def __init__(self, clock: Clock, *, beyond: GenerationFlights | None = None) -> None:
        """Begin with nothing under way."""
        self._clock = clock
        self._beyond = beyond
        self._flights: dict[str, _Flight] = {}
        self._errors: OrderedDict[str, str] = OrderedDict()

    @asynccontextmanager
    async def join(self, key: str, *, timeout_s: float) -> AsyncIterator[GenerationSeat]:
        """Take a seat: lead, or wait for who leads; a dead leader is taken over."""
        began = self._clock.monotonic()
        while flight := self._flights.get(key):
            left_s = began + timeout_s - self._clock.monotonic()
            try:
                async with asyncio.timeout(max(left_s, 0)):
                    await flight.over.wait()
            except TimeoutError:
                waited_s = self._clock.monotonic() - began
                raise too_late(key, "under way", waited_s, self._errors.get(key)) from None
            if flight.landed is not None:
                yield Seat(landed=flight.landed)
                return
        flight = self._flights[key] = _Flight()
        try:
            async with self._seat(key, began + timeout_s - self._clock.monotonic()) as beyond:

                async def share(generation: Generation) -> None:
                    self._errors.pop(key, None)
                    flight.landed = generation
                    flight.over.set()
                    await beyond.land(generation)

                flight.landed = beyond.landed
                yield Seat(beyond.landed, share)
        except Exception as error:
            self._errors[key] = type(error).__name__
            if len(self._errors) > MAX_ENTRIES:
                self._errors.popitem(last=False)
            raise
        finally:
            del self._flights[key]
            flight.over.set()

    @asynccontextmanager
    async def _seat(self, key: str, left_s: float) -> AsyncIterator[GenerationSeat]:
        if self._beyond is None:
            yield Seat()
            return
        async with self._beyond.join(key, timeout_s=left_s) as seat:
            yield seat


def too_late(
    key: str, status: str, elapsed_s: float, last_error: str | None
) -> RequestTimeoutError:
    """Return the error of one who waited for another's reply in vain."""
    said = f"; the last error was {last_error}" if last_error else ""
    return RequestTimeoutError(
        f"The reply another request waits for ({key[:KEY_SHOWN]}) is still {status} after "
        f"{elapsed_s:.1f} s{said}. Ask again, or allow more time.",
        key=key,
        status=status,
        elapsed_s=round(elapsed_s, 3),
        last_error=last_error,
    )


@dataclass(frozen=True, slots=True)
class _Kept:
    generation: Generation
    until: float


class MemoryGenerations:
    """Implements `GenerationCache`: the replies used last, each until its time is over."""

    def __init__(
        self,
        clock: Clock,
        *,
        max_entries: int = MAX_ENTRIES,
        beyond: GenerationCache | None = None,
    ) -> None:
        """Begin empty; what is not here is looked for `beyond`, where there is one."""
        self._clock = clock
        self._max_entries = max_entries
        self._beyond = beyond
        self._kept: OrderedDict[str, _Kept] = OrderedDict()
        self.hits = 0
        self.misses = 0

    async def get(self, key: str) -> Generation | None:
        """Return a kept reply that has not expired."""
        kept = self._kept.get(key)
        if kept is not None and kept.until > self._clock.monotonic():
            self._kept.move_to_end(key)
            self.hits += 1
            return kept.generation
        self._kept.pop(key, None)
        # What is found beyond stays there alone: only there is it known when it expires.
        found = None if self._beyond is None else await self._beyond.get(key)
        self.hits += found is not None
        self.misses += found is None
        return found

    async def put(self, key: str, generation: Generation, *, ttl_s: float) -> None:
        """Keep a complete reply, here and beyond."""
        if ttl_s <= 0:
            return
        self._kept[key] = _Kept(generation, self._clock.monotonic() + ttl_s)
        self._kept.move_to_end(key)
        while len(self._kept) > self._max_entries:
            self._kept.popitem(last=False)
        if self._beyond is not None:
            await self._beyond.put(key, generation, ttl_s=ttl_s)

    @property
    def hit_rate(self) -> float:
        """Return the share of look-ups that found something; 0 when there were none."""
        total = self.hits + self.misses
        return self.hits / total if total else 0.0
