"""The plan cache over a real Redis and a real Postgres: what is kept where, and what is not."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace

import pytest

from clearway.errors import CacheError
from clearway.graph.ports import Asked, PlanRun, Recalled
from clearway.identity import Principal
from clearway.llm.guards.guardrails import PatternRedactor
from clearway.plans import SqlPlan
from clearway.resilience.clock import FakeClock
from clearway.semantics.frame import Frame, MeasureSlot
from clearway.stores.plans.cache import TieredPlanCache
from clearway.stores.plans.history import PlanHistory
from clearway.stores.plans.key import KeyScope
from clearway.stores.plans.process import ProcessPlans
from clearway.stores.plans.redis import open_redis_plans
from clearway.stores.postgres import Database
from clearway.stores.redis_client import PAUSE_S
from tests.ports import plan
from tests.redis_server import RedisServer

pytestmark = [pytest.mark.integration, pytest.mark.anyio]

RUN = PlanRun(execution_ms=5.0, row_count=1)
REVENUE = Frame(
    text="revenue", subject="shop.orders", measures=(MeasureSlot(named="revenue", span=(0, 7)),)
)


@pytest.fixture
def redis(running: RedisServer) -> RedisServer:
    running.kill()
    running.start()
    return running


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


def open_cache(clock: FakeClock, database: Database, fast: object) -> TieredPlanCache:
    return TieredPlanCache(
        clock,
        PatternRedactor(),
        scope=KeyScope(source_id="shop", catalog_version="1"),
        fast=fast,  # type: ignore[arg-type]  # a tier of either kind
        history=PlanHistory(database.pool, clock),
        max_bytes=2_000,
    )


@pytest.fixture
async def cache(
    redis: RedisServer, clock: FakeClock, database: Database
) -> AsyncIterator[TieredPlanCache]:
    async with open_redis_plans(redis.url, clock, ttl_s=1800) as tier:
        yield open_cache(clock, database, tier)


def asked(frame: Frame = REVENUE, user: str = "ada") -> Asked:
    return Asked(
        frame=frame, principal=Principal(user=user), at=FakeClock().now(), zone="Europe/Paris"
    )


def proposed(sql: str = "select sum(total) from shop.orders") -> SqlPlan:
    return plan(sql, source="model")


async def found(cache: TieredPlanCache, question: Asked | None = None) -> Recalled:
    recalled = await cache.recall(question or asked())
    assert recalled.plan is None or recalled.plan.source == "cache"
    return recalled


async def test_redis_answers_before_the_history(cache: TieredPlanCache) -> None:
    assert (await found(cache)).plan is None
    await cache.remember(asked(), proposed(), RUN)
    recalled = await found(cache)
    assert (recalled.tier, recalled.trouble) == ("redis", "")
    assert recalled.plan == proposed().model_copy(update={"source": "cache"})
    assert (cache.fast.stats.hits, cache.fast.stats.misses, cache.fast.stats.sets) == (1, 1, 1)


async def test_what_redis_lost_comes_from_the_history_and_is_fast_again(
    cache: TieredPlanCache, redis: RedisServer
) -> None:
    await cache.remember(asked(), proposed(), RUN)
    redis.kill()
    redis.start()
    recalled = await found(cache)
    assert recalled.tier == "history"
    assert recalled.plan is not None
    await cache.remember(asked(), recalled.plan, replace(RUN, tier="history"))
    assert (await found(cache)).tier == "redis"
    (entry,) = await cache.history.entries()
    assert (entry.use_count, entry.planned_by) == (2, "model")


async def test_without_redis_the_history_answers_and_the_trouble_is_told(
    cache: TieredPlanCache, redis: RedisServer, clock: FakeClock
) -> None:
    await cache.remember(asked(), proposed(), RUN)
    redis.kill()
    recalled = await found(cache)
    assert recalled.tier == "history"
    assert "Redis" in recalled.trouble
    other = asked(replace(REVENUE, limit=3))
    with pytest.raises(CacheError, match="Redis"):
        await cache.remember(other, proposed(), RUN)
    assert (await found(cache, other)).tier == "history", "the history has it all the same"
    redis.start()
    clock.advance(PAUSE_S)
    assert (await found(cache)).trouble == ""


async def test_without_any_tier_the_question_is_planned(
    cache: TieredPlanCache, redis: RedisServer, database: Database
) -> None:
    redis.kill()
    await database.pool.close()
    recalled = await found(cache)
    assert recalled.plan is None
    assert "Redis" in recalled.trouble
    assert "Postgres" in recalled.trouble


async def test_a_bypassed_run_is_on_record_and_redis_hears_nothing(
    cache: TieredPlanCache,
) -> None:
    await cache.remember(asked(), proposed(), replace(RUN, bypassed=True))
    assert await cache.fast.entries() == {}
    assert [entry.use_count for entry in await cache.history.entries()] == [1]


@pytest.mark.parametrize("run", [RUN, replace(RUN, result_bytes=2_001)], ids=["plan", "result"])
async def test_what_is_too_large_is_in_the_history_only(
    cache: TieredPlanCache, run: PlanRun
) -> None:
    sql = "select 1" if run.result_bytes else f"select '{'x' * 2_000}'"
    await cache.remember(asked(), proposed(sql), run)
    assert await cache.fast.entries() == {}
    assert cache.fast.stats.too_large == 1
    recalled = await found(cache)
    assert recalled.tier == "history"
    assert recalled.plan is not None
    await cache.remember(asked(), recalled.plan, replace(run, tier="history"))
    assert await cache.fast.entries() == {}, "using it does not make it smaller"


async def test_a_forgotten_plan_is_nowhere(cache: TieredPlanCache) -> None:
    await cache.remember(asked(), proposed(), RUN)
    await cache.forget(asked())
    assert (await found(cache)).plan is None


async def test_what_another_process_took_away_goes_here_with_its_next_use(
    clock: FakeClock, database: Database
) -> None:
    here, there = (open_cache(clock, database, ProcessPlans(clock)) for _ in range(2))
    await here.remember(asked(), proposed(), RUN)
    await there.forget(asked())
    recalled = await found(here)
    assert recalled.tier == "process"
    assert recalled.plan is not None
    await here.remember(asked(), recalled.plan, replace(RUN, tier="process"))
    assert (await found(here)).plan is None


async def test_other_people_and_other_questions_find_nothing(cache: TieredPlanCache) -> None:
    mine = replace(REVENUE, scope="mine")
    await cache.remember(asked(mine), proposed(), RUN)
    assert (await found(cache, asked(mine, user="bob"))).plan is None
    assert (await found(cache, asked(replace(REVENUE, scope="all")))).plan is None
    assert (await found(cache, asked(mine))).plan is not None


@pytest.mark.parametrize(
    "question",
    [
        Frame(text="orders of ada.lovelace@example.com"),
        Frame(text="is sk-live-0123456789abcdefghij ours"),
    ],
    ids=["personal", "secret"],
)
async def test_what_is_personal_or_secret_is_kept_nowhere(
    cache: TieredPlanCache, question: Frame
) -> None:
    await cache.remember(asked(question), proposed(), RUN)
    assert await cache.fast.entries() == {}
    assert await cache.history.entries() == []
