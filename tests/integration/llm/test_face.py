"""The OpenAI-compatible face, as an ASGI application over real model endpoints."""

from __future__ import annotations

import json
import re
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import httpx2
import pytest

from clearway.errors import ConfigurationError
from clearway.llm.admission.in_process import MemoryAdmission
from clearway.llm.admission.records import MemoryRecords
from clearway.llm.face.access import KeyRing, access_keys
from clearway.llm.face.app import app
from clearway.llm.face.face import Face
from clearway.llm.face.names import Names
from clearway.resilience.clock import SystemClock
from tests import fault_server as faults
from tests.fault_server import FaultServer
from tests.integration.llm.conftest import Routed

pytestmark = [pytest.mark.integration, pytest.mark.anyio]

HELLO = {"messages": [{"role": "user", "content": "A story."}]}


def client_of(face: Face) -> httpx2.AsyncClient:
    transport = httpx2.ASGITransport(app(face))  # type: ignore[arg-type]  # starlette is ASGI
    return httpx2.AsyncClient(transport=transport, base_url="http://face.test")


@pytest.fixture
def face(models: FaultServer, routed: Routed, admission: MemoryAdmission) -> Face:
    models.behaves("one", faults.well)
    models.behaves("two", faults.well)
    router = routed({"one": {}, "two": {"context": 200_000}})
    names = Names(
        router.preparing.parts.routes,
        {"careful": ["two"], "both": ["two", "one"]},
        in_file_order=True,
    )
    records = MemoryRecords(admission.ledger, SystemClock())
    return Face(router=router, records=records, names=names)


@pytest.fixture
async def client(face: Face) -> AsyncIterator[httpx2.AsyncClient]:
    async with client_of(face) as client:
        yield client


@pytest.mark.parametrize(
    ("model", "provider"),
    [(None, "one"), ("auto", "one"), ("two", "two"), ("careful", "two"), ("both", "two")],
)
async def test_a_name_says_who_is_tried_first(
    client: httpx2.AsyncClient, model: str | None, provider: str
) -> None:
    reply = await client.post("/v1/chat/completions", json={**HELLO, "model": model})
    assert reply.json()["model"] == provider
    assert reply.headers["x-clearway-provider"] == provider


async def test_a_provider_by_name_has_the_others_behind_it_and_a_route_has_not(
    client: httpx2.AsyncClient, models: FaultServer
) -> None:
    models.behaves("two", faults.status(401))
    by_name = await client.post("/v1/chat/completions", json={**HELLO, "model": "two"})
    by_route = await client.post("/v1/chat/completions", json={**HELLO, "model": "careful"})
    assert by_name.json()["model"] == "one"
    assert by_route.status_code == 502
    assert by_route.json()["error"]["code"] == "upstream_failed"


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ({"messages": []}, "at least one message"),
        ({"messages": "hi"}, "at least one message"),
        ({"messages": [{"content": "x"}]}, "object with a role"),
        ({"messages": [{"role": "user", "content": {"text": "x"}}]}, "a list of objects"),
        ({"messages": [{"role": "user", "content": ["x"]}]}, "a list of objects"),
        ({**HELLO, "n": "2"}, "n: a whole number"),
        ({**HELLO, "n": 129}, "n: a whole number from 1 to 128"),
        ({**HELLO, "max_tokens": 0}, "max_tokens"),
        ({**HELLO, "max_tokens": "9"}, "max_tokens"),
        ({**HELLO, "model": "gpt-9"}, "no model 'gpt-9'; there are auto, careful, both, one, two"),
        ([], "JSON object"),
    ],
)
async def test_a_request_nobody_could_answer_is_refused_here(
    client: httpx2.AsyncClient, models: FaultServer, body: Any, said: str
) -> None:
    reply = await client.post("/v1/chat/completions", json=body)
    assert reply.status_code == 400
    assert said in reply.json()["error"]["message"]
    assert models.asked["one"] == []


async def test_what_the_client_asks_for_reaches_the_model(
    client: httpx2.AsyncClient, models: FaultServer
) -> None:
    asked = {
        **HELLO,
        "temperature": 0.3,
        "max_completion_tokens": 50,
        "logit_bias": {"7": 1},
        "tools": [{"type": "function", "function": {"name": "f", "parameters": {}}}],
    }
    await client.post("/v1/chat/completions", json=asked)
    (got,) = models.asked["one"]
    assert got.body["max_tokens"] == 50
    assert (got.body["temperature"], got.body["logit_bias"]) == (0.3, {"7": 1})
    assert got.body["tools"] == asked["tools"]


async def test_the_trace_id_is_the_callers(client: httpx2.AsyncClient) -> None:
    reply = await client.post(
        "/v1/chat/completions", json=HELLO, headers={"x-correlation-id": "abc"}
    )
    assert reply.json()["clearway"]["trace_id"] == "abc"


async def test_retry_after_is_passed_on(client: httpx2.AsyncClient, models: FaultServer) -> None:
    models.behaves("two", faults.status(429, retry_after="60"))
    reply = await client.post("/v1/chat/completions", json={**HELLO, "model": "careful"})
    assert (reply.status_code, reply.headers["retry-after"]) == (429, "60")
    assert reply.json()["error"]["code"] == "rate_limit_exceeded"


async def test_models_and_health(client: httpx2.AsyncClient) -> None:
    await client.post("/v1/chat/completions", json=HELLO)
    listed = (await client.get("/v1/models")).json()["data"]
    assert [each["id"] for each in listed] == ["auto", "careful", "both", "one", "two"]
    health = (await client.get("/health")).json()
    assert health == {"status": "ok", "circuits": {"one/main": "closed"}}


async def test_only_who_has_a_key_may_ask(face: Face, models: FaultServer) -> None:
    locked = replace(face, access=KeyRing(keys=access_keys("ada=k1, bob=k2")))
    async with client_of(locked) as client:
        for given in ({}, {"authorization": "Bearer k3"}):
            reply = await client.post("/v1/chat/completions", json=HELLO, headers=given)
            assert (reply.status_code, reply.json()["error"]["code"]) == (401, "invalid_api_key")
        reply = await client.post(
            "/v1/chat/completions", json=HELLO, headers={"authorization": "Bearer k2"}
        )
    assert reply.status_code == 200
    entry = next(iter(face.router.admission.ledger))  # type: ignore[attr-defined]
    assert entry.attempt.user == "bob"


@pytest.mark.parametrize("text", ["ada", "ada=", "=key", "ada:key", ":admin=key"])
def test_access_keys_have_names(text: str) -> None:
    with pytest.raises(ConfigurationError, match="name=key"):
        access_keys(text)


@pytest.mark.parametrize("mode", ["complete", "live"])
@pytest.mark.parametrize("usage", [False, True])
async def test_a_stream_ends_with_what_came_of_its_way(
    client: httpx2.AsyncClient, models: FaultServer, mode: str, *, usage: bool
) -> None:
    models.behaves("one", faults.status(401))
    asked = {**HELLO, "stream": True, "stream_options": {"include_usage": usage}}
    reply = await client.post(
        "/v1/chat/completions", json=asked, headers={"x-clearway-stream-mode": mode}
    )
    *events, done = re.findall(r"^data: (.*)$", reply.text, re.MULTILINE)
    chunks = [json.loads(event) for event in events]
    told = [chunk["clearway"] for chunk in chunks if "clearway" in chunk]
    finishes = [c["finish_reason"] for chunk in chunks for c in chunk["choices"]]
    pieces = [c["delta"].get("content") or "" for chunk in chunks for c in chunk["choices"]]
    assert [(each["provider"], each["degradations"][0]["kind"]) for each in told] == [
        ("two", "fallback")
    ]
    assert [a["outcome"] for a in told[0]["attempts"]] == ["failed", "success"]
    assert "".join(pieces).split() == faults.answer("two").split()
    assert [finish for finish in finishes if finish] == ["stop"]
    assert [bool(chunk.get("usage")) for chunk in chunks].count(True) == usage
    assert done == "[DONE]"
