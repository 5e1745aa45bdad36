from __future__ import annotations

import asyncio

import pytest

from clearway.errors import RequestTimeoutError
from clearway.llm.ports import Generation, GenerationFlights
from clearway.llm.sharing.generations import MemoryGenerations, SharedFlights
from clearway.resilience.clock import FakeClock, SystemClock

pytestmark = [pytest.mark.unit, pytest.mark.anyio]

REPLY = Generation(text="42", provider="p", model="m")


class Model:
    """Answers when told to, or fails."""

    def __init__(self, flights: GenerationFlights, error: Exception | None = None) -> None:
        self.flights = flights
        self.error = error
        self.calls = 0
        self.called = asyncio.Event()
        self.answer = asyncio.Event()

    async def ask(self, timeout_s: float = 60) -> Generation:
        async with self.flights.join("k", timeout_s=timeout_s) as seat:
            if seat.landed is not None:
                return seat.landed
            self.calls += 1
            self.called.set()
            await self.answer.wait()
            if self.error is not None:
                raise self.error
            await seat.land(REPLY)
            return REPLY


async def test_a_hundred_ask_and_one_calls() -> None:
    model = Model(SharedFlights(SystemClock()))
    asking = [asyncio.create_task(model.ask()) for _ in range(100)]
    await model.called.wait()
    model.answer.set()

    assert await asyncio.gather(*asking) == [REPLY] * 100
    assert model.calls == 1


async def test_who_waits_for_one_that_went_away_calls_next() -> None:
    model = Model(SharedFlights(SystemClock()))
    first = asyncio.create_task(model.ask())
    await model.called.wait()
    second = asyncio.create_task(model.ask())
    await asyncio.sleep(0)
    first.cancel()
    model.answer.set()

    assert await second == REPLY
    assert model.calls == 2


async def test_one_that_waits_in_vain_is_told_for_what_and_how_long() -> None:
    flights = SharedFlights(SystemClock())
    failing, hanging = Model(flights, ConnectionError("reset")), Model(flights)
    failing.answer.set()
    with pytest.raises(ConnectionError):
        await failing.ask()
    leading = asyncio.create_task(hanging.ask())
    await hanging.called.wait()

    with pytest.raises(RequestTimeoutError, match="last error was ConnectionError") as caught:
        await hanging.ask(timeout_s=0.01)

    details = caught.value.details
    assert (details["key"], details["status"]) == ("k", "under way")
    assert details["last_error"] == "ConnectionError"
    assert isinstance(details["elapsed_s"], float)
    leading.cancel()


async def test_replies_are_kept_until_their_time_is_over() -> None:
    clock = FakeClock()
    cache = MemoryGenerations(clock)
    await cache.put("k", REPLY, ttl_s=300)
    await cache.put("never", REPLY, ttl_s=0)

    clock.advance(299)
    assert await cache.get("k") == REPLY
    clock.advance(1)
    assert await cache.get("k") is None
    assert await cache.get("never") is None
    assert cache.hit_rate == pytest.approx(1 / 3)


async def test_the_reply_not_used_for_longest_goes_first() -> None:
    cache = MemoryGenerations(FakeClock(), max_entries=2)
    await cache.put("a", REPLY, ttl_s=9)
    await cache.put("b", REPLY, ttl_s=9)
    await cache.get("a")
    await cache.put("c", REPLY, ttl_s=9)

    assert [await cache.get(key) for key in "abc"] == [REPLY, None, REPLY]


async def test_what_another_process_kept_is_found_too() -> None:
    clock = FakeClock()
    shared = MemoryGenerations(clock)
    here = MemoryGenerations(clock, beyond=shared)
    there = MemoryGenerations(clock, beyond=shared)

    await there.put("k", REPLY, ttl_s=300)

    assert await here.get("k") == REPLY
    clock.advance(300)
    assert await here.get("k") is None
