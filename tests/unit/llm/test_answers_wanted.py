"""Several answers to one request are reserved for like several."""

from __future__ import annotations

from decimal import Decimal

import pytest

from clearway.errors import BudgetExceeded
from clearway.llm import open_router
from clearway.llm.providers.registry import Registry
from tests.unit.llm.conftest import request, route
from tests.unit.llm.test_sharing import Echo

pytestmark = [pytest.mark.unit, pytest.mark.anyio]


async def test_a_budget_for_one_answer_is_no_budget_for_three() -> None:
    one, echo = route("one", price={"input": "1", "output": "10"}), Echo()
    router = open_router(
        registry=Registry([one.provider]), routes={"one": [one]}, environment={}, transport=echo
    )
    # 100 tokens are $0.001 at most; the prompt is a few.
    asked = request(max_tokens=100, budget_usd=Decimal("0.002"))
    await router.generate(asked)
    with pytest.raises(BudgetExceeded):
        await router.generate(request(max_tokens=100, budget_usd=Decimal("0.002"), extra={"n": 3}))
    assert len(echo.asked) == 1


async def test_who_is_too_dear_for_all_of_them_is_left_out_in_words_and_not_tried() -> None:
    # Each answer has the context to itself: three of 100 tokens fit into 150.
    dear = route("dear", price={"input": "1", "output": "10"}, reliability=1.0, context=150)
    cheap, echo = route("cheap", price={"input": "1", "output": "2"}, context=150), Echo()
    routes = {each.provider.id: [each] for each in (dear, cheap)}
    registry = Registry([dear.provider, cheap.provider])
    router = open_router(registry=registry, routes=routes, environment={}, transport=echo)
    asked = request(max_tokens=100, budget_usd=Decimal("0.002"), extra={"n": 3})
    reply = await router.generate(asked)
    assert (reply.provider, [tried.outcome for tried in reply.attempts]) == ("cheap", ["success"])
    assert "dear: it could cost $0.00" in reply.explanation
