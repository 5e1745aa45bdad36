"""The models that plan, as the settings name them; every reply here is simulated."""

from __future__ import annotations

import json
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from clearway.errors import BudgetExceeded, ConfigurationError, ModelLimited, ModelUnavailable
from clearway.graph.ports import ModelRequest, Spending
from clearway.identity import Principal
from clearway.llm import ChatRequest
from clearway.model_routes import model_named
from clearway.models import model_router, planner_of
from clearway.plans import SqlPlan
from clearway.settings import Settings
from tests.model_server import Reply, model_server

pytestmark = [pytest.mark.integration, pytest.mark.anyio]

GOOD = Reply(json.dumps({"sql": "SELECT 1", "confidence": 0.8, "explanation": "one"}))
ASK = ModelRequest(instructions="Only SELECT.", question="one?", source_id="shop", timeout_s=30)


def settings(**given: Any) -> Settings:
    return Settings(_env_file=None, **given)


async def test_a_named_provider_stands_in_and_is_named_with_its_cost() -> None:
    with model_server(Reply(status=503)) as down, model_server(GOOD) as up:
        named = settings(
            openai_api_key="sk-test", model="gpt-4o", model_base_url=down.url, models=("local",)
        )
        router = model_router(named, {"LOCAL_MODEL_URL": up.url, "LOCAL_MODEL_NAME": "mine"})
        assert router is not None
        plan, usage = await planner_of(named, router).propose(ASK)
        await router.aclose()
    assert isinstance(plan, SqlPlan)
    assert (usage.model, usage.cost_usd) == ("mine", None)  # a model of one's own has no price
    assert len(down.asked) == 1


async def test_a_key_in_the_environment_is_no_consent() -> None:
    with model_server(Reply(status=503)) as down, model_server(GOOD) as up:
        named = settings(openai_api_key="sk-test", model_base_url=down.url)
        router = model_router(named, {"LOCAL_MODEL_URL": up.url})
        assert router is not None
        with pytest.raises(ModelUnavailable):
            await planner_of(named, router).propose(ASK)
        await router.aclose()
        assert up.asked == []


async def test_a_named_provider_is_enough_without_a_key_of_ours() -> None:
    with model_server(GOOD) as up:
        named = settings(models=("local",))
        router = model_router(named, {"LOCAL_MODEL_URL": up.url})
        assert router is not None
        _, usage = await planner_of(named, router).propose(ASK)
        await router.aclose()
    assert (usage.model, usage.cost_usd) == ("qwen2.5-coder", Decimal(0))
    assert model_named(named) == "local"


def test_a_named_provider_without_its_key_is_no_model() -> None:
    assert model_router(settings(models=("mistral",)), {}) is None
    assert model_router(settings(), {"MISTRAL_API_KEY": "k"}) is None


def test_a_provider_nobody_knows_is_told_at_the_start() -> None:
    with pytest.raises(ConfigurationError, match="no provider 'gpt-9'"):
        model_router(settings(models=("gpt-9",)), {})


async def test_a_budget_ends_the_calls_before_they_are_made() -> None:
    with model_server(GOOD) as up:
        named = settings(
            openai_api_key="sk-test",
            model="gpt-4o",
            model_base_url=up.url,
            user_daily_budget_usd="0.0001",
        )
        router = model_router(named, {})
        assert router is not None
        with pytest.raises(ModelUnavailable, match="could cost"):
            await planner_of(named, router).propose(ASK)
        await router.aclose()
        assert up.asked == []


@pytest.mark.parametrize("model", ["gpt-5.1", "a-model-nobody-lists"])
async def test_under_the_cap_of_a_user_every_model_may_be_asked_and_has_a_bound(model: str) -> None:
    """A dollar a day holds a call of a dear model, and of one whose price nobody knows."""
    elsewhere = {"openai_api_key": "sk-test", "model": model, "model_base_url": "http://m.test/v1"}
    asked = ChatRequest(messages=[{"role": "user", "content": "one?"}], order=("configured",))
    bounds = {}
    for cap in ("1", "off", "0.001"):
        router = model_router(settings(**elsewhere, user_daily_budget_usd=cap), {})
        assert router is not None
        try:
            bounds[cap] = router.preparing.job(asked, draw=lambda: 0.5).asking.max_tokens
        except BudgetExceeded as error:
            assert ("price is not known" in error.message) == (model != "gpt-5.1")
    assert bounds == {"1": 4096, "off": None}
    assert settings().user_daily_budget_usd == 1


async def test_who_stands_in_is_told_with_each_model_tried() -> None:
    with model_server(Reply(status=503)) as down, model_server(GOOD) as up:
        named = settings(
            openai_api_key="sk-test", model="gpt-4o", model_base_url=down.url, models=("local",)
        )
        router = model_router(named, {"LOCAL_MODEL_URL": up.url, "LOCAL_MODEL_NAME": "mine"})
        assert router is not None
        _, usage = await planner_of(named, router).propose(ASK)
        await router.aclose()
    assert isinstance(usage, Spending)
    assert [each.detail for each in usage.degradations] == [
        "configured/main is failing.",
        "local answered in place of configured.",
    ]
    assert usage.tried == {"gpt-4o": "failed", "mine": "success"}
    assert len(usage.policy) == 64
    assert "tried" not in usage.model_dump()


async def test_a_call_counts_as_its_askers_and_a_full_window_says_when_it_is_not() -> None:
    with model_server(GOOD, GOOD) as up:
        named = settings(models=("local",), model_user_requests=1)
        router = model_router(named, {"LOCAL_MODEL_URL": up.url})
        assert router is not None
        planner = planner_of(named, router)
        ada, bob = (
            replace(ASK, principal=Principal(user=name, tenant="north"), trace_id=f"of {name}")
            for name in ("ada", "bob")
        )
        await planner.propose(ada)
        await planner.propose(bob)
        with pytest.raises(ModelLimited) as caught:
            await planner.propose(ada)
        await router.aclose()
    assert 0 < float(caught.value.details["retry_after_s"] or 0) <= 60
    assert len(up.asked) == 2
    ledger = router.admission.ledger  # type: ignore[attr-defined]  # counted in this process
    entries = [(e.attempt.tenant, e.attempt.user, e.attempt.trace_id) for e in ledger]
    assert entries == [("north", "ada", "of ada"), ("north", "bob", "of bob")]


async def test_a_vendor_that_asks_to_slow_down_is_a_model_that_fails() -> None:
    with model_server(Reply(status=429)) as slow:
        named = settings(models=("local",))
        router = model_router(named, {"LOCAL_MODEL_URL": slow.url})
        assert router is not None
        with pytest.raises(ModelUnavailable, match="slow down") as caught:
            await planner_of(named, router).propose(ASK)
        await router.aclose()
    assert not isinstance(caught.value, ModelLimited)


async def test_the_best_by_score_is_asked_where_that_is_wanted() -> None:
    with model_server(Reply(status=503)) as dear, model_server(GOOD) as free:
        named = settings(
            openai_api_key="sk-test",
            model="gpt-4o",
            model_base_url=dear.url,
            models=("local",),
            smart_routing=True,
            model_weights={"cost": 10.0},
        )
        router = model_router(named, {"LOCAL_MODEL_URL": free.url})
        assert router is not None
        await planner_of(named, router).propose(ASK)
        await router.aclose()
    assert (len(dear.asked), len(free.asked)) == (0, 1)


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"model_weights": {"price": 1.0}}, "CLEARWAY_MODEL_WEIGHTS: price"),
        ({"provider_ceilings_usd": {"gpt-9": "1"}}, "CLEARWAY_PROVIDER_CEILINGS_USD: .*gpt-9"),
    ],
)
def test_a_wrong_setting_is_told_at_the_start(wrong: dict[str, Any], said: str) -> None:
    with pytest.raises(ConfigurationError, match=said):
        model_router(settings(openai_api_key="sk-test", **wrong), {})
