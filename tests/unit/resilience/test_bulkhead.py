from __future__ import annotations

import asyncio

import pytest

from clearway.errors import RateLimitError
from clearway.resilience.bulkhead import Bulkhead, BulkheadStats

pytestmark = [pytest.mark.unit, pytest.mark.anyio]


async def hold(bulkhead: Bulkhead, release: asyncio.Event, entered: list[int], who: int) -> None:
    async with bulkhead.place():
        entered.append(who)
        await release.wait()


async def test_so_many_run_so_many_wait_and_the_rest_are_turned_away() -> None:
    bulkhead = Bulkhead("things", limit=2, queue=1, wait_s=60)
    release, entered = asyncio.Event(), list[int]()
    tasks = [asyncio.create_task(hold(bulkhead, release, entered, who)) for who in range(3)]
    while bulkhead.stats() != BulkheadStats(running=2, waiting=1, rejected=0):
        await asyncio.sleep(0)
    with pytest.raises(RateLimitError) as caught:
        async with bulkhead.place():
            raise AssertionError("there was no place")
    assert caught.value.retry_after_s == 60
    release.set()
    await asyncio.gather(*tasks)
    assert entered == [0, 1, 2]
    assert bulkhead.stats() == BulkheadStats(running=0, waiting=0, rejected=1)


async def test_a_place_that_does_not_come_in_time_is_refused() -> None:
    bulkhead = Bulkhead("things", limit=1, queue=5, wait_s=0.01)
    async with bulkhead.place():
        with pytest.raises(RateLimitError):
            async with bulkhead.place():
                raise AssertionError("there was no place")
    async with bulkhead.place():
        assert bulkhead.stats().running == 1


async def test_leaving_by_error_or_cancel_gives_the_place_back() -> None:
    bulkhead = Bulkhead("things", limit=1, queue=1, wait_s=60)
    with pytest.raises(ValueError, match="inside"):
        async with bulkhead.place():
            raise ValueError("inside")
    release, entered = asyncio.Event(), list[int]()
    holding = asyncio.create_task(hold(bulkhead, release, entered, 1))
    waiting = asyncio.create_task(hold(bulkhead, release, entered, 2))
    while bulkhead.stats().waiting != 1:
        await asyncio.sleep(0)
    waiting.cancel()
    holding.cancel()
    await asyncio.gather(holding, waiting, return_exceptions=True)
    assert bulkhead.stats() == BulkheadStats(running=0, waiting=0, rejected=0)
