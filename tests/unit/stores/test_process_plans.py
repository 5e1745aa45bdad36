"""The fast tier in this process: bounded in time and number."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from clearway.resilience.clock import FakeClock
from clearway.stores.plans.process import ProcessPlans
from clearway.stores.plans.tier import KeptPlan
from tests.ports import plan

pytestmark = [pytest.mark.unit, pytest.mark.anyio]


def kept(sql: str = "select 1") -> KeptPlan:
    return KeptPlan(plan=plan(sql), question="one", kept_at=datetime(2026, 1, 1, tzinfo=UTC))


async def test_a_plan_lives_for_its_time_and_no_longer() -> None:
    clock = FakeClock()
    tier = ProcessPlans(clock, ttl_s=1800)
    await tier.put("k", kept())
    clock.advance(1799.9)
    assert await tier.get("k") == kept()
    clock.advance(0.1)
    assert await tier.get("k") is None
    assert (await tier.size()).entries == 0


async def test_the_one_not_used_for_longest_makes_room() -> None:
    tier = ProcessPlans(FakeClock(), max_entries=2)
    await tier.put("a", kept())
    await tier.put("b", kept())
    await tier.get("a")
    await tier.put("c", kept())
    assert set(await tier.entries()) == {"a", "c"}
    assert tier.stats.evictions == 1


async def test_dropping_counts_what_was_there() -> None:
    tier = ProcessPlans(FakeClock())
    await tier.put("a", kept())
    assert await tier.drop("a", "b") == 1
    assert await tier.get("a") is None
