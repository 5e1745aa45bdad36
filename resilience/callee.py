"""Whoever is called for an answer: how often it may be asked, and when it is left alone."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import Literal, Protocol

from clearway.identity import Principal
from clearway.llm.ports import BreakerProfile, Verdict
from clearway.resilience.breaker import Circuit
from clearway.resilience.limits import Monotonic, SlidingWindow

__all__ = ["CallGuard", "Callee", "ProcessCalls", "Refusal", "Verdict"]


@dataclass(frozen=True, kw_only=True)
class Callee:
    """One that is called, and what it is held to."""

    name: str
    profile: BreakerProfile
    requests: int
    """At most so many calls in any `window_s` seconds."""
    window_s: float
    lease_s: float
    """How long one call may last; after it whoever made it is taken for dead."""


@dataclass(frozen=True, kw_only=True)
class Refusal:
    """A call may not begin now."""

    reason: Literal["breaker", "window"]
    retry_after_s: float


class CallGuard(Protocol):
    """Circuits and rates of callees, for all who share one store. `enter`, then `leave`, always."""

    async def enter(self, callee: Callee, attempt_id: str) -> Refusal | None:
        """Return None where the call may begin; it is counted then. What is refused is not."""
        ...

    async def leave(self, callee: Callee, attempt_id: str, verdict: Verdict) -> None:
        """Take in what the call says of the callee's health; `ignored` only frees a probe."""
        ...


class ProcessCalls:
    """Implements `CallGuard` for one process."""

    def __init__(self, clock: Monotonic) -> None:
        """Begin with nobody called."""
        self._clock = clock
        self._circuits: defaultdict[str, Circuit] = defaultdict(Circuit)
        self._windows: dict[tuple[str, int, float], SlidingWindow] = {}

    async def enter(self, callee: Callee, attempt_id: str) -> Refusal | None:
        """Ask the circuit, then the window; nothing comes between them."""
        circuit, now = self._circuits[callee.name], self._clock.monotonic()
        left_alone_s = circuit.refusal_s(now)
        if left_alone_s is not None:
            return Refusal(reason="breaker", retry_after_s=left_alone_s)
        wait_s = await self._window(callee).admit(Principal(user=callee.name))
        if wait_s is not None:
            return Refusal(reason="window", retry_after_s=wait_s)
        circuit.begin(attempt_id, now, callee.lease_s)
        return None

    async def leave(self, callee: Callee, attempt_id: str, verdict: Verdict) -> None:
        """Tell the circuit."""
        now = self._clock.monotonic()
        self._circuits[callee.name].record(attempt_id, verdict, callee.profile, now)

    def _window(self, callee: Callee) -> SlidingWindow:
        limit = callee.name, callee.requests, callee.window_s
        if limit not in self._windows:
            self._windows[limit] = SlidingWindow(
                self._clock, requests=callee.requests, window_s=callee.window_s
            )
        return self._windows[limit]
