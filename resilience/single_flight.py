"""Single flight: one model call for all requests of this process that ask the same."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from clearway.errors import ModelUnavailable
from clearway.graph.ports import Clock, Flights, Proposal

GRACE_S = 2.0
"""How long a proposal is shared after it was made.

Requests that began together reach their planner one after the other; until the first has run the
plan, no cache has it.
"""


@dataclass
class _Flight:
    """A call under way, or one that has just ended well."""

    ended: asyncio.Future[Proposal | ModelUnavailable | None] = field(
        default_factory=lambda: asyncio.get_running_loop().create_future()
    )
    landed_at: float | None = None


class SingleFlight:
    """Implements `Flights` in one event loop; `beyond` does the same among processes.

    A model's failure is shared by those who waited for it. Where the caller in front goes away, the
    next one takes its place.
    """

    def __init__(
        self, clock: Clock, *, beyond: Flights | None = None, grace_s: float = GRACE_S
    ) -> None:
        """Begin with nothing under way."""
        self._clock = clock
        self._beyond = beyond
        self._grace_s = grace_s
        self._flights: dict[str, _Flight] = {}

    async def share(
        self, key: str, propose: Callable[[], Awaitable[Proposal]], *, timeout_s: float
    ) -> tuple[Proposal, bool]:
        """Return the proposal, and whether another request paid for it."""
        deadline = self._clock.monotonic() + timeout_s
        while flight := self._joinable(key):
            left_s = deadline - self._clock.monotonic()
            try:
                async with asyncio.timeout(max(left_s, 0)):
                    shared = await asyncio.shield(flight.ended)
            except TimeoutError:
                raise ModelUnavailable(
                    "The plan another request waits for came too late."
                ) from None
            if isinstance(shared, ModelUnavailable):
                raise shared
            if shared is not None:
                return shared, True
        return await self._lead(key, propose, deadline)

    async def _lead(
        self, key: str, propose: Callable[[], Awaitable[Proposal]], deadline: float
    ) -> tuple[Proposal, bool]:
        flight = self._flights[key] = _Flight()
        result: Proposal | ModelUnavailable | None = None
        try:
            result, paid_elsewhere = await self._called(key, propose, deadline)
            flight.landed_at = self._clock.monotonic()
            return result, paid_elsewhere
        except ModelUnavailable as error:
            result = error
            raise
        finally:
            if flight.landed_at is None:
                self._flights.pop(key, None)
            flight.ended.set_result(result)

    async def _called(
        self, key: str, propose: Callable[[], Awaitable[Proposal]], deadline: float
    ) -> tuple[Proposal, bool]:
        if self._beyond is None:
            return await propose(), False
        left_s = deadline - self._clock.monotonic()
        return await self._beyond.share(key, propose, timeout_s=left_s)

    def _joinable(self, key: str) -> _Flight | None:
        """Return the flight to wait for or to share; those that ended long enough ago go."""
        now = self._clock.monotonic()
        over = [
            name
            for name, flight in self._flights.items()
            if flight.landed_at is not None and flight.landed_at + self._grace_s < now
        ]
        for name in over:
            del self._flights[name]
        return self._flights.get(key)
