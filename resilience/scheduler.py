"""Background work: jobs that come due, done by one process at a time, on record, and never fatal.

Processes agree on who works through a `Roster`: whoever holds its lease does what is due, and the
others look again when it could have run out. Every job may be run twice without harm, so a lease
that runs out under a slow job costs nothing but the work.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from clearway.errors import ClearwayError
from clearway.graph.ports import Clock

logger = logging.getLogger("clearway.maintenance")

LEASE_S = 60.0
FIRST_S = 20.0
"""How long after the start nothing is done: short commands end before, and starts stay fast."""
RESIGN_S = 1.0
RETRY_S = 60.0
"""After a failure, doubled with every further one, and never more than the job's own interval."""


@dataclass(frozen=True, kw_only=True)
class Job:
    """Something to be done again and again."""

    name: str
    about: str
    """One line for a person."""
    every: timedelta
    run: Callable[[bool], Awaitable[str]]
    """Does it, and returns what was done in words; told True, only what would be done."""


@dataclass(frozen=True, kw_only=True)
class JobRun:
    """What came of one run."""

    job: str
    began_at: datetime
    took_ms: float
    success: bool
    detail: str
    failures: int = 0
    """In a row, this one included."""


class Roster(Protocol):
    """Who does the background work and what was done last; shared by all processes."""

    async def lead(self, owner: str, lease_s: float) -> bool:
        """Take or renew the lease; return whether `owner` has it."""
        ...

    async def resign(self, owner: str) -> None:
        """Give the lease back, if `owner` has it."""
        ...

    async def runs(self) -> Mapping[str, JobRun]:
        """Return the last run of every job."""
        ...

    async def record(self, run: JobRun) -> None:
        """Keep a run as the last of its job."""
        ...


class Scheduler:
    """Runs jobs as they come due while this process leads."""

    def __init__(
        self,
        jobs: Sequence[Job],
        roster: Roster,
        clock: Clock,
        *,
        owner: str,
        lease_s: float = LEASE_S,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        """`owner` is unique to this process; `sleep` is there for tests that drive the time."""
        self.jobs = tuple(jobs)
        self._roster = roster
        self._clock = clock
        self._owner = owner
        self._lease_s = lease_s
        self._sleep = sleep
        self._leads = False

    async def forever(self) -> None:
        """Do what is due until cancelled; whatever fails is logged and tried again later."""
        await self._sleep(FIRST_S)
        while True:
            try:
                await self.tick()
            except Exception as error:  # the boundary: background work never ends a process
                logger.warning("maintenance put off", extra={"cause": type(error).__name__})
            await self._sleep(self._lease_s / 2)

    async def tick(self) -> list[JobRun]:
        """Do what is due, if this process leads; return what was done."""
        self._leads = await self._roster.lead(self._owner, self._lease_s)
        if not self._leads:
            return []
        known, done = await self._roster.runs(), []
        for job in self.jobs:
            if self._due(job, known.get(job.name)):
                done.append(await self._led(job, known.get(job.name)))
        return done

    async def by_hand(self, names: Sequence[str] = (), *, dry_run: bool = False) -> list[JobRun]:
        """Run jobs now, due or not, by name or all; a dry run changes nothing and is not kept."""
        known = await self._roster.runs()
        wanted = [job for job in self.jobs if not names or job.name in names]
        return [await self._run(job, known.get(job.name), dry_run=dry_run) for job in wanted]

    async def resign(self) -> None:
        """Let another process take over at once; a store that does not answer is not waited for."""
        if not self._leads:
            return
        self._leads = False
        with suppress(ClearwayError, TimeoutError):
            async with asyncio.timeout(RESIGN_S):
                await self._roster.resign(self._owner)

    def _due(self, job: Job, last: JobRun | None) -> bool:
        if last is None:
            return True
        wait = job.every
        if last.failures:
            wait = min(wait, timedelta(seconds=RETRY_S * 2 ** min(last.failures - 1, 16)))
        # Further ahead than that, the clock was set back since: nothing waits for it to catch up.
        return abs(self._clock.now() - last.began_at) >= wait

    async def _led(self, job: Job, last: JobRun | None) -> JobRun:
        """Run one job while the lease is renewed."""
        beat = asyncio.create_task(self._renew())
        try:
            return await self._run(job, last)
        finally:
            beat.cancel()

    async def _renew(self) -> None:
        while True:
            await asyncio.sleep(self._lease_s / 3)
            with suppress(ClearwayError):
                await self._roster.lead(self._owner, self._lease_s)

    async def _run(self, job: Job, last: JobRun | None, *, dry_run: bool = False) -> JobRun:
        began, start = self._clock.now(), self._clock.monotonic()
        try:
            detail, success = await job.run(dry_run), True
        except ClearwayError as error:
            detail, success = error.message, False
        except Exception as error:  # the boundary: one job's fault is not the others'
            detail, success = f"failed unexpectedly ({type(error).__name__})", False
        run = JobRun(
            job=job.name,
            began_at=began,
            took_ms=round((self._clock.monotonic() - start) * 1000, 3),
            success=success,
            detail=detail,
            failures=0 if success else (last.failures if last else 0) + 1,
        )
        told = {"job": job.name, "success": success, "ms": run.took_ms, "detail": detail}
        logger.log(logging.INFO if success else logging.WARNING, "maintenance", extra=told)
        if not dry_run:
            await self._roster.record(run)
        return run


@asynccontextmanager
async def in_background(scheduler: Scheduler) -> AsyncIterator[None]:
    """Let a scheduler work while the block runs; it stops at once with it, whatever it was at."""
    working = asyncio.create_task(scheduler.forever())
    try:
        yield
    finally:
        working.cancel()
        with suppress(asyncio.CancelledError):
            await working
        await scheduler.resign()
