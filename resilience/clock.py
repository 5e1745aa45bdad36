"""Time and identifiers, real and driven by hand."""

from __future__ import annotations

import itertools
import secrets
import time
from datetime import UTC, datetime, timedelta


class SystemClock:
    """Implements `Clock` with the machine's."""

    def now(self) -> datetime:
        """Return the current time in UTC."""
        return datetime.now(UTC)

    def monotonic(self) -> float:
        """Return seconds that never go backward, for durations."""
        return time.monotonic()


class FakeClock:
    """Implements `Clock` with a time that stands still until it is advanced."""

    def __init__(self, now: datetime = datetime(2026, 1, 15, 12, 0, tzinfo=UTC)) -> None:
        """Begin at `now`, which has a time zone."""
        self._now = now.astimezone(UTC)
        self._elapsed_s = 0.0

    def now(self) -> datetime:
        """Return the time it was set or advanced to."""
        return self._now

    def monotonic(self) -> float:
        """Return the seconds it was advanced by."""
        return self._elapsed_s

    def advance(self, seconds: float) -> None:
        """Let time pass."""
        self._now += timedelta(seconds=seconds)
        self._elapsed_s += seconds


class SystemIds:
    """Implements `Ids`: the time and 80 random bits, so that ids sort by when they were made."""

    def trace_id(self) -> str:
        """Return a new unique id of 32 hexadecimal digits."""
        return f"{time.time_ns() // 1_000_000:012x}{secrets.token_hex(10)}"


class CountingIds:
    """Implements `Ids` with `trace-1`, `trace-2` ..."""

    def __init__(self, prefix: str = "trace") -> None:
        """Begin at 1."""
        self._prefix = prefix
        self._numbers = itertools.count(1)

    def trace_id(self) -> str:
        """Return the next id."""
        return f"{self._prefix}-{next(self._numbers)}"
