"""The way into an attempt: which route is next, whether it may be asked, and for how long."""

from __future__ import annotations

import asyncio

from clearway.llm.calls.faults import Fault
from clearway.llm.calls.patience import share_s
from clearway.llm.limits import RouterSettings
from clearway.llm.pace import Clock, Pace
from clearway.llm.ports import Turned
from clearway.llm.providers.routes import Route
from clearway.llm.requests import failures
from clearway.llm.requests.attempts import Attempts, Entered
from clearway.llm.requests.job import Job
from clearway.llm.requests.preparing import Preparing
from clearway.llm.requests.waiting import FAILING, SLOWED
from clearway.llm.types import Tried

FRESH_S = 0.005
"""Less than this is no time to call anyone in."""


class Entrance:
    """Finds a job's next route and enters an attempt on it, within the job's one deadline."""

    def __init__(
        self,
        preparing: Preparing,
        attempts: Attempts,
        *,
        clock: Clock,
        pace: Pace,
        settings: RouterSettings,
    ) -> None:
        """`attempts` are entered, and left by whoever makes them."""
        self._preparing = preparing
        self._attempts = attempts
        self._clock = clock
        self._pace = pace
        self._settings = settings

    async def next(self, job: Job) -> tuple[Route, Entered]:
        """Return the next route with an attempt entered on it; raise where there is none."""
        while True:
            chosen = job.journey.next(self._clock.monotonic())
            if chosen is None or self.left_s(job) < FRESH_S:
                late = self.left_s(job) < FRESH_S
                raise failures.of_journey(job.journey, job.tried, late=late)
            route, wait_s = chosen
            if wait_s:
                job.note("retry", f"Waited {wait_s:.1f} s before asking {route.name} again.")
                await self._pace.sleep(wait_s)
            entered = await self._entered(job, route)
            if isinstance(entered, Entered):
                return route, entered

    async def _entered(self, job: Job, route: Route) -> Entered | None:
        lease_s = max(self.left_s(job), 0.1)
        number = job.journey.calls + 1
        try:
            async with asyncio.timeout(lease_s):
                entered = await self._attempts.enter(
                    job.asking, route, number=number, lease_s=lease_s
                )
        except TimeoutError:
            raise failures.of_journey(job.journey, job.tried, late=True) from None
        if isinstance(entered, Turned):
            self._turned(job, route, entered)
            return None
        job.journey.called(route)
        share, ratio = entered.passed.spent_share, route.provider.warning_ratio
        self._preparing.pressure.saw(job.asking.request, share, ratio)
        return entered

    def _turned(self, job: Job, route: Route, turned: Turned) -> None:
        job.journey.turned_away(route, turned, self._clock.monotonic())
        error = failures.of_turned(route, turned)
        job.tried.append(
            Tried(
                number=0,
                provider=route.provider.id,
                endpoint=route.endpoint,
                model=route.model,
                outcome="skipped",
                reason=error.message,
            )
        )
        job.note("fallback", f"{route.name} was not asked: {error.message}")
        if turned.reason == "window" and not turned.key.startswith("provider:"):
            raise error  # the caller's own limit: no other model helps
        if turned.reason == "breaker" and turned.retry_after_s:
            self._preparing.waiting.ask(route, FAILING, turned.retry_after_s)

    def failed(self, job: Job, route: Route, fault: Fault) -> None:
        """Take note that an attempt failed: what may be asked next, and when."""
        job.journey.failed(route, fault, self._clock.monotonic())
        job.note("fallback", f"{route.name} {fault.meaning.words}.")
        if fault.retry_after_s and fault.meaning.again == "route":
            self._preparing.waiting.ask(route, SLOWED, fault.retry_after_s)

    def left_s(self, job: Job) -> float:
        """Return how long the request still has."""
        return job.journey.deadline_at - self._clock.monotonic()

    def plain_s(self, job: Job) -> float:
        """Return how long a call that is not streamed may take."""
        share, most = self.share_s(job), self._settings.patience.attempt_s
        return share if most is None else min(share, most)

    def share_s(self, job: Job) -> float:
        """Return the share of the call that was just counted."""
        return share_s(self.left_s(job), still_to_ask=1 + job.journey.still_to_ask())
