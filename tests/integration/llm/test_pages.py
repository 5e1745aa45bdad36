"""The pages about the router: what it knows, decides and did; on a real socket."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx2
import pytest

from clearway.llm.face.serve import Given, open_face
from tests import fault_server as faults
from tests.fault_server import FaultServer
from tests.integration.llm.serving import KEYS, ask, listening, serving

pytestmark = [pytest.mark.integration, pytest.mark.anyio]

PRICED = 'price: {input: "1", output: "3"}, strengths: {sql_generation: 0.9}'
RECORD = {
    "error_type", "category", "severity", "message", "retryable", "details", "timestamp",
}  # fmt: skip
ADA, BOB, OPS = ({"authorization": f"Bearer key-of-{name}"} for name in ("ada", "bob", "ops"))


@pytest.fixture
async def client(models: FaultServer, tmp_path: Path) -> AsyncIterator[httpx2.AsyncClient]:
    """Two providers, served to Ada, Bob and an operator."""
    for name in ("one", "two"):
        models.behaves(name, faults.well)
    url = models.url("two")
    second = f'  - {{id: two, base_url: "{url}", model: two, context: 200000, {PRICED}}}\n'
    async with serving(models, tmp_path, second, environment=KEYS) as client:
        client.headers.update(ADA)
        yield client


async def test_providers_say_what_they_are_and_did(client: httpx2.AsyncClient) -> None:
    await ask(client)
    await ask(client, model="two")
    one, two = (await client.get("/providers")).json()["providers"]
    assert (one["id"], two["id"], two["model"]) == ("one", "two", "two")
    assert two["price_per_million"] == {"input": "1", "output": "3"}
    assert two["capability"] == {
        "strengths": {"sql_generation": 0.9},
        "cost_per_1k_tokens": 0.002,
        "max_context_tokens": 200_000,
        "reliability_score": pytest.approx(0.9524, abs=1e-3),
    }
    assert (two["metrics"]["total_requests"], two["metrics"]["success_rate"]) == (1, 1.0)
    assert float(two["metrics"]["cost_usd"]) == two["metrics"]["total_cost"] > 0
    assert two["endpoints"][0]["last_success"] is not None
    assert "key" not in json.dumps([one, two])


async def test_the_status_of_the_router_counts_what_came_of_calls(
    client: httpx2.AsyncClient, models: FaultServer
) -> None:
    models.behaves("one", faults.status(503))
    await ask(client)
    status = (await client.get("/v1/router/status")).json()["providers"]
    told = {
        name: (each["metrics"]["total_requests"], each["metrics"]["successful_requests"])
        for name, each in status.items()
    }
    assert told["two"] == (1, 1)
    assert told["one"][0] >= 1
    assert told["one"][1] == 0
    assert {each["available"] for each in status.values()} == {True}
    assert set(status["two"]["capability"]) == {
        "strengths", "cost_per_1k_tokens", "max_context_tokens", "reliability_score",
    }  # fmt: skip
    assert {"success_rate", "avg_latency_ms", "avg_cost", "total_cost"} <= set(
        status["two"]["metrics"]
    )


async def test_a_decision_calls_nobody_and_is_kept_until_it_is_cleared(
    client: httpx2.AsyncClient, models: FaultServer
) -> None:
    asked = {"intent": "Write SQL that counts orders", "sources": ["a"], "targets": [{"name": "b"}]}
    first = (await client.post("/v1/router/route", json=asked)).json()
    again = (await client.post("/v1/router/route", json=asked)).json()
    other = (await client.post("/v1/router/route", json={**asked, "sources": []})).json()
    assert (first["provider"], first["fallback_providers"]) == ("two", ["one"])
    assert first["task"] == "sql_generation"
    assert 0 < first["confidence"] <= 1
    assert first["estimated_cost"] > 0 < first["estimated_latency_ms"]
    assert "two suits best" in first["reasoning"]
    assert [each["cached"] for each in (first, again, other)] == [False, True, False]

    refused = await client.post("/v1/router/cache/clear")
    cleared = await client.post("/v1/router/cache/clear", headers=OPS)
    anew = (await client.post("/v1/router/route", json=asked)).json()
    assert (refused.status_code, cleared.json(), anew["cached"]) == (403, {"cleared": 2}, False)
    assert models.asked["one"] == models.asked["two"] == []


MEANINGLESS: list[tuple[str, Any, str]] = [
    ("/v1/router/route", {}, "intent"),
    ("/v1/router/route", {"intent": ""}, "intent"),
    ("/v1/router/route", {"intent": "x", "mode": "guess"}, "mode"),
    ("/v1/router/route", {"intent": "x", "sources": "a"}, "sources"),
    ("/v1/router/route", {"intent": "x", "user": "ada"}, "user"),
    ("/v1/circuit-breakers/reset", {"provider": "three"}, "there are one, two"),
    ("/simulate/failure", {"provider": "three"}, "there are one, two"),
    ("/simulate/failure", {"provider": "one", "kind": "fire"}, "kind"),
    ("/simulate/failure", {"provider": "one", "rate": 2}, "rate"),
    ("/simulate/failure", {"provider": "one", "for_s": 1e9}, "for_s"),
    ("/simulate/failure", {"provider": "one", "for_s": "5m"}, "for_s"),
]


async def test_a_body_that_means_nothing_says_where(client: httpx2.AsyncClient) -> None:
    for path, body, said in MEANINGLESS:
        reply = await client.post(path, json=body, headers=OPS)
        error = reply.json()["error"]
        assert (reply.status_code, error["code"]) == (400, "invalid_request"), body
        assert said in error["message"]
        assert set(error["clearway"]) == RECORD


async def test_what_is_no_json_or_too_much_of_it_is_refused(client: httpx2.AsyncClient) -> None:
    contents = {
        b"{": 400,
        b'{"intent": NaN}': 400,
        b'{"intent": "\\ud800"}': 400,
        b'{"intent": "\xff"}': 400,
        b"[" * 100_000: 400,
        b'"x"': 400,
        b'{"intent": "' + b"x" * 1_000_001 + b'"}': 413,
    }
    for content, status in contents.items():
        reply = await client.post("/v1/router/route", content=content)
        assert reply.status_code == status, content[:20]
        assert reply.json()["error"]["type"] == "invalid_request_error"


async def test_circuits_are_seen_by_all_and_closed_by_admins(
    client: httpx2.AsyncClient, models: FaultServer
) -> None:
    models.behaves("one", faults.status(500))
    for number in range(5):
        await ask(client, f"Question {number}.", model="one")
    status = (await client.get("/v1/circuit-breakers/status")).json()
    one = next(each for each in status["circuit_breakers"] if each["provider"] == "one")
    assert (one["state"], one["endpoint"], one["profile"]) == ("open", "main", "swift")
    assert one["consecutive_failures"] >= 5
    assert one["retry_after_s"] > 0
    assert status["profiles"]["swift"]["consecutive"] == 5

    assert (await client.post("/v1/circuit-breakers/reset")).status_code == 403
    for body in ({"provider": "two"}, {"provider": "one"}, {}):
        reply = await client.post("/v1/circuit-breakers/reset", json=body, headers=OPS)
        expected = 1 if body == {"provider": "one"} else 0
        assert reply.json() == {"provider": body.get("provider"), "closed": expected}
    assert (await client.get("/health")).json()["circuits"]["one/main"] == "closed"


async def test_the_health_of_a_model_alerts_from_the_third_failure_in_a_row(
    client: httpx2.AsyncClient, models: FaultServer
) -> None:
    models.behaves("one", faults.status(401))
    told = []
    for number in range(3):
        await ask(client, f"Question {number}.", model="one")
        told.append((await client.get("/v1/models/health")).json()["models"]["one"])
    assert [(each["consecutive_failures"], each["alerting"]) for each in told] == [
        (1, False), (2, False), (3, True),
    ]  # fmt: skip
    assert (told[-1]["total_requests"], told[-1]["total_failures"]) == (3, 3)
    assert told[-1]["last_success"] is None
    assert datetime.fromisoformat(told[-1]["last_failure"]) > datetime.now(UTC) - timedelta(hours=1)


async def test_admins_make_a_provider_fail_for_a_while(
    client: httpx2.AsyncClient, caplog: pytest.LogCaptureFixture
) -> None:
    asked = {"provider": "one", "kind": "503", "for_s": 60}
    assert (await client.post("/simulate/failure", json=asked)).status_code == 403
    assert (await ask(client)).json()["clearway"]["provider"] == "one"

    on = (await client.post("/simulate/failure", json=asked, headers=OPS)).json()
    failed = (await ask(client, "Another.")).json()["clearway"]
    listed = (await client.get("/simulate/failure", headers=OPS)).json()["drills"]
    off = await client.delete("/simulate/failure", params={"provider": "one"}, headers=OPS)
    well = (await ask(client, "A third.")).json()["clearway"]

    assert (on["by"], on["rate"]) == ("ops", 1.0)
    assert timedelta(0) < datetime.fromisoformat(on["until"]) - datetime.now(UTC)
    assert [each["provider"] for each in listed] == ["one"]
    assert failed["provider"] == "two"
    assert [each["outcome"] for each in failed["attempts"]] == ["failed", "success"]
    assert (off.json()["stopped"], well["provider"]) == (1, "one")
    assert {"drill_started", "drill_failed_a_call", "drill_stopped"} <= set(caplog.messages)


async def test_analytics_add_up_over_providers_and_say_whom_limits_turned_away(
    models: FaultServer, tmp_path: Path
) -> None:
    models.behaves("one", faults.well)
    async with serving(models, tmp_path, "limits: {user_requests: 2}", environment=KEYS) as client:
        client.headers.update(ADA)
        statuses = [(await ask(client, f"Question {n}.")).status_code for n in range(3)]
        analytics = (await client.get("/routing/analytics", headers=BOB)).json()
    assert statuses == [200, 200, 429]
    assert analytics["total"]["total_requests"] == 2
    assert analytics["providers"]["one"]["share"] == 1.0
    assert analytics["outcomes_last_day"] == {"one": {"success": 2}}
    assert analytics["limits_last_day"] == {"allowed": 2, "rejected": 1, "rejection_rate": 0.3333}


async def test_pages_have_the_same_limit_as_calls_counted_apart(
    models: FaultServer, tmp_path: Path
) -> None:
    models.behaves("one", faults.well)
    async with serving(models, tmp_path, "limits: {user_requests: 2}", environment=KEYS) as client:
        client.headers.update(ADA)
        replies = [await client.get("/providers") for _ in range(3)]
        assert (await ask(client)).status_code == 200
        assert (await client.get("/providers", headers=BOB)).status_code == 200
    assert [each.status_code for each in replies] == [200, 200, 429]
    assert 0 < int(replies[-1].headers["retry-after"]) <= 60


async def test_without_keys_an_address_has_a_limit_and_nobody_is_an_admin(tmp_path: Path) -> None:
    own = tmp_path / "providers.yaml"
    well = "{seed: 42, failure_rate: 0, latency_ms: 0}"
    own.write_text(f"version: 1\nproviders:\n  - {{id: simulated, simulated: {well}}}\n")
    simulated = {"CLEARWAY_SIMULATED_PROVIDER": "1"}
    face = open_face(None, Given(environment=simulated, home=tmp_path, providers_path=own))
    async with listening(face) as client:
        statuses = []
        for number in range(61):
            client.headers["x-forwarded-for"] = f"203.0.113.{number}"
            statuses.append((await ask(client, f"Number {number}.")).status_code)
        drill = await client.post("/simulate/failure", json={"provider": "simulated"})
        turned = (await client.get("/routing/analytics")).json()["limits_last_day"]
    assert statuses.count(429) == 1
    assert statuses[-1] == 429
    assert (drill.status_code, drill.json()["error"]["code"]) == (403, "not_allowed")
    assert turned["rejected"] == 1


async def test_who_has_no_key_learns_nothing_but_that_it_lives(client: httpx2.AsyncClient) -> None:
    del client.headers["authorization"]
    for path in ("/providers", "/v1/models", "/v1/circuit-breakers/status", "/routing/analytics"):
        for given in ({}, {"authorization": "Bearer key-of-eve"}, {"authorization": "key"}):
            reply = await client.get(path, headers=given)
            assert (reply.status_code, reply.headers["www-authenticate"]) == (401, "Bearer")
    assert (await client.get("/health")).status_code == 200


async def test_guessing_keys_has_a_limit_that_who_has_one_does_not_share(
    client: httpx2.AsyncClient,
) -> None:
    guesses = [
        (await client.get("/providers", headers={"authorization": f"Bearer {n}"})).status_code
        for n in range(61)
    ]
    assert guesses == [*[401] * 60, 429]
    assert (await client.get("/providers")).status_code == 200
