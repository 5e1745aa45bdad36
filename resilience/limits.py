"""Rate limits: at most so many requests of one caller in any stretch of so many seconds."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass
from typing import Protocol

from clearway.identity import Principal

MAX_CALLERS = 10_000
"""Callers remembered at once; beyond it, those idle for longest are forgotten first."""


class Monotonic(Protocol):
    """The part of a clock that never goes backward."""

    def monotonic(self) -> float:
        """Return seconds since some moment."""
        ...


@dataclass(frozen=True, kw_only=True)
class LimitStats:
    """What was let through and what was not, since the start."""

    allowed: int
    rejected: int

    @property
    def rejection_rate(self) -> float:
        """Share of all requests that were turned away; 0 when there were none."""
        total = self.allowed + self.rejected
        return self.rejected / total if total else 0.0


class SlidingWindow:
    """Implements `Limits`, exactly: no stretch of `window_s` seconds holds more than `requests`.

    A request that is turned away does not count against the caller. Each caller costs one ring of
    `requests` times, made as it fills; each call costs the same however full it is.
    """

    def __init__(
        self,
        clock: Monotonic,
        *,
        requests: int,
        window_s: float,
        max_callers: int = MAX_CALLERS,
    ) -> None:
        """Begin with nobody counted."""
        self._clock = clock
        self._requests = requests
        self._window_s = window_s
        self._max_callers = max_callers
        self._callers: OrderedDict[tuple[str, str], _Ring] = OrderedDict()
        self._allowed = 0
        self._rejected = 0

    async def admit(self, principal: Principal) -> float | None:
        """Count one request; return None when it may pass, else the seconds to wait."""
        key = (principal.tenant, principal.user)
        ring = self._callers.setdefault(key, _Ring())
        self._callers.move_to_end(key)
        wait_s = ring.take(self._clock.monotonic(), self._requests, self._window_s)
        if wait_s is None:
            self._allowed += 1
        else:
            self._rejected += 1
        if len(self._callers) > self._max_callers:
            self._callers.popitem(last=False)
        return wait_s

    def stats(self) -> LimitStats:
        """Return the counts so far."""
        return LimitStats(allowed=self._allowed, rejected=self._rejected)


class _Ring:
    """The times of a caller's last requests, the oldest at `oldest`."""

    __slots__ = ("oldest", "times")

    def __init__(self) -> None:
        self.times: list[float] = []
        self.oldest = 0

    def take(self, now: float, requests: int, window_s: float) -> float | None:
        if len(self.times) < requests:
            self.times.append(now)
            return None
        wait_s = self.times[self.oldest] + window_s - now
        if wait_s > 0:
            return wait_s
        self.times[self.oldest] = now
        self.oldest = (self.oldest + 1) % requests
        return None
