"""One request on its way: which routes it tries, in which order, and when it has to give up."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from itertools import chain
from math import inf

from clearway.llm.calls.faults import Fault
from clearway.llm.calls.patience import backoff_s
from clearway.llm.choice.select import Ranked
from clearway.llm.ports import Turned
from clearway.llm.providers.routes import Route

ENDPOINTS_FIRST = 2
"""Endpoints of one provider that are tried before the next provider is."""
MOST_TURNS = 2
"""How often a route may be asked for entrance after it was turned away there."""


@dataclass
class _Standing:
    """How a route stands with this request."""

    route: Route
    tries: int = 0
    turns: int = 0
    ready_at: float = 0.0
    barred: bool = False


@dataclass(kw_only=True)
class Journey:
    """Hands out routes one after the other; knows nothing of calls, only of what came of them."""

    standings: list[_Standing]
    deadline_at: float
    max_attempts: int
    tries_per_route: int
    draw: Callable[[], float]
    waits: bool = True
    """False: a route that may not be asked now is not asked at all."""
    soon_s: float = inf
    """An open circuit that lasts longer is not waited for."""
    calls: int = 0
    faults: list[tuple[Route, Fault]] = field(default_factory=list)
    turned: list[tuple[Route, Turned]] = field(default_factory=list)

    def next(self, now: float) -> tuple[Route, float] | None:
        """Return the next route and how long to wait before it; None when it is over.

        A route that was not asked yet comes first, in order of rank; then those that may be asked
        again, the one that is ready first. Nothing is waited for that lies beyond the deadline.
        """
        if self.calls >= self.max_attempts:
            return None
        open_ = [each for each in self.standings if self._open(each)]
        fresh = (each for each in open_ if not each.tries and each.ready_at <= now)
        chosen = next(fresh, None) or min(open_, key=lambda each: each.ready_at, default=None)
        if chosen is None:
            return None
        wait_s = max(0.0, chosen.ready_at - now)
        return None if now + wait_s >= self.deadline_at else (chosen.route, wait_s)

    def still_to_ask(self) -> int:
        """Return how many calls the rest of the deadline is divided over."""
        fresh = sum(1 for each in self.standings if self._open(each) and not each.tries)
        return min(fresh, self.max_attempts - self.calls)

    def called(self, route: Route) -> int:
        """Count a call of the route; return its number."""
        self._of(route).tries += 1
        self.calls += 1
        return self.calls

    def failed(self, route: Route, fault: Fault, now: float) -> None:
        """Take note of what came of a call, and of the routes it speaks for as well."""
        self.faults.append((route, fault))
        standing = self._of(route)
        match fault.meaning.again:
            case "route":
                wait_s = backoff_s(standing.tries, asked_s=fault.retry_after_s, draw=self.draw)
                standing.ready_at = now + wait_s
                standing.barred = fault.retry_after_s is not None and not self.waits
            case "elsewhere":
                standing.barred = True
            case "model":
                self._bar(each for each in self.standings if each.route.provider == route.provider)
            case "larger":
                self._bar(each for each in self.standings if not _may_hold_more(each.route, route))
            case "never":
                self._bar(self.standings)

    def turned_away(self, route: Route, turned: Turned, now: float) -> None:
        """Take note that the attempt may not begin."""
        self.turned.append((route, turned))
        standing = self._of(route)
        standing.turns += 1
        wait_s = turned.retry_after_s
        most_s = self.soon_s if turned.reason == "breaker" else inf
        worth = self.waits and wait_s is not None and wait_s <= most_s
        standing.barred = not worth or standing.turns >= MOST_TURNS
        standing.ready_at = now + (wait_s or 0.0)

    def _open(self, standing: _Standing) -> bool:
        return not standing.barred and standing.tries < self.tries_per_route

    def _of(self, route: Route) -> _Standing:
        return next(each for each in self.standings if each.route is route)

    def _bar(self, standings: Iterable[_Standing]) -> None:
        for each in standings:
            each.barred = True


def _may_hold_more(other: Route, route: Route) -> bool:
    """Return whether a prompt too long for `route` may fit into another."""
    if other.provider == route.provider:
        return False
    unknown = not (other.context_declared and route.context_declared)
    return unknown or other.context > route.context


def in_order(ranked: Sequence[Ranked]) -> list[Route]:
    """Return routes as they are to be tried: two of the best provider, two of the next, the rest.

    Another endpoint of the best model is nearly as good as the best; a third is as likely to share
    what ails the first two.
    """
    first = chain.from_iterable(each.routes[:ENDPOINTS_FIRST] for each in ranked)
    rest = chain.from_iterable(each.routes[ENDPOINTS_FIRST:] for each in ranked)
    return [*first, *rest]


def standings(routes: Sequence[Route], ready_at: Callable[[Route], float]) -> list[_Standing]:
    """Return routes that were not tried yet, each with the moment it may be."""
    return [_Standing(route, ready_at=ready_at(route)) for route in routes]
