"""Routes that asked to be left alone, and until when; of one process."""

from __future__ import annotations

from collections.abc import Mapping

from clearway.llm.pace import Clock
from clearway.llm.providers.routes import Route

FAILING = "it is failing"
SLOWED = "it asked to slow down"
SOON = 0.1
"""Share of a deadline that is spent on waiting for an open circuit, which may stay open."""


def soon_s(deadline_s: float) -> float:
    """Return how long an open circuit is waited for; beyond that its caller is told at once."""
    return SOON * deadline_s


def worth_waiting(waiting: Mapping[str, tuple[str, float]], deadline_s: float) -> dict[str, float]:
    """Return the routes to wait for, each with its seconds: all that are ready in good time."""
    most_s = {FAILING: soon_s(deadline_s)}
    return {n: left for n, (why, left) in waiting.items() if left <= most_s.get(why, deadline_s)}


class Waiting:
    """What a 429's Retry-After or an open circuit asks for, so that it need not be asked again."""

    def __init__(self, clock: Clock) -> None:
        """Begin with nobody waiting."""
        self._clock = clock
        self._until: dict[str, tuple[str, float]] = {}

    def ask(self, route: Route, why: str, seconds: float) -> None:
        """Leave the route alone for so many seconds."""
        self._until[route.name] = (why, self._clock.monotonic() + seconds)

    def clear(self, provider: str | None = None) -> None:
        """Forget what was asked for, of one provider or of all."""
        if provider is None:
            self._until.clear()
        for name in [name for name in self._until if name.partition("/")[0] == provider]:
            del self._until[name]

    def left(self) -> dict[str, tuple[str, float]]:
        """Return the routes that still wait: why, and for how many seconds."""
        if not self._until:
            return {}
        now = self._clock.monotonic()
        self._until = {name: each for name, each in self._until.items() if each[1] > now}
        return {name: (why, until - now) for name, (why, until) in self._until.items()}
