"""Single flight: who asks the same at the same time waits for one call, and not for ever."""

from __future__ import annotations

import asyncio

import pytest

from clearway.errors import ModelUnavailable
from clearway.graph.ports import Proposal
from clearway.outcome import Usage
from clearway.resilience.clock import FakeClock, SystemClock
from clearway.resilience.single_flight import SingleFlight
from tests.ports import plan

pytestmark = [pytest.mark.unit, pytest.mark.anyio]

GOOD: Proposal = (plan("select 1", source="model"), Usage(model="m", prompt_tokens=7))


class Planner:
    """Answers when told to."""

    def __init__(self, *replies: Proposal | ModelUnavailable) -> None:
        self.replies = list(replies)
        self.calls = 0
        self.called = asyncio.Event()
        self.answer = asyncio.Event()

    async def __call__(self) -> Proposal:
        self.calls += 1
        reply = self.replies.pop(0)
        self.called.set()
        await self.answer.wait()
        if isinstance(reply, ModelUnavailable):
            raise reply
        return reply


async def test_a_hundred_ask_and_one_pays() -> None:
    flights, planner = SingleFlight(SystemClock()), Planner(GOOD)
    waiting = [asyncio.create_task(flights.share("k", planner, timeout_s=10)) for _ in range(100)]
    await planner.called.wait()
    planner.answer.set()
    shared = await asyncio.gather(*waiting)
    assert planner.calls == 1
    assert {proposal for proposal, _ in shared} == {GOOD}
    assert sum(elsewhere for _, elsewhere in shared) == 99


async def test_other_questions_do_not_wait() -> None:
    flights, slow, quick = SingleFlight(SystemClock()), Planner(GOOD), Planner(GOOD)
    first = asyncio.create_task(flights.share("slow", slow, timeout_s=10))
    await slow.called.wait()
    quick.answer.set()
    assert await flights.share("quick", quick, timeout_s=10) == (GOOD, False)
    slow.answer.set()
    await first


async def test_a_failure_is_shared_and_not_kept() -> None:
    flights = SingleFlight(FakeClock())
    planner = Planner(ModelUnavailable("down"), GOOD)
    tasks = [asyncio.create_task(flights.share("k", planner, timeout_s=10)) for _ in range(5)]
    await planner.called.wait()
    planner.answer.set()
    failed = await asyncio.gather(*tasks, return_exceptions=True)
    assert planner.calls == 1
    assert all(isinstance(error, ModelUnavailable) for error in failed)
    assert await flights.share("k", planner, timeout_s=10) == (GOOD, False)


async def test_the_next_one_takes_over_where_the_first_goes_away() -> None:
    flights, planner = SingleFlight(SystemClock()), Planner(GOOD, GOOD)
    first = asyncio.create_task(flights.share("k", planner, timeout_s=10))
    await planner.called.wait()
    others = [asyncio.create_task(flights.share("k", planner, timeout_s=10)) for _ in range(5)]
    first.cancel()
    await asyncio.wait([first])
    planner.answer.set()
    shared = await asyncio.gather(*others)
    assert planner.calls == 2
    assert sum(elsewhere for _, elsewhere in shared) == 4


async def test_waiting_ends_with_the_deadline() -> None:
    flights, planner = SingleFlight(SystemClock()), Planner(GOOD)
    first = asyncio.create_task(flights.share("k", planner, timeout_s=10))
    await planner.called.wait()
    with pytest.raises(ModelUnavailable):
        await flights.share("k", planner, timeout_s=0.01)
    planner.answer.set()
    assert await first == (GOOD, False)


async def test_what_was_made_is_shared_for_a_moment() -> None:
    clock = FakeClock()
    flights, planner = SingleFlight(clock, grace_s=2), Planner(GOOD, GOOD)
    planner.answer.set()
    await flights.share("k", planner, timeout_s=10)
    clock.advance(2)
    assert await flights.share("k", planner, timeout_s=10) == (GOOD, True)
    clock.advance(0.1)
    assert await flights.share("k", planner, timeout_s=10) == (GOOD, False)
    assert planner.calls == 2
