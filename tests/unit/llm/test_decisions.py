"""A kept decision answers only for who may be sent where it says."""

from __future__ import annotations

from decimal import Decimal

import pytest

from clearway.errors import NoModelAllowed
from tests.unit.llm.conftest import request
from tests.unit.llm.test_approval import router

pytestmark = pytest.mark.unit


def test_a_decision_is_not_another_askers() -> None:
    decides = router().preparing
    asked = {"preference": "far", "budget_usd": Decimal(1)}
    first = decides.decide(request(**asked))
    again = decides.decide(request(**asked))
    poorer = decides.decide(request(**{**asked, "budget_usd": Decimal("0.5")}))
    assert [each.cached for each in (first, again, poorer)] == [False, True, False]
    with pytest.raises(NoModelAllowed):
        decides.decide(request(**asked, residency=frozenset({"eu"})))
