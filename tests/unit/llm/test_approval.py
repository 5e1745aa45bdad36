"""What the policy decides, the router does: for the first choice and for every fallback."""

from __future__ import annotations

import pytest

from clearway.errors import ApprovalNeeded, ConfigurationError, PolicyDenied
from clearway.llm import Router, open_router
from clearway.llm.pace import DrivenPace
from clearway.llm.policy.decide import RulePolicy, facts_of
from clearway.llm.policy.rules import load_rules
from clearway.llm.providers.registry import Registry
from clearway.resilience.clock import FakeClock
from tests.unit.llm.conftest import request, route

pytestmark = [pytest.mark.unit, pytest.mark.anyio]


def router() -> Router:
    calm = {"seed": 42, "failure_rate": 0.0, "latency_ms": 1}
    far = route("far", clearance="restricted", simulated=calm, residency="us")
    near = route("near", clearance="restricted", simulated=calm, residency="local")
    registry = Registry([far.provider, near.provider])
    facts = [facts_of(each) for each in registry]
    clock = FakeClock()
    return open_router(
        registry=registry,
        routes={"far": [far], "near": [near]},
        environment={},
        policy=RulePolicy(load_rules(), facts),
        clock=clock,
        pace=DrivenPace(clock),
    )


def test_restricted_data_goes_to_no_model_that_is_not_here() -> None:
    said = r"far: policy [0-9a-f]{8} does not allow it: rule restricted-stays-local \(Restricted"
    with pytest.raises(PolicyDenied, match=said):
        router().preparing.decide(request(sensitivity="restricted"))


def test_a_high_risk_waits_for_a_person() -> None:
    decides = router().preparing
    said = "A person must approve this first, says policy [0-9a-f]{8}: high-risk-is-approved: A"
    with pytest.raises(ApprovalNeeded, match=said):
        decides.decide(request(risk="high"))
    assert decides.decide(request(risk="high", approved=True)).provider in ("far", "near")


def test_a_breaker_profile_nobody_knows_is_told_at_the_start() -> None:
    odd = route("odd", breaker="soft")
    with pytest.raises(ConfigurationError, match=r"'odd'.*'soft'; there are .*gateway"):
        open_router(registry=Registry([odd.provider]), routes={"odd": [odd]}, environment={})
