"""What is on record: traces, metrics and tasks; of two workers over one database as of one."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any

import httpx2
import pytest
from prometheus_client.parser import text_string_to_metric_families
from pydantic import SecretStr

from clearway.model_stores import open_model_stores
from clearway.resilience.clock import SystemClock
from clearway.stores.postgres import Database
from tests import fault_server as faults
from tests.fault_server import FaultServer
from tests.integration.conftest import settings_for
from tests.integration.llm.serving import EMAIL, KEYS, PLAIN, ask, serving
from tests.redis_server import RedisServer, redis_server
from tests.webhook import webhook

pytestmark = [pytest.mark.integration, pytest.mark.anyio]

ADA, BOB, CAROL, OPS = (
    {"authorization": f"Bearer key-of-{name}"} for name in ("ada", "bob", "carol", "ops")
)
TWO = '  - {{id: two, base_url: "{url}", model: two, price: {{input: "1", output: "3"}}}}\n'


@pytest.fixture
async def client(models: FaultServer, tmp_path: Path) -> AsyncIterator[httpx2.AsyncClient]:
    """Two providers, served to Ada, Bob and an operator."""
    for name in ("one", "two"):
        models.behaves(name, faults.well)
    second = TWO.format(url=models.url("two"))
    async with serving(models, tmp_path, second, environment=KEYS) as client:
        client.headers.update(ADA)
        yield client


async def test_a_trace_names_each_model_and_what_came_of_it(
    client: httpx2.AsyncClient, models: FaultServer
) -> None:
    models.behaves("one", faults.status(401))
    await client.post(
        "/v1/chat/completions",
        json={"messages": [{"role": "user", "content": PLAIN}]},
        headers={"x-correlation-id": f"for {EMAIL}"},
    )
    (trace,) = (await client.get("/traces")).json()["traces"]
    assert trace["trace"] == {"one": "failed", "two": "success"}
    assert [(a["number"], a["outcome"], a["http_status"]) for a in trace["attempts"]] == [
        (1, "failed", 401),
        (2, "success", 200),
    ]
    assert (trace["user"], trace["trace_id"]) == ("ada", "for [EMAIL]")
    assert float(trace["attempts"][1]["cost_usd"]) > 0
    assert trace["attempts"][1]["completion_tokens"] > 0


async def test_traces_are_ones_own_and_for_admins_everybodys(client: httpx2.AsyncClient) -> None:
    await ask(client)
    client.headers.update(BOB)
    for number in range(3):
        await ask(client, f"Question {number}.")

    async def users(headers: dict[str, str], **wanted: Any) -> list[str]:
        reply = await client.get("/traces", params=wanted, headers=headers)
        return [each["user"] for each in reply.json()["traces"]]

    assert await users(ADA) == ["ada"]
    assert await users(BOB, limit=2) == ["bob", "bob"]
    assert await users(OPS) == ["bob", "bob", "bob", "ada"]
    assert await users(OPS, user="ada") == ["ada"]
    theirs = await client.get("/traces", params={"user": "ada"})
    assert theirs.status_code == 403
    for wrong in (
        {"limit": "0"},
        {"limit": "201"},
        {"limit": "all"},
        {"of": "ada"},
        {"trace_id": "a\0"},
    ):
        assert (await client.get("/traces", params=wrong)).status_code == 400


def samples(text: str) -> dict[tuple[str, ...], float]:
    """Return the samples of a scrape by name and labels."""
    return {
        (sample.name, *sorted(sample.labels.values())): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


async def test_metrics_are_text_for_a_scraper_and_json_for_who_asks(
    client: httpx2.AsyncClient, models: FaultServer
) -> None:
    models.behaves("one", faults.status(401))
    await ask(client)
    await ask(client, "Another.", model="two")
    scraped = await client.get("/metrics")
    told = samples(scraped.text)
    assert scraped.headers["content-type"].startswith("text/plain; version=0.0.4")
    assert told["llm_requests_total", "failed", "one"] == 1
    assert told["llm_requests_total", "success", "two"] == 2
    assert told["llm_cost_dollars_total", "two"] > 0
    assert told["llm_tokens_total", "completion", "two"] > 0
    assert told["llm_latency_seconds_count", "two"] == 2
    assert told["llm_latency_seconds_bucket", "+Inf", "two"] == 2
    assert told["llm_latency_seconds_bucket", "524.288", "two"] == 2
    assert told["llm_circuit_breaker_state", "main", "one"] == 0
    assert told["llm_consecutive_failures", "main", "one"] == 1
    assert told["llm_cache_hit_rate", "exact"] == 0
    assert told["llm_limit_requests", "allowed"] == 2

    asked = await client.get("/metrics", headers={"accept": "application/json"})
    assert asked.json()["models"] == {"one": {"failed": 1}, "two": {"success": 2}}


async def test_kept_replies_count_as_hits(models: FaultServer, tmp_path: Path) -> None:
    models.behaves("one", faults.well)
    async with serving(models, tmp_path, "sharing: {ttl_s: 60}") as client:
        for _ in range(4):
            await ask(client)
        told = samples((await client.get("/metrics")).text)
    assert told["llm_cache_hit_rate", "exact"] == 0.75
    assert told["llm_requests_total", "one", "success"] == 1


async def test_a_task_is_done_by_a_model_the_policy_allows(
    client: httpx2.AsyncClient, models: FaultServer
) -> None:
    models.behaves("one", faults.status(401))
    task = {"task": PLAIN, "risk": "low", "sensitivity": "confidential", "preference": "one"}
    done = (await client.post("/execute", json=task)).json()
    assert done["output"] == faults.answer("two")
    assert (done["model"], done["provider"], done["cache_hit"]) == ("two", "two", False)
    assert done["trace"] == {"one": "failed", "two": "success"}
    assert done["policy"]["allowed"] == ["one", "two"]
    assert done["policy"]["guardrails"] == ["pii", "secrets"]
    assert any("guards-are-on" in reason for reason in done["policy"]["reasons"])
    assert {"fallback", "redaction"} <= {each["kind"] for each in done["degradations"]}
    assert float(done["cost_usd"]) > 0
    assert done["latency_ms"] > 0
    assert (done["prompt_tokens"], done["completion_tokens"]) == (
        faults.usage("two")["prompt_tokens"],
        faults.usage("two")["completion_tokens"],
    )
    assert EMAIL not in str(models.asked["two"][0].body)
    (trace,) = (await client.get("/traces", params={"trace_id": done["trace_id"]})).json()["traces"]
    assert trace["trace"] == done["trace"]


async def test_what_the_policy_denies_says_why_and_calls_nobody(
    client: httpx2.AsyncClient, models: FaultServer
) -> None:
    restricted = await client.post("/execute", json={"task": "x", "sensitivity": "restricted"})
    risky = await client.post("/execute", json={"task": "x", "risk": "high"})
    sly = await client.post("/execute", json={"task": "x", "risk": "high", "approved": True})
    assert models.asked["one"] == models.asked["two"] == []
    approved = await client.post(
        "/execute", json={"task": "x", "risk": "high", "approved": True}, headers=OPS
    )
    assert [r.status_code for r in (restricted, risky, sly, approved)] == [403, 403, 403, 200]
    assert restricted.json()["policy"]["allowed"] == []
    assert restricted.json()["error"]["type"] == "permission_error"
    assert "restricted-stays-local" in restricted.json()["error"]["message"]
    assert risky.json()["policy"]["needs_approval"]
    assert approved.json()["policy"]["reasons"] == risky.json()["policy"]["reasons"]


async def test_a_task_nobody_could_do_says_what_was_tried(
    client: httpx2.AsyncClient, models: FaultServer
) -> None:
    models.behaves("one", faults.status(401))
    models.behaves("two", faults.status(403))
    reply = await client.post("/execute", json={"task": "Say hello.", "preference": "one"})
    error = reply.json()["error"]
    assert reply.status_code == 502
    assert reply.json()["trace"] == {"one": "failed", "two": "failed"}
    for said in ("two", "HTTP 403", "trying again may help"):
        assert said in error["message"]
    assert error["clearway"]["details"]["provider"] == "two"
    assert error["clearway"]["retryable"] is True
    poor = await client.post("/execute", json={"task": "Say hello.", "budget": 0.000001})
    assert (poor.status_code, poor.json()["error"]["code"]) == (503, "no_model_allowed")
    assert poor.json()["policy"]["allowed"] == ["two"]
    assert "two: it could cost" in poor.json()["error"]["message"]


@pytest.fixture(scope="module")
def running() -> Iterator[RedisServer]:
    with redis_server() as server:
        yield server


@asynccontextmanager
async def workers(
    database: Database, models: FaultServer, home: Path, redis_url: str | None, hook: str
) -> AsyncIterator[tuple[httpx2.AsyncClient, httpx2.AsyncClient]]:
    """Serve the same file twice over one database, as two machines would."""
    told = {"redis_url": redis_url and SecretStr(redis_url), "alert_webhook_url": SecretStr(hook)}
    settings = settings_for("postgresql://unused").model_copy(update=told)
    async with AsyncExitStack() as stack:
        clients = []
        for name in ("north", "south"):
            stores = await stack.enter_async_context(
                open_model_stores(settings, database, SystemClock())
            )
            folder = home / name
            folder.mkdir()
            shared = {"admission": stores.admission, "records": stores.records}
            more = TWO.format(url=models.url("two")) + "limits: {user_requests: 5}\n"
            clients.append(
                await stack.enter_async_context(
                    serving(models, folder, more, environment=KEYS, **shared)
                )
            )
        north, south = clients
        yield north, south


@pytest.mark.parametrize("redis", [False, True])
async def test_two_workers_report_the_same(
    database: Database, models: FaultServer, tmp_path: Path, running: RedisServer, *, redis: bool
) -> None:
    models.behaves("one", faults.status(401))
    models.behaves("two", faults.well)
    url = running.url if redis else None
    async with (
        webhook() as (hook, alerts),
        workers(database, models, tmp_path, url, hook) as (north, south),
    ):
        for each in (north, south):
            each.headers.update(ADA)
        statuses = [
            (await ask(each, f"Number {n}.")).status_code
            for n, each in enumerate((south, north, south, north, north))
        ]
        await south.get("/traces")
        # Reading from the worker that answered writes what it still owes.
        mine = (await north.get("/traces")).json()
        theirs = (await south.get("/traces")).json()
        statuses.append((await ask(south, "Once more.")).status_code)
        told = {}
        for path in (
            "/v1/models/health", "/v1/circuit-breakers/status", "/routing/analytics",
            "/v1/router/status", "/metrics",
        ):  # fmt: skip
            told[path] = [(await each.get(path, headers=BOB)).text for each in (north, south)]
        closed = (await south.post("/v1/circuit-breakers/reset", headers=OPS)).json()["closed"]

    assert statuses == [*[200] * 5, 429]
    assert [(each["provider"], each["consecutive_failures"]) for each in alerts] == [("one", 3)]
    assert mine == theirs
    tried = {"one": "failed", "two": "success"}
    assert [each["trace"] for each in theirs["traces"]] == [tried] * 5
    assert '"rejected":1' in told["/routing/analytics"][1]
    assert '"consecutive_failures":5' in told["/v1/models/health"][1]
    metrics = [samples(text) for text in told.pop("/metrics")]
    assert metrics[0] == metrics[1]
    assert metrics[1]["llm_requests_total", "success", "two"] == 5
    status = told.pop("/v1/router/status")
    assert '"total_requests":5' in status[1]
    analytics = [json.loads(text) for text in told["/routing/analytics"]]
    assert analytics[0] == analytics[1]
    health = [json.loads(text)["models"]["one"] for text in told["/v1/models/health"]]
    assert health[0]["last_failure"] == health[1]["last_failure"]
    assert '"state":"open"' in told["/v1/circuit-breakers/status"][1]
    assert closed == 1


async def test_two_workers_forget_their_decisions_together(
    database: Database, models: FaultServer, tmp_path: Path
) -> None:
    asked = {"intent": "Count the orders"}
    async with workers(database, models, tmp_path, None, "http://unused.invalid") as both:
        north, south = both
        cached = []
        for each in (north, south, north, None, north, south):
            if each is None:
                await north.post("/v1/router/cache/clear", headers=OPS)
                continue
            decision = await each.post("/v1/router/route", json=asked, headers=CAROL)
            cached.append(decision.json()["cached"])
    assert cached == [False, False, True, False, False]
