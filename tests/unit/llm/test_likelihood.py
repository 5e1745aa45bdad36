"""How likely a model found its statement, from what the provider tells of its tokens."""

from __future__ import annotations

import math

import pytest
from langchain_core.messages import AIMessage

from clearway.llm.planning.replies import with_likelihood
from clearway.plans import SqlPlan
from clearway.semantics.types import Abstention

pytestmark = pytest.mark.unit

PLAN = SqlPlan(source="model", source_id="w", sql="SELECT 1", stated_confidence=0.9)
TOKENS = [
    ('{"', 0.5),
    ('sql": "', 0.9),
    ("SELECT", 0.8),
    (' 1", "', 0.6),
    ('confidence": 0.9}', 0.1),
]


def answer(told: object) -> AIMessage:
    return AIMessage("{}", response_metadata={"logprobs": told})


def test_it_is_the_geometric_mean_over_the_statement_alone() -> None:
    content = [{"token": token, "logprob": math.log(p)} for token, p in TOKENS]

    found = with_likelihood(PLAN, answer({"content": content}))

    assert isinstance(found, SqlPlan)
    assert found.token_probability == pytest.approx((0.5 * 0.9 * 0.8 * 0.6) ** 0.25, abs=1e-4)


@pytest.mark.parametrize(
    "told", [None, {}, {"content": None}, {"content": []}, {"content": [{"token": "x"}]}, []]
)
def test_what_is_not_told_is_not_guessed(told: object) -> None:
    assert with_likelihood(PLAN, answer(told)) == PLAN


def test_an_abstention_has_none() -> None:
    no = Abstention(reason="no")

    assert with_likelihood(no, answer({"content": []})) is no
