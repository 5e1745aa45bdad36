"""Time and chance, as the router sees them: ports, so that tests hold both in their hands."""

from __future__ import annotations

import asyncio
import random
from datetime import datetime
from typing import Protocol


class Clock(Protocol):
    """Time of day for records, and a time that never goes backward for durations."""

    def now(self) -> datetime:
        """Return the current time in UTC."""
        ...

    def monotonic(self) -> float:
        """Return seconds since some moment."""
        ...


class Pace(Protocol):
    """Waiting, and the chance that spreads those who wait."""

    async def sleep(self, seconds: float) -> None:
        """Return after so many seconds."""
        ...

    def draw(self) -> float:
        """Return a number from 0 up to, not including, 1."""
        ...


class SystemPace:
    """Implements `Pace` with the event loop and the machine's chance."""

    async def sleep(self, seconds: float) -> None:
        """Wait on the event loop."""
        await asyncio.sleep(seconds)

    def draw(self) -> float:
        """Return a number that cannot be foreseen, which nothing secret hangs on."""
        return random.random()  # noqa: S311  # spreads retries


class Advancing(Clock, Protocol):
    """A clock that is driven by hand."""

    def advance(self, seconds: float) -> None:
        """Let time pass."""
        ...


class DrivenPace:
    """Implements `Pace` by advancing a clock: nothing waits, and chance follows a seed."""

    def __init__(self, clock: Advancing, *, seed: int = 42) -> None:
        """`slept` keeps what was asked for."""
        self._clock = clock
        self._random = random.Random(seed)  # noqa: S311  # repeatable on purpose
        self.slept: list[float] = []

    async def sleep(self, seconds: float) -> None:
        """Advance the clock, and let others run once."""
        self.slept.append(seconds)
        self._clock.advance(seconds)
        await asyncio.sleep(0)

    def draw(self) -> float:
        """Return the next number of the seed's sequence."""
        return self._random.random()
