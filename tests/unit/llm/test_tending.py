"""A router that is tended: ceilings of the day make cheaper models come first, and it is said."""

from __future__ import annotations

from decimal import Decimal

import pytest

from clearway.llm import open_router
from clearway.llm.pace import DrivenPace
from clearway.llm.providers.registry import Registry
from clearway.llm.router import Router
from clearway.llm.tending import tend
from clearway.resilience.clock import FakeClock
from tests.attempts import attempt
from tests.unit.llm.conftest import request, route

pytestmark = [pytest.mark.unit, pytest.mark.anyio]

ORDER = ("dear", "cheap")


@pytest.fixture
def router() -> Router:
    clock = FakeClock()
    routes = {
        "dear": [route("dear", price={"input": "9", "output": "60"}, strengths={"analysis": 1.0})],
        "cheap": [route("cheap", price={"input": "0", "output": "0"}, strengths={"analysis": 0.7})],
    }
    registry = Registry(each[0].provider for each in routes.values())
    return open_router(
        registry=registry, routes=routes, environment={}, clock=clock, pace=DrivenPace(clock)
    )


async def reached() -> frozenset[str | None]:
    return frozenset({None, "dear"})


async def test_over_a_ceiling_the_cheaper_of_an_order_comes_first(router: Router) -> None:
    before = router.preparing.job(request(order=ORDER), draw=lambda: 0.5)
    await tend(router, reached)
    after = router.preparing.job(request(order=ORDER), draw=lambda: 0.5)
    assert [each.provider for each in before.selection.ranked] == ["dear", "cheap"]
    assert before.degradations == []
    assert [each.provider for each in after.selection.ranked] == ["cheap", "dear"]
    assert [(each.kind, each.detail) for each in after.degradations] == [
        (
            "limit",
            "Today's ceiling for all models, dear is reached: cheaper models are preferred.",
        )
    ]


async def test_over_a_ceiling_the_cost_decides_whom_the_score_puts_first(router: Router) -> None:
    asked = request(task="analysis")
    assert router.preparing.ranked(asked) == ["dear", "cheap"]
    await tend(router, reached)
    assert router.preparing.ranked(asked) == ["cheap", "dear"]


async def test_attempts_nobody_left_are_settled(router: Router) -> None:
    admission = router.admission
    lost = attempt(lease_s=0.5)
    await admission.enter(lost)
    router.preparing.parts.clock.advance(1)  # type: ignore[attr-defined]  # a driven clock
    await tend(router)
    assert await admission.spent(lost.purses[0]) == (lost.worst_case_usd, Decimal(0))


async def test_a_better_provider_that_is_left_alone_is_not_passed_over_in_silence(
    router: Router,
) -> None:
    waiting = router.preparing.parts.routes["dear"][0]
    router.preparing.waiting.ask(waiting, "it is failing", 30)
    job = router.preparing.job(request(order=ORDER), draw=lambda: 0.5)
    assert [each.provider for each in job.selection.ranked] == ["cheap"]
    assert [each.detail for each in job.degradations] == [
        "dear was not asked: it is failing; it may be asked again in 30 s."
    ]
