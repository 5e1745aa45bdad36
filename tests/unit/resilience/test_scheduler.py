"""The scheduler: due jobs run once among processes, failures come back later, nothing is fatal."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import pytest

from clearway.errors import StoreUnavailable
from clearway.resilience.clock import FakeClock
from clearway.resilience.scheduler import (
    FIRST_S,
    RETRY_S,
    Job,
    JobRun,
    Scheduler,
    in_background,
)

pytestmark = [pytest.mark.unit, pytest.mark.anyio]

HOUR = 3600.0


@dataclass
class LocalRoster:
    """A roster of one machine; can be made to be away."""

    clock: FakeClock
    lease: tuple[str, float] | None = None
    last: dict[str, JobRun] = field(default_factory=dict)
    away: bool = False

    async def lead(self, owner: str, lease_s: float) -> bool:
        if self.away:
            raise StoreUnavailable("away")
        now = self.clock.monotonic()
        if self.lease is None or self.lease[0] == owner or self.lease[1] < now:
            self.lease = (owner, now + lease_s)
            return True
        return False

    async def resign(self, owner: str) -> None:
        if self.lease is not None and self.lease[0] == owner:
            self.lease = None

    async def runs(self) -> Mapping[str, JobRun]:
        return dict(self.last)

    async def record(self, run: JobRun) -> None:
        self.last[run.job] = run


@dataclass
class Work:
    """A job that counts its runs and fails while it is told to."""

    name: str = "sweep"
    done: int = 0
    dry: int = 0
    failing: Exception | None = None

    async def run(self, dry_run: bool) -> str:
        if self.failing is not None:
            raise self.failing
        self.dry += dry_run
        self.done += not dry_run
        return f"{self.done} done"

    def job(self) -> Job:
        return Job(name=self.name, about="", every=timedelta(hours=1), run=self.run)


def scheduler(clock: FakeClock, roster: LocalRoster, *work: Work, owner: str = "one") -> Scheduler:
    return Scheduler([each.job() for each in work], roster, clock, owner=owner)


async def test_a_job_runs_when_it_is_due_and_not_before() -> None:
    clock, work = FakeClock(), Work()
    one = scheduler(clock, LocalRoster(clock), work)
    for _ in range(3):
        await one.tick()
    assert work.done == 1
    clock.advance(HOUR - 1)
    await one.tick()
    assert work.done == 1
    clock.advance(1)
    await one.tick()
    assert work.done == 2


async def test_a_job_that_ran_while_the_clock_was_ahead_does_not_wait_for_that_day() -> None:
    ahead, clock, work = FakeClock(datetime(2199, 1, 1, tzinfo=UTC)), FakeClock(), Work()
    roster = LocalRoster(clock)
    await scheduler(ahead, roster, work).tick()
    for _ in range(2):
        await scheduler(clock, roster, work).tick()
    assert work.done == 2


async def test_one_process_does_the_work_until_it_goes() -> None:
    clock, work = FakeClock(), Work()
    roster = LocalRoster(clock)
    one, other = (scheduler(clock, roster, work, owner=name) for name in ("one", "other"))
    assert len(await one.tick()) == 1
    clock.advance(HOUR)
    roster.lease = ("one", clock.monotonic() + 30)
    assert await other.tick() == []
    await one.resign()
    assert len(await other.tick()) == 1


async def test_the_work_of_a_dead_process_is_taken_over() -> None:
    clock, work = FakeClock(), Work()
    roster = LocalRoster(clock)
    await scheduler(clock, roster, work, owner="dead").tick()
    clock.advance(HOUR)
    assert len(await scheduler(clock, roster, work, owner="alive").tick()) == 1


@pytest.mark.parametrize("failing", [StoreUnavailable("disk full"), ZeroDivisionError()])
async def test_a_job_that_fails_is_on_record_tried_again_later_and_harms_no_other(
    failing: Exception, caplog: pytest.LogCaptureFixture
) -> None:
    clock, bad, good = FakeClock(), Work("bad", failing=failing), Work("good")
    roster = LocalRoster(clock)
    one = scheduler(clock, roster, bad, good)
    await one.tick()
    assert (roster.last["bad"].success, roster.last["good"].success) == (False, True)
    assert [r.job for r in caplog.records if r.levelname == "WARNING"] == ["bad"]  # type: ignore[attr-defined]  # extra
    clock.advance(RETRY_S)
    await one.tick()
    assert roster.last["bad"].failures == 2
    clock.advance(RETRY_S)
    assert await one.tick() == [], "the pause doubles"
    bad.failing = None
    clock.advance(RETRY_S)
    await one.tick()
    assert (roster.last["bad"].success, roster.last["bad"].failures) == (True, 0)


async def test_by_hand_a_job_runs_whether_it_is_due_or_not() -> None:
    clock, work, other = FakeClock(), Work(), Work("other")
    roster = LocalRoster(clock)
    one = scheduler(clock, roster, work, other)
    await one.by_hand(["sweep"])
    (run,) = await one.by_hand(["sweep"])
    assert (work.done, other.done, run.detail) == (2, 0, "2 done")
    assert len(await one.by_hand()) == 2


async def test_a_dry_run_changes_nothing_and_is_not_kept() -> None:
    clock, work = FakeClock(), Work()
    roster = LocalRoster(clock)
    await scheduler(clock, roster, work).by_hand(dry_run=True)
    assert (work.dry, work.done, roster.last) == (1, 0, {})


async def test_in_the_background_it_begins_late_and_survives_a_store_that_is_away() -> None:
    clock, work = FakeClock(), Work()
    roster = LocalRoster(clock, away=True)
    slept: list[float] = []
    turns: asyncio.Queue[None] = asyncio.Queue()

    async def sleep(seconds: float) -> None:
        slept.append(seconds)
        await turns.get()
        clock.advance(seconds)

    one = Scheduler([work.job()], roster, clock, owner="one", sleep=sleep)

    async def until(count: int) -> None:
        while len(slept) < count:
            await asyncio.sleep(0)

    async with in_background(one):
        await until(1)
        assert (slept, work.done) == ([FIRST_S], 0)
        turns.put_nowait(None)
        await until(2)
        assert work.done == 0, "the store is away"
        roster.away = False
        turns.put_nowait(None)
        await until(3)
        assert work.done == 1
    assert roster.lease is None, "whoever stops hands over"


async def test_stopping_does_not_wait_for_a_job() -> None:
    clock = FakeClock()
    begun = asyncio.Event()

    async def endless(dry_run: bool) -> str:
        begun.set()
        await asyncio.Event().wait()
        return ""

    async def at_once(seconds: float) -> None:
        await asyncio.sleep(0)

    job = Job(name="endless", about="", every=timedelta(hours=1), run=endless)
    roster = LocalRoster(clock)
    async with in_background(Scheduler([job], roster, clock, owner="one", sleep=at_once)):
        await begun.wait()
    assert roster.lease is None
    assert roster.last == {}
