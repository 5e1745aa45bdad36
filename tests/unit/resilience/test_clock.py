from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest

from clearway.resilience.clock import CountingIds, FakeClock, SystemClock, SystemIds

pytestmark = pytest.mark.unit


def test_the_system_clock_is_in_utc_and_never_goes_back() -> None:
    clock = SystemClock()
    assert clock.now().utcoffset() == timedelta(0)
    assert clock.monotonic() <= clock.monotonic()


def test_a_fake_clock_stands_still_until_it_is_advanced() -> None:
    clock = FakeClock(datetime(2026, 1, 1, 2, tzinfo=timezone(timedelta(hours=2))))
    assert clock.now() == clock.now() == datetime(2026, 1, 1, tzinfo=UTC)

    clock.advance(90.5)

    assert clock.now() == datetime(2026, 1, 1, 0, 1, 30, 500_000, tzinfo=UTC)
    assert clock.monotonic() == 90.5


def test_ids_are_unique_of_one_length_and_hexadecimal() -> None:
    ids = SystemIds()
    made = [ids.trace_id() for _ in range(1000)]
    assert len(set(made)) == 1000
    assert {len(each) for each in made} == {32}
    assert all(int(each, 16) for each in made)


def test_counting_ids_count() -> None:
    ids = CountingIds("t")
    assert [ids.trace_id(), ids.trace_id()] == ["t-1", "t-2"]
