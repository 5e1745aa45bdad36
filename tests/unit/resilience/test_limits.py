from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clearway.identity import Principal
from clearway.resilience.clock import FakeClock
from clearway.resilience.limits import LimitStats, SlidingWindow

pytestmark = [pytest.mark.unit, pytest.mark.anyio]

ZOE = Principal(user="zoe")
MAX = Principal(user="max")


def window(clock: FakeClock, requests: int = 3, **options: int) -> SlidingWindow:
    return SlidingWindow(clock, requests=requests, window_s=60, **options)


async def test_requests_up_to_the_limit_pass_and_the_next_waits() -> None:
    clock = FakeClock()
    limits = window(clock)

    passed = [await limits.admit(ZOE) for _ in range(3)]
    clock.advance(10)

    assert passed == [None, None, None]
    assert await limits.admit(ZOE) == 50


async def test_waiting_as_told_is_enough_and_no_less() -> None:
    clock = FakeClock()
    limits = window(clock, requests=1)
    await limits.admit(ZOE)

    clock.advance(59.999)
    assert await limits.admit(ZOE) is not None
    clock.advance(0.001)
    assert await limits.admit(ZOE) is None


async def test_the_window_slides_instead_of_starting_anew() -> None:
    clock = FakeClock()
    limits = window(clock, requests=2)
    await limits.admit(ZOE)
    clock.advance(50)
    await limits.admit(ZOE)
    clock.advance(10)  # the first has left the window, the second has not

    assert await limits.admit(ZOE) is None
    assert await limits.admit(ZOE) == 50


async def test_a_rejected_request_does_not_count_against_the_caller() -> None:
    clock = FakeClock()
    limits = window(clock, requests=1)
    await limits.admit(ZOE)
    for _ in range(100):
        await limits.admit(ZOE)

    clock.advance(60)
    assert await limits.admit(ZOE) is None


@pytest.mark.parametrize("other", [MAX, Principal(user="zoe", tenant="south")])
async def test_callers_do_not_share_a_limit(other: Principal) -> None:
    limits = window(FakeClock(), requests=1)
    await limits.admit(ZOE)

    assert await limits.admit(other) is None


async def test_roles_and_scopes_do_not_make_another_caller() -> None:
    limits = window(FakeClock(), requests=1)
    await limits.admit(ZOE)

    assert await limits.admit(Principal(user="zoe", roles=frozenset({"admin"}))) is not None


async def test_who_was_idle_for_longest_is_forgotten_first() -> None:
    limits = window(FakeClock(), requests=1, max_callers=2)
    await limits.admit(ZOE)
    await limits.admit(MAX)
    await limits.admit(ZOE)  # rejected, and heard of again
    await limits.admit(Principal(user="ida"))  # max is forgotten

    assert await limits.admit(ZOE) is not None
    assert await limits.admit(MAX) is None


async def test_the_stats_count_both_kinds() -> None:
    limits = window(FakeClock(), requests=3)
    assert limits.stats().rejection_rate == 0

    for _ in range(4):
        await limits.admit(ZOE)

    assert limits.stats() == LimitStats(allowed=3, rejected=1)
    assert limits.stats().rejection_rate == 0.25


@given(st.lists(st.floats(min_value=0, max_value=30), max_size=60), st.integers(1, 5))
async def test_no_stretch_of_a_window_holds_more_than_the_limit(
    pauses: list[float], requests: int
) -> None:
    clock = FakeClock()
    limits = window(clock, requests=requests)
    admitted = []
    for pause in pauses:
        clock.advance(pause)
        if await limits.admit(ZOE) is None:
            admitted.append(clock.monotonic())

    for first, later in zip(admitted, admitted[requests:], strict=False):
        assert later - first >= 60 - 1e-9
