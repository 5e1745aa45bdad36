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


def said_by(role: str, content: Any = "x", **more: Any) -> dict[str, Any]:
    """Return a body whose second message is this."""
    return {"messages": [*HELLO["messages"], {"role": role, "content": content, **more}]}


def with_call(**call: Any) -> dict[str, Any]:
    return said_by("assistant", None, tool_calls=[call])


WRONG: list[tuple[dict[str, Any], str, str]] = [
    (said_by("wizard"), "messages[1].role", "'wizard' is no role; there are developer, system"),
    ({"messages": None}, "messages", "at least one message"),
    ({"messages": [7]}, "messages[0]", "an object with a role"),
    (said_by("user", None), "messages[1].content", "a text, or a list of objects"),
    (said_by("system", None), "messages[1].content", "a text, or a list of objects"),
    (said_by("user", []), "messages[1].content", "a text, or a list of objects"),
    (said_by("user", [{"type": "scroll"}]), "messages[1].content[0].type", "'scroll' is no type"),
    (said_by("user", [{"text": "x"}]), "messages[1].content[0].type", "None is no type of part"),
    (said_by("user", [{"type": "text"}]), "messages[1].content[0].text", "a text"),
    (said_by("user", [{"type": "image_url"}]), "messages[1].content[0].image_url", "seen"),
    (said_by("user", name=7), "messages[1].name", "a text"),
    (said_by("tool"), "messages[1].tool_call_id", "the id of the call"),
    (said_by("assistant", tool_calls="x"), "messages[1].tool_calls", "a list of objects"),
    (with_call(function=7), "messages[1].tool_calls[0].function", "an object with a name"),
    (
        with_call(type="function", function={"name": "f", "arguments": {"a": 1}}),
        "messages[1].tool_calls[0].function.arguments",
        "JSON as a text",
    ),
    ({**HELLO, "temperature": "hot"}, "temperature", "a number from 0 to 2"),
    ({**HELLO, "temperature": 2.1}, "temperature", "a number from 0 to 2"),
    ({**HELLO, "temperature": True}, "temperature", "a number from 0 to 2"),
    ({**HELLO, "top_p": -1}, "top_p", "a number from 0 to 1"),
    ({**HELLO, "presence_penalty": "x"}, "presence_penalty", "a number from -2 to 2"),
    ({**HELLO, "seed": 2**64}, "seed", "a whole number of 64 bits"),
    ({**HELLO, "seed": 1.5}, "seed", "a whole number of 64 bits"),
    ({**HELLO, "n": 0}, "n", "a whole number from 1 to 128"),
    ({**HELLO, "max_tokens": 1.5}, "max_tokens", "a whole number from 1"),
    ({**HELLO, "max_completion_tokens": -1}, "max_completion_tokens", "a whole number from 1"),
    ({**HELLO, "stop": 7}, "stop", "a text, or a list of texts"),
    ({**HELLO, "stop": ["x", 7]}, "stop", "a text, or a list of texts"),
    ({**HELLO, "stream": "yes"}, "stream", "true or false"),
    ({**HELLO, "stream_options": []}, "stream_options", "an object"),
    ({**HELLO, "stream_options": {"include_usage": 1}}, "stream_options.include_usage", "true"),
    ({**HELLO, "logprobs": 3}, "logprobs", "true or false"),
    ({**HELLO, "top_logprobs": 21}, "top_logprobs", "a whole number from 0 to 20"),
    ({**HELLO, "logit_bias": [1]}, "logit_bias", "an object"),
    ({**HELLO, "tool_choice": 7}, "tool_choice", "a text, or an object"),
    ({**HELLO, "tools": {"type": "function"}}, "tools", "a list of objects"),
    ({**HELLO, "tools": ["f"]}, "tools", "a list of objects"),
    ({**HELLO, "tools": [{"name": "f"}]}, "tools[0].type", "a text such as function"),
    ({**HELLO, "tools": [{"type": "function"}]}, "tools[0].function", "an object with a name"),
    ({**HELLO, "response_format": "json"}, "response_format", "an object"),
    ({**HELLO, "response_format": {"type": "xml"}}, "response_format.type", "'xml' is no format"),
    (
        {**HELLO, "response_format": {"type": "json_schema"}},
        "response_format.json_schema",
        "an object with a name and a schema",
    ),
    ({**HELLO, "model": "gpt-9"}, "model", "There is no model"),
]


@pytest.mark.parametrize(("body", "param", "said"), WRONG)
async def test_a_field_that_is_not_what_it_has_to_be_is_named(
    client: httpx2.AsyncClient, models: FaultServer, body: Any, param: str, said: str
) -> None:
    for more in ({}, {"stream": True}):
        reply = await client.post("/v1/chat/completions", json={**more, **body})
        error = reply.json()["error"]
        assert (reply.status_code, error["param"]) == (400, param)
        assert (error["type"], error["code"]) == ("invalid_request_error", "invalid_request")
        assert said in error["message"]
    assert models.asked["one"] == []


@pytest.mark.parametrize("content", ["[" * 5000 + "]" * 5000, "[" * 200 + "]" * 200, "1e999"])
async def test_what_cannot_be_walked_or_counted_is_refused(
    client: httpx2.AsyncClient, content: str
) -> None:
    body = json.dumps({**HELLO, "metadata": 7}).replace("7", f'{{"a": {content}}}')
    reply = await client.post("/v1/chat/completions", content=body)
    assert reply.status_code == 400
    assert reply.json()["error"]["message"].startswith("The body is n")


async def test_what_the_client_may_say_is_passed_on_as_it_is(
    client: httpx2.AsyncClient, models: FaultServer
) -> None:
    call = {"id": "c1", "type": "function", "function": {"name": "f", "arguments": "{}"}}
    own = {"id": "c2", "type": "custom", "custom": {"name": "g", "input": "x"}}
    picture = {"type": "image_url", "image_url": {"url": "data:image/png;base64,AA=="}}
    seen: list[Any] = [{"type": "text", "text": "What is it?"}, picture]
    said = {
        "messages": [
            {"role": "developer", "content": [{"type": "text", "text": "Be brief."}]},
            {"role": "user", "content": seen},
            {"role": "assistant", "content": None, "tool_calls": [call, own]},
            {"role": "tool", "tool_call_id": "c1", "content": "A cat."},
            {"role": "tool", "tool_call_id": "c2", "content": ""},
            {"role": "assistant", "content": None, "refusal": "I would rather not."},
            {"role": "user", "content": "Why?", "name": "ada"},
        ],
        "temperature": 0, "top_p": 1, "presence_penalty": -2, "seed": -1,
        "n": 1, "stop": ["a", "b"], "logprobs": True, "top_logprobs": 0, "logit_bias": {"5": -1},
        "tools": [{"type": "function", "function": {"name": "f"}},
                  {"type": "custom", "custom": {"name": "g"}}],
        "tool_choice": "auto", "parallel_tool_calls": False, "metadata": {"a": "b"},
        "reasoning_effort": "low", "service_tier": "auto", "top_k": 40, "safe": [1, {"x": None}],
        "response_format": {"type": "json_schema", "json_schema": {"name": "a", "schema": {}}},
    }  # fmt: skip
    reply = await client.post("/v1/chat/completions", json=said)
    assert "it lacks vision" in reply.json()["error"]["message"]
    seen.pop()
    reply = await client.post("/v1/chat/completions", json={**said, "max_tokens": None})
    assert reply.status_code == 200
    assert {k: models.asked["one"][0].body[k] for k in said} == said


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


async def test_a_model_may_be_looked_up_by_its_name(client: httpx2.AsyncClient) -> None:
    for name in ("auto", "careful", "two"):
        found = await client.get(f"/v1/models/{name}")
        assert (found.status_code, found.json()["id"]) == (200, name)
    missing = await client.get("/v1/models/openai/gpt-9")
    error = missing.json()["error"]
    assert (missing.status_code, error["code"]) == (404, "model_not_found")
    assert "'openai/gpt-9'" in error["message"]


async def test_every_answer_names_its_request_be_it_an_error_or_a_stream(
    client: httpx2.AsyncClient,
) -> None:
    bodies: list[dict[str, Any]] = [HELLO, {**HELLO, "stream": True}, {**HELLO, "n": 0}]
    ids = []
    for body in bodies:
        reply = await client.post("/v1/chat/completions", json=body)
        ids.append(reply.headers["x-request-id"])
        assert reply.headers["x-clearway-trace-id"] == ids[-1]
    assert len(set(ids)) == 3
    for traced in ids[:2]:
        (trace,) = (await client.get("/traces", params={"trace_id": traced})).json()["traces"]
        assert trace["trace_id"] == traced


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
    assert [(a["provider"], a["endpoint"], a["outcome"]) for a in told[0]["attempts"]] == [
        ("one", "main", "failed"),
        ("two", "main", "success"),
    ]
    assert "".join(pieces).split() == faults.answer("two").split()
    assert [finish for finish in finishes if finish] == ["stop"]
    assert [bool(chunk.get("usage")) for chunk in chunks].count(True) == usage
    assert done == "[DONE]"
