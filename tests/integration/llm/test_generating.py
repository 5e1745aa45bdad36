"""Artifacts over HTTP: made by a model, or by rules where no model can; nothing is run."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from pathlib import Path

import httpx2
import pytest

from tests import fault_server as faults
from tests.fault_server import Call, FaultServer
from tests.integration.llm.serving import KEYS, serving

pytestmark = [pytest.mark.integration, pytest.mark.anyio]

ADA = {"authorization": "Bearer key-of-ada"}
MOVE = {"intent": "Copy orders to the lake", "sources": ["orders"], "targets": ["lake"]}


async def statement(call: Call) -> None:
    """Answer with SQL."""
    text = json.dumps({"sql": "SELECT count(*) FROM orders", "explanation": "Counts orders."})
    choice = {"index": 0, "message": {"content": text}, "finish_reason": "stop"}
    await call.json({**call.head(), "choices": [choice], "usage": faults.usage(call.model)})


@pytest.fixture
async def client(models: FaultServer, tmp_path: Path) -> AsyncIterator[httpx2.AsyncClient]:
    async with serving(models, tmp_path, environment=KEYS) as client:
        client.headers.update(ADA)
        yield client


async def test_a_model_makes_what_is_asked_for_once(
    client: httpx2.AsyncClient, models: FaultServer
) -> None:
    models.behaves("one", statement)
    asked = {
        "intent": "Write SQL that counts the orders",
        "hints": {"source_schemas": {"orders": ["id", "total"]}},
    }
    made, again = [(await client.post("/v1/generate", json=asked)).json() for _ in range(2)]
    assert made["artifacts"]["sql"].lower().split() == ["select", "count(*)", "from", "orders"]
    assert (made["generated_by"], made["statements"]) == ("one", ["SELECT"])
    assert 0 < made["confidence"] <= 1
    assert [each["cache_hit"] for each in (made, again)] == [False, True]
    assert len(models.asked["one"]) == 1
    (trace,) = (await client.get("/traces")).json()["traces"]
    assert (trace["user"], trace["trace"]) == ("ada", {"one": "success"})


async def test_rules_stand_in_for_models_and_say_so(
    client: httpx2.AsyncClient, models: FaultServer
) -> None:
    models.behaves("one", faults.status(401))
    reply = await client.post("/v1/generate", json=MOVE)
    made = reply.json()
    assert (reply.status_code, made["generated_by"]) == (200, "rule_based_fallback")
    assert made["confidence"] == 0.6
    pipeline = made["artifacts"]["pipeline"]
    assert pipeline["schedule"] == "0 6 * * *"
    assert all({"task_id", "operator"} <= set(task) for task in pipeline["tasks"])
    assert made["degradations"]


async def test_what_cannot_be_made_or_may_not_be_says_why(
    client: httpx2.AsyncClient, models: FaultServer
) -> None:
    wrong = {
        "unknown": {**MOVE, "hint": {}},
        "mode": {**MOVE, "mode": "guess"},
        "max_tokens": {**MOVE, "max_tokens": 10**12},
        "intent": {"intent": "x " * 6_000},
    }
    for name, body in wrong.items():
        reply = await client.post("/v1/generate", json=body)
        assert reply.status_code == 400, name
    denied = await client.post("/v1/generate", json={**MOVE, "risk": "high"})
    assert denied.json()["error"]["code"] == "approval_needed"
    assert "one" not in models.asked


@pytest.mark.parametrize(
    ("more", "statuses"),
    [
        ("", [200, 200, 400]),
        ("artifacts: {fallbacks: [rules], lengths: false}", [200, 200, 200]),
        ("artifacts: {fallbacks: [], input_chars: 5}", [502, 400, 400]),
        ("guards: {input_chars: 5}\nartifacts: {input_chars: 100}", [200, 200, 400]),
    ],
)
async def test_the_file_says_what_stands_in_and_how_long_an_intent_may_be(
    models: FaultServer, tmp_path: Path, more: str, statuses: list[int]
) -> None:
    models.behaves("one", faults.status(401))
    intents = ("Copy", "Copy orders", "Copy orders " * 1_000)
    async with serving(models, tmp_path, more) as client:
        asked = [{**MOVE, "intent": intent} for intent in intents]
        told = [(await client.post("/v1/generate", json=each)).status_code for each in asked]
    assert told == statuses


@pytest.mark.parametrize(("more", "calls"), [("", 1), ("artifacts: {cache: false}", 2)])
async def test_the_file_says_whether_what_was_made_is_kept(
    models: FaultServer, tmp_path: Path, more: str, calls: int
) -> None:
    models.behaves("one", statement)
    asked = {"intent": "Write SQL that counts the orders"}
    async with serving(models, tmp_path, more) as client:
        made = [(await client.post("/v1/generate", json=asked)).json() for _ in range(2)]
    assert [each["cache_hit"] for each in made] == [False, calls == 1]
    assert len(models.asked["one"]) == calls
