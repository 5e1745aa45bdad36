"""The query history in a real Postgres: uses, cost, retention, and what takes plans away."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest

from clearway.errors import CacheError, StoreUnavailable
from clearway.graph.ports import Asked, PlanRun
from clearway.identity import Principal
from clearway.outcome import Usage
from clearway.resilience.clock import FakeClock
from clearway.semantics.frame import Frame
from clearway.stores.plans.history import PlanHistory
from clearway.stores.plans.process import ProcessPlans
from clearway.stores.plans.tier import KeptPlan
from clearway.stores.plans.upkeep import PlanUpkeep
from clearway.stores.postgres import Database
from tests.ports import plan

pytestmark = [pytest.mark.integration, pytest.mark.anyio]

PAID = PlanRun(
    execution_ms=12.5,
    row_count=3,
    usage=Usage(model="m", prompt_tokens=700, completion_tokens=40, cost_usd=Decimal("0.0031")),
)


class Kept:
    """A history, its clock, and a short way to fill it."""

    def __init__(self, database: Database) -> None:
        self.clock = FakeClock()
        self.history = PlanHistory(database.pool, self.clock, retention_days=30)
        self.fast = ProcessPlans(self.clock)
        self.upkeep = PlanUpkeep(self.clock, self.fast, self.history, retention_days=30)

    async def add(self, key: str, question: str = "revenue", *, run: PlanRun = PAID) -> KeptPlan:
        asked = Asked(
            frame=Frame(text=question), principal=Principal(user="ada"), at=self.clock.now(),
            zone="UTC",
        )  # fmt: skip
        kept = KeptPlan(
            plan=plan(f"select '{key}'", source="model"),
            question=question,
            kept_at=self.clock.now(),
        )
        await self.history.record(key, asked, kept, run)
        await self.fast.put(key, kept)
        return kept


@pytest.fixture
def kept(database: Database) -> Kept:
    return Kept(database)


async def test_a_plan_is_found_again_as_it_was(kept: Kept) -> None:
    made = await kept.add("k")
    assert await kept.history.lookup("k") == made
    assert await kept.history.lookup("other") is None


async def test_uses_times_tokens_and_cost_are_on_record(kept: Kept) -> None:
    await kept.add("k")
    kept.clock.advance(60)
    assert await kept.history.used("k", run=PlanRun(execution_ms=8.0, row_count=4))
    (entry,) = await kept.history.entries()
    assert (entry.use_count, entry.execution_ms, entry.row_count) == (2, 8.0, 4)
    assert (entry.model, entry.prompt_tokens, entry.completion_tokens) == ("m", 700, 40)
    assert entry.cost_usd == Decimal("0.0031")
    assert entry.last_used_at - entry.created_at == timedelta(seconds=60)
    assert entry.last_used_at == kept.clock.now()


async def test_a_fresh_plan_replaces_the_old_one_and_its_cost_adds_up(kept: Kept) -> None:
    await kept.add("k")
    await kept.add("k")
    (entry,) = await kept.history.entries()
    assert (entry.use_count, entry.prompt_tokens, entry.cost_usd) == (2, 1400, Decimal("0.0062"))


async def test_retention_counts_from_the_last_use(kept: Kept) -> None:
    await kept.add("used")
    await kept.add("unused")
    kept.clock.advance(timedelta(days=29).total_seconds())
    await kept.history.used("used", run=PAID)
    assert await kept.history.cleanup() == 0
    kept.clock.advance(timedelta(days=1).total_seconds())
    assert await kept.history.lookup("unused") is None, "expired, though not yet cleaned up"
    assert await kept.history.cleanup() == 1
    assert await kept.history.lookup("used") is not None


async def test_a_use_of_what_is_gone_is_told(kept: Kept) -> None:
    await kept.add("k")
    assert await kept.history.drop("k", "other") == 1
    assert not await kept.history.used("k", run=PAID)


@pytest.mark.parametrize(
    ("pattern", "left"),
    [
        ("REVENUE", {"orders today"}),
        ("revenue*", {"orders today", "total revenue"}),
        ("*today", {"revenue by region", "total revenue"}),
        ("%", {"revenue by region", "total revenue", "orders today"}),
        (None, set()),
    ],
)
async def test_invalidating_by_pattern(kept: Kept, pattern: str | None, left: set[str]) -> None:
    questions = ("revenue by region", "total revenue", "orders today")
    for question in questions:
        await kept.add(question, question)
    assert await kept.upkeep.invalidate(pattern=pattern) == len(questions) - len(left)
    assert {entry.question for entry in await kept.history.entries()} == left
    assert {each.question for each in (await kept.fast.entries()).values()} == left


async def test_invalidating_by_age(kept: Kept) -> None:
    await kept.add("old", "revenue")
    kept.clock.advance(7200)
    await kept.add("new", "revenue")
    assert await kept.upkeep.invalidate(pattern="orders", older_than_hours=1) == 0
    assert await kept.upkeep.invalidate(older_than_hours=1) == 1
    assert [entry.key for entry in await kept.history.entries()] == ["new"]


async def test_optimising_drops_the_fifth_worth_least(kept: Kept) -> None:
    for number in range(10):
        await kept.add(f"k{number}")
        for _ in range(number):
            await kept.history.used(f"k{number}", run=PAID)
    assert await kept.upkeep.optimize() == 2
    assert {entry.key for entry in await kept.history.entries()} == {
        f"k{number}" for number in range(2, 10)
    }
    assert set(await kept.fast.entries()) == {f"k{number}" for number in range(2, 10)}


async def test_stats_tell_what_is_kept(kept: Kept) -> None:
    await kept.add("a")
    await kept.add("b")
    await kept.history.used("a", run=PAID)
    found = await kept.upkeep.stats()
    assert found.size is not None
    assert (found.tier, found.size.entries) == ("process", 2)
    assert (found.history_entries, found.history_uses) == (2, 3)


async def test_without_postgres_a_request_hears_cache_error_and_an_operator_the_reason(
    kept: Kept, database: Database
) -> None:
    await database.pool.close()
    with pytest.raises(CacheError):
        await kept.history.lookup("k")
    with pytest.raises(StoreUnavailable):
        await kept.history.entries()
    assert kept.history.stats.errors == 1
