"""What the policy requires is hidden, whatever guards are switched off."""

from __future__ import annotations

import json

import pytest

from clearway.llm import open_router
from clearway.llm.guards.guardrails import PatternGuardrails
from clearway.llm.policy.decide import RulePolicy, facts_of
from clearway.llm.policy.rules import load_rules
from clearway.llm.ports import Guardrails, Sensitivity
from clearway.llm.providers.registry import Registry
from tests.unit.llm.conftest import request, route
from tests.unit.llm.test_sharing import Echo

pytestmark = [pytest.mark.unit, pytest.mark.anyio]

TEXT = "Write to ada@example.com with sk-abcdefghijklmnop1234"


@pytest.mark.parametrize("guardrails", [None, PatternGuardrails(secrets=False, personal=False)])
@pytest.mark.parametrize(
    ("sensitivity", "told"),
    [
        ("internal", TEXT),
        ("confidential", "Write to <EMAIL_1> with <API_KEY_1>"),
        ("restricted", "Write to <EMAIL_1> with <API_KEY_1>"),
    ],
)
async def test_a_policy_outranks_a_switch(
    guardrails: Guardrails | None, sensitivity: Sensitivity, told: str
) -> None:
    place = {"name": "here", "base_url": "http://here.test/v1", "key_required": False}
    near = route(
        "near",
        clearance="restricted",
        residency="local",
        endpoint="here",
        endpoints=[{**place, "residency": ["local"]}],
    )
    registry, echo = Registry([near.provider]), Echo()
    router = open_router(
        registry=registry,
        routes={"near": [near]},
        environment={},
        transport=echo,
        policy=RulePolicy(load_rules(), map(facts_of, registry)),
        guardrails=guardrails,
    )
    reply = await router.generate(request(TEXT, sensitivity=sensitivity))
    (asked,) = echo.asked
    assert asked["messages"][-1]["content"] == told
    assert TEXT in json.dumps(reply.text)


def test_guards_that_are_on_stay_on() -> None:
    every = PatternGuardrails()
    assert every.covering(frozenset({"pii"})) is every
    personal = PatternGuardrails(secrets=False).covering(frozenset({"secrets"}))
    assert personal.hide(TEXT).kinds == {"EMAIL": 1, "API_KEY": 1}
