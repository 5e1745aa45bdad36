"""The planner model over a real socket; every reply here is simulated."""

from __future__ import annotations

import json
from decimal import Decimal

import pytest

from clearway.errors import ModelUnavailable
from clearway.graph.ports import ModelRequest
from clearway.llm.planning.guarded import GuardedPlanner
from clearway.plans import SqlPlan
from clearway.semantics.types import Abstention
from clearway.settings import Settings
from clearway.wiring import planner_model
from tests.model_server import ModelServer, Reply, model_server

pytestmark = [pytest.mark.integration, pytest.mark.anyio]

GOOD = json.dumps({"sql": "SELECT 1;", "confidence": 0.8, "explanation": "one", "assumptions": []})


def planner(server: ModelServer, **changes: object) -> GuardedPlanner:
    given = {
        "openai_api_key": "sk-test",
        "model_base_url": server.url,
        "model": "gpt-4o",
        **changes,
    }
    made = planner_model(Settings(_env_file=None, **given))  # type: ignore[arg-type]
    assert isinstance(made, GuardedPlanner)
    return made


def request(timeout_s: float = 10.0) -> ModelRequest:
    return ModelRequest(
        instructions="Only SELECT.", question="one?", source_id="shop", timeout_s=timeout_s
    )


async def test_a_reply_becomes_a_plan_with_its_price() -> None:
    with model_server(Reply(GOOD)) as server:
        plan, usage = await planner(server).propose(request())
    assert isinstance(plan, SqlPlan)
    assert (plan.sql, plan.source, plan.stated_confidence) == ("SELECT 1", "model", 0.8)
    assert (usage.prompt_tokens, usage.completion_tokens) == (100, 20)
    assert usage.cost_usd == Decimal("100") * Decimal("2.5") / 10**6 + Decimal(20) * 10 / 10**6


async def test_it_asks_for_structured_output_and_keeps_the_question_apart() -> None:
    with model_server(Reply(GOOD)) as server:
        await planner(server).propose(request())
    (asked,) = server.asked
    assert asked["response_format"]["type"] == "json_schema"
    assert [message["role"] for message in asked["messages"]] == ["system", "user"]
    assert "one?" not in asked["messages"][0]["content"]


@pytest.mark.parametrize(
    "reply", [f"```json\n{GOOD}\n```", f"Here you are:\n{GOOD}\nEnjoy!"], ids=["fenced", "prose"]
)
async def test_wrapping_does_not_hide_a_plan(reply: str) -> None:
    with model_server(Reply(reply)) as server:
        plan, _ = await planner(server).propose(request())
    assert isinstance(plan, SqlPlan)


@pytest.mark.parametrize("bad", ["I cannot.", '{"sql": 1}', '{"sql": "x", "confidence": 7}', "{"])
async def test_an_unreadable_reply_is_shown_to_the_model_once(bad: str) -> None:
    with model_server(Reply(bad), Reply(GOOD)) as server:
        plan, usage = await planner(server).propose(request())
    assert isinstance(plan, SqlPlan)
    assert usage.prompt_tokens == 200
    assert "not the JSON asked for" in server.asked[1]["messages"][-1]["content"]


async def test_two_unreadable_replies_are_the_end_of_it() -> None:
    with (
        model_server(Reply("no"), Reply("still no")) as server,
        pytest.raises(ModelUnavailable, match="did not reply with a plan"),
    ):
        await planner(server).propose(request())


async def test_an_empty_statement_is_an_honest_no() -> None:
    reply = json.dumps({"sql": " ", "confidence": 0.0, "explanation": "No table records churn."})
    with model_server(Reply(reply)) as server:
        plan, _ = await planner(server).propose(request())
    assert plan == Abstention(reason="No table records churn.")


@pytest.mark.parametrize("status", [401, 429, 500, 503])
async def test_an_http_error_names_its_status_and_is_not_retried_here(status: int) -> None:
    with (
        model_server(Reply(status=status)) as server,
        pytest.raises(ModelUnavailable) as caught,
    ):
        await planner(server).propose(request())
    assert caught.value.details["status"] == status
    assert len(server.asked) == 1
    assert "sk-test" not in str(caught.value.to_dict())


async def test_silence_ends_with_the_time_that_was_given() -> None:
    with (
        model_server(Reply(silent=True)) as server,
        pytest.raises(ModelUnavailable, match="within"),
    ):
        await planner(server).propose(request(timeout_s=0.2))


async def test_nobody_listening_is_unavailable() -> None:
    with model_server() as server:
        gone = planner(server)
    with pytest.raises(ModelUnavailable, match="cannot be reached"):
        await gone.propose(request())


async def test_an_unknown_price_is_not_zero() -> None:
    with model_server(Reply(GOOD)) as server:
        _, usage = await planner(server, model="nobody/unheard-of").propose(request())
    assert usage.cost_usd is None


def test_without_a_key_there_is_no_model() -> None:
    assert planner_model(Settings(_env_file=None)) is None  # type: ignore[call-arg]
