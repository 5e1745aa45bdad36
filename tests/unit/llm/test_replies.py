"""Reading a planner model's reply; all replies here are simulated."""

from __future__ import annotations

import json
from typing import Any

import pytest
from langchain_core.messages import AIMessage

from clearway.llm.planning.replies import proposal, read_reply
from clearway.plans import SqlPlan
from clearway.semantics.types import Abstention

pytestmark = pytest.mark.unit

GOOD = {"sql": "SELECT 1", "confidence": 0.8}
OTHER = {"sql": "SELECT 2", "confidence": 0.8}


def read(content: str, **told: Any) -> SqlPlan | Abstention:
    message = AIMessage(
        content,
        response_metadata={
            "finish_reason": told.get("finish", "stop"),
            "logprobs": told.get("logprobs"),
        },
        additional_kwargs={"refusal": told.get("refusal")},
        tool_calls=told.get("tool_calls", []),
    )
    return proposal(message, "shop", max_chars=told.get("max_chars", 1000))


def call(args: dict[str, Any]) -> dict[str, Any]:
    return {"name": "plan", "args": args, "id": "1"}


@pytest.mark.parametrize(
    "content",
    [
        json.dumps(GOOD),
        f"```json\n{json.dumps(GOOD)}\n```",
        f"{{so}} I think {{of}} this: {json.dumps(GOOD)} and that is all {{}}",
        json.dumps({"plan": GOOD}),
        json.dumps({"arguments": json.dumps(GOOD)}),
        json.dumps(GOOD) + json.dumps(GOOD | {"explanation": "again"}),
        json.dumps(GOOD | {"sql": "```sql\nSELECT 1;\n```"}),
    ],
)
def test_one_plan_is_found_whatever_stands_around_it(content: str) -> None:
    plan = read(content)
    assert isinstance(plan, SqlPlan)
    assert plan.sql == "SELECT 1"


def test_a_tool_call_counts_where_nothing_else_is_said() -> None:
    assert isinstance(read("", tool_calls=[call(GOOD)]), SqlPlan)
    with pytest.raises(ValueError, match="no JSON object"):
        read("", tool_calls=[call(GOOD), call(OTHER)])
    plan = read(json.dumps(OTHER), tool_calls=[call(GOOD)])
    assert isinstance(plan, SqlPlan)
    assert plan.sql == "SELECT 2"


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (json.dumps(GOOD) + json.dumps(OTHER), "several plans"),
        ('{"sql": "SELECT 1", "confidence": 0.9, "sql": "SELECT 2"}', "stands twice"),
        ('{"sql": "SELECT 1", "confidence": NaN}', "confidence"),
        ('{"sql": "SELECT 1", "confidence": 1e9}', "confidence"),
        ('{"sql": 1, "confidence": 1}', "sql"),
        ("x" * 1001, "1001 characters"),
        ("{" * 1000, "no JSON object"),
        ('{"a":' * 200, "no JSON object"),
    ],
)
def test_what_cannot_be_read_says_why(content: str, why: str) -> None:
    with pytest.raises(ValueError, match=why):
        read(content)


def test_a_cut_reply_is_told_to_be_shorter_unless_its_plan_is_whole() -> None:
    with pytest.raises(ValueError, match="cut off"):
        read(json.dumps(GOOD)[:12], finish="length")
    assert isinstance(read(json.dumps(GOOD) + " And", finish="length"), SqlPlan)


@pytest.mark.parametrize("told", [{"refusal": "no"}, {"finish": "content_filter"}])
def test_a_refusal_is_the_models_no_even_with_a_plan(told: dict[str, str]) -> None:
    refused = read(json.dumps(GOOD), **told)
    assert refused == Abstention(reason="The model declined to plan this question.")


def test_a_deep_reply_does_not_exhaust_the_stack() -> None:
    with pytest.raises(ValueError, match="no JSON object"):
        read_reply('{"a":' * 20_000)


@pytest.mark.parametrize("logprob", [float("nan"), float("-inf"), "x", None])
def test_a_likelihood_that_is_no_number_is_none(logprob: object) -> None:
    tokens = [{"token": part, "logprob": logprob} for part in ('{"sql": ', '"SELECT 1"')]
    plan = read(json.dumps(GOOD), logprobs={"content": tokens})
    assert isinstance(plan, SqlPlan)
    assert plan.token_probability is None
