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
