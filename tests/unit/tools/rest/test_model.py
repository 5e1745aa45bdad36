from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from clearway.errors import ModelUnavailable
from clearway.graph.ports import ModelRequest
from clearway.identity import Principal
from clearway.outcome import Usage
from clearway.plans import RestPlan
from clearway.semantics.frame import Period
from clearway.semantics.types import Abstention
from clearway.tools.rest.planning.model import ModelPlanner
from clearway.tools.rest.planning.planner import RulesPlanner
from tests.unit.tools.rest.documents import registry
from tests.unit.tools.rest.inquiries import inquiry

pytestmark = pytest.mark.unit


class Scribe:
    """Replies with what it was given, and keeps what it was told."""

    def __init__(self, reply: Any) -> None:
        self.reply = reply if isinstance(reply, str) else json.dumps(reply)
        self.told = ""

    async def write(self, request: ModelRequest, passages: str) -> tuple[str, Usage]:
        self.told = f"{request.instructions}\n{passages}\n{request.question}"
        return self.reply, Usage(model="scribe", prompt_tokens=5)


async def planned(folder: Path, reply: Any, question: str = "payments of customer 7") -> Any:
    scribe = Scribe(reply)
    chains = RulesPlanner(registry(folder)).chains(question, Principal(user="ann"))
    planner = ModelPlanner(scribe, source_id="services", timeout_s=5)
    return await planner.plan(inquiry(question), chains), scribe


@pytest.mark.anyio
async def test_a_model_names_operations_and_values_only(tmp_path: Path) -> None:
    step = {"operation_id": "payments.listCustomerPayments", "parameters": {"customer_id": 7}}
    proposed, scribe = await planned(tmp_path, {"steps": [step], "confidence": 0.9})
    assert isinstance(proposed.by, RestPlan)
    assert proposed.by.steps[0].shown == "payments.listCustomerPayments(customer_id=7)"
    assert (proposed.by.source, proposed.usage.prompt_tokens) == ("model", 5)
    assert "payments.listCustomerPayments" in scribe.told
    assert "example.com" not in scribe.told, "a model is told no address"


@pytest.mark.anyio
@pytest.mark.parametrize(
    "reply",
    [
        "no JSON at all",
        "{broken",
        {"steps": [{"url": "https://evil.example"}]},
        {"steps": [{"operation_id": "x", "url": "https://evil.example"}]},
        {"steps": [{"operation_id": "x"}] * 9},
        {"steps": "x"},
        {"steps": [{"operation_id": "x"}], "confidence": "very"},
    ],
)
async def test_what_is_no_plan_is_not_taken_for_one(tmp_path: Path, reply: Any) -> None:
    with pytest.raises(ModelUnavailable):
        await planned(tmp_path, reply)


@pytest.mark.anyio
async def test_a_model_may_say_no(tmp_path: Path) -> None:
    proposed, _ = await planned(tmp_path, {"steps": [], "reason": "Which customer?"})
    assert isinstance(proposed.by, Abstention)
    assert proposed.by.reason == "Which customer?"


@pytest.mark.anyio
async def test_without_a_likely_operation_no_model_is_asked(tmp_path: Path) -> None:
    proposed, scribe = await planned(tmp_path, {"steps": []}, "weather in Paris")
    assert isinstance(proposed.by, Abstention)
    assert scribe.told == ""


@pytest.mark.anyio
async def test_a_model_is_told_the_stretch_of_time_resolved(tmp_path: Path) -> None:
    scribe = Scribe({"steps": []})
    chains = RulesPlanner(registry(tmp_path)).chains("list payments", Principal(user="ann"))
    day = datetime(2026, 3, 1, tzinfo=UTC)
    period = Period(start=day, end=None, zone="Europe/Berlin", label="since 1 March")
    asking = inquiry("list payments since 1 March")
    asked = replace(asking.asked, frame=replace(asking.asked.frame, period=period))
    planner = ModelPlanner(scribe, source_id="services", timeout_s=5)

    await planner.plan(asking, chains)
    assert "2026-03-01" not in scribe.told
    await planner.plan(replace(asking, asked=asked), chains)
    assert "from 2026-03-01T00:00:00+00:00 until before open; zone Europe/Berlin" in scribe.told
