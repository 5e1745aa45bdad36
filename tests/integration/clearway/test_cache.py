"""Asking again: what is reused, for whom, and what happens when a plan or Redis fails."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from itertools import count

import pytest
from pydantic import SecretStr

from clearway import Clearway, Settings
from clearway.graph.ports import Asked, PlanRun
from clearway.outcome import Answered, Outcome
from tests.integration.clearway.conftest import OPERATOR
from tests.integration.clearway.test_model import GOOD, QUESTION
from tests.model_server import model_server
from tests.ports import plan
from tests.redis_server import redis_server

pytestmark = [pytest.mark.integration, pytest.mark.anyio]

REVENUE = "total revenue by region"


@pytest.fixture
def lenient(settings: Settings) -> Settings:
    """The cache is looked at here, not the gate."""
    changes = {
        "confidence_threshold": 0.0,
        "min_confidence_threshold": 0.0,
        "rate_limit_requests": 100_000,
    }
    return settings.model_copy(update=changes)


@pytest.fixture
async def cw(anyio_backend: str, lenient: Settings) -> AsyncIterator[Clearway]:
    async with Clearway.open(lenient, principal=OPERATOR) as opened:
        yield opened


def answered(outcome: Outcome) -> Answered:
    assert isinstance(outcome, Answered), outcome
    return outcome


def asked(cw: Clearway, question: str) -> Asked:
    return Asked(
        frame=cw.read(question),
        principal=OPERATOR,
        at=cw.services.clock.now(),
        zone=cw.services.policy.timezone,
    )


async def test_the_second_time_the_plan_is_reused_and_the_rows_are_fresh(cw: Clearway) -> None:
    first = answered(await cw.ask(REVENUE))
    second = answered(await cw.ask("total revenue per region"))
    assert (first.cache, second.cache) == ("none", "process")
    assert second.plan_source == "cache"
    assert second.result == first.result
    assert [note.detail for note in second.degradations] == ["plan reused from the process cache"]
    (kept,) = await cw.wired.upkeep.history.entries()
    assert (kept.use_count, kept.row_count) == (2, first.result.row_count)


async def test_another_process_finds_it_in_the_history(cw: Clearway, lenient: Settings) -> None:
    await cw.ask(REVENUE)
    async with Clearway.open(lenient, principal=OPERATOR) as other:
        assert answered(await other.ask(REVENUE)).cache == "history"
        assert answered(await other.ask(REVENUE)).cache == "process"


async def test_a_fresh_plan_on_request_is_on_record_all_the_same(cw: Clearway) -> None:
    await cw.ask(REVENUE)
    fresh = answered(await cw.ask(REVENUE, bypass_cache=True))
    assert (fresh.cache, fresh.plan_source) == ("none", "rules")
    (kept,) = await cw.wired.upkeep.history.entries()
    assert kept.use_count == 2
    assert (await cw.cache_stats()).counts["sets"] == 1


@pytest.mark.parametrize(
    "sql",
    ["DELETE FROM demo.sales_fact", "SELECT sum(revenue) / sum(0) AS revenue FROM demo.sales_fact"],
    ids=["refused", "failing"],
)
async def test_a_plan_that_no_longer_passes_or_runs_is_dropped(cw: Clearway, sql: str) -> None:
    run = PlanRun(execution_ms=1.0, row_count=1)
    await cw.services.cache.remember(asked(cw, REVENUE), plan(sql), run)
    assert not isinstance(await cw.ask(REVENUE), Answered)
    assert await cw.wired.upkeep.history.entries() == []
    assert answered(await cw.ask(REVENUE)).cache == "none"


async def test_a_plan_for_one_quarter_serves_every_quarter_region_and_number(
    cw: Clearway,
) -> None:
    await cw.ask("top 3 products by revenue in Europe in Q3 2025")
    other = "top 5 products by revenue in North America in Q4 2025"
    served = answered(await cw.ask(other))
    fresh = answered(await cw.ask(other, bypass_cache=True))
    assert (served.cache, served.cache_match) == ("process", "template")
    assert (served.sql, served.result) == (fresh.sql, fresh.result)
    assert [note.detail for note in served.degradations] == [
        "plan reused from the process cache, its values bound anew"
    ]
    again = answered(await cw.ask("top 3 products by revenue in Europe in Q3 2025"))
    assert again.cache_match == "exact"
    counts = (await cw.cache_stats()).counts
    assert (counts["hits"], counts["template_hits"]) == (2, 1)


async def test_a_template_that_fails_for_one_value_serves_nobody(cw: Clearway) -> None:
    broken = plan(
        "SELECT sum(cost) / (sum(revenue) - sum(revenue)) AS r FROM demo.sales_fact"
        " WHERE region = 'Europe'"
    )
    run = PlanRun(execution_ms=1.0, row_count=1)
    await cw.services.cache.remember(asked(cw, "revenue in Europe"), broken, run)
    assert not isinstance(await cw.ask("revenue in Latin America"), Answered)
    assert answered(await cw.ask("revenue in Europe")).cache == "none"


async def test_a_model_is_not_asked_again_for_another_quarter(lenient: Settings) -> None:
    by_model = (
        "SELECT s.region, SUM(s.revenue) AS revenue FROM demo.sales_fact AS s WHERE s.sale_date"
        " BETWEEN '2025-07-01' AND '2025-09-30' GROUP BY s.region"
    )
    question = "total revenue by region in {}"
    kept = plan(by_model, source="model")
    with model_server() as server:
        keyed = lenient.model_copy(
            update={"openai_api_key": SecretStr("sk-test"), "model_base_url": server.url}
        )
        async with Clearway.open(keyed, principal=OPERATOR) as cw:
            run = PlanRun(execution_ms=1.0, row_count=4)
            await cw.services.cache.remember(asked(cw, question.format("Q3 2025")), kept, run)
            served = answered(await cw.ask(question.format("Q1 2025")))
    assert server.asked == []
    assert served.cache_match == "template"
    assert served.sql is not None
    assert "BETWEEN '2025-01-01' AND '2025-03-31'" in served.sql


async def test_what_asks_the_clock_which_quarter_it_is_is_not_kept(cw: Clearway) -> None:
    moving = plan(
        "SELECT sum(revenue) AS revenue FROM demo.sales_fact"
        " WHERE sale_date >= date_trunc('quarter', now())"
    )
    run = PlanRun(execution_ms=1.0, row_count=1)
    await cw.services.cache.remember(asked(cw, "revenue this quarter"), moving, run)
    assert await cw.wired.upkeep.history.entries() == []


async def test_what_is_invalidated_is_planned_afresh(cw: Clearway) -> None:
    await cw.ask(REVENUE)
    assert await cw.invalidate_cache(pattern="revenue") == 1
    assert answered(await cw.ask(REVENUE)).cache == "none"


async def test_a_hundred_at_once_are_planned_for_once(lenient: Settings) -> None:
    with model_server(GOOD) as server:
        keyed = lenient.model_copy(
            update={"openai_api_key": SecretStr("sk-test"), "model_base_url": server.url}
        )
        async with Clearway.open(keyed, principal=OPERATOR) as cw:
            outcomes = await asyncio.gather(*(cw.ask(QUESTION) for _ in range(100)))
    assert len(server.asked) == 1
    assert len({answered(outcome).result.result_hash for outcome in outcomes}) == 1
    paid = [o.usage.prompt_tokens for o in outcomes if o.usage.prompt_tokens]
    assert paid == [100], "one request pays, the others do not"


async def test_redis_may_die_and_come_back_under_load(lenient: Settings) -> None:
    numbers = count(1)
    with redis_server() as redis:
        shared = lenient.model_copy(update={"redis_url": SecretStr(redis.url)})
        async with Clearway.open(shared, principal=OPERATOR) as cw:
            stats = cw.wired.upkeep.fast.stats

            async def some() -> list[Answered]:
                questions = [REVENUE, f"sales with revenue over {next(numbers)}"] * 4
                return [answered(o) for o in await asyncio.gather(*map(cw.ask, questions))]

            await some()
            assert {o.cache for o in await some()} >= {"redis"}
            dying = asyncio.create_task(some())
            redis.kill()
            await dying
            for outcome in await some():
                assert outcome.cache in ("none", "history")
                assert any("Redis" in note.detail for note in outcome.degradations)
            assert stats.errors > 0
            assert (await cw.cache_stats()).size is None
            assert "Redis does not answer" in (await cw.health())["cache"].state
            redis.start()
            hits = stats.hits
            async with asyncio.timeout(300):
                while stats.hits == hits:
                    await some()
            assert (await cw.cache_stats()).size is not None
