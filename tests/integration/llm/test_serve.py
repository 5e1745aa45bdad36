"""`clearway llm serve` as its file says, on a real socket before real sockets."""

from __future__ import annotations

import json
import os
import re
from pathlib import Path
from typing import Any

import httpx2
import pytest

from clearway.errors import ConfigurationError
from clearway.llm.face.serve import Given, open_face, serve
from tests import fault_server as faults
from tests.fault_server import Call, FaultServer
from tests.integration.llm.serving import EMAIL, PLAIN, ask, echo, listening, serving

pytestmark = [pytest.mark.integration, pytest.mark.anyio]


@pytest.mark.parametrize("mode", ["plain", "complete", "live"])
async def test_a_model_never_sees_what_the_answer_names(
    models: FaultServer, tmp_path: Path, mode: str
) -> None:
    models.behaves("one", echo)
    async with serving(models, tmp_path) as client:
        client.headers["x-clearway-stream-mode"] = mode
        reply = await ask(client, stream=mode != "plain")
    assert EMAIL not in json.dumps(models.asked["one"][0].body)
    if mode == "plain":
        assert reply.json()["choices"][0]["message"]["content"] == PLAIN
        notes = reply.json()["clearway"]["degradations"]
        assert notes == [{"kind": "redaction", "detail": "1 x EMAIL hidden from the model."}]
        return
    events = re.findall(r"^data: (.*)$", reply.text, re.MULTILINE)
    chunks = [json.loads(event) for event in events[:-1]]
    pieces = [c["delta"].get("content") or "" for chunk in chunks for c in chunk["choices"]]
    assert "".join(pieces) == PLAIN


def pieces(reply: httpx2.Response) -> list[dict[str, Any]]:
    """Return the deltas of a stream."""
    events = re.findall(r"^data: ({.*)$", reply.text, re.MULTILINE)
    return [c["delta"] for event in events for c in json.loads(event).get("choices") or ()]


OWN = "bob.stone@example.test"
SAID = f"{'It was so. ' * 40}Ask {OWN} or {EMAIL}. {'And so on. ' * 40}"


@pytest.mark.parametrize("mode", ["plain", "complete", "live"])
@pytest.mark.parametrize("answers", [True, False])
async def test_what_a_model_says_of_people_by_itself_is_hidden(
    models: FaultServer, tmp_path: Path, mode: str, *, answers: bool
) -> None:
    async def names(call: Call) -> None:
        call.asked.body["messages"][-1]["content"] = SAID.replace(EMAIL, "<EMAIL_1>")
        await echo(call)

    models.behaves("one", names)
    async with serving(models, tmp_path, f"guards: {{answers: {str(answers).lower()}}}") as client:
        client.headers["x-clearway-stream-mode"] = mode
        reply = await ask(client, stream=mode != "plain")
    if mode == "plain":
        text = reply.json()["choices"][0]["message"]["content"]
        told = {"kind": "redaction", "detail": "1 x EMAIL hidden in the answer."}
        assert (told in reply.json()["clearway"]["degradations"]) == answers
    else:
        text = "".join(each.get("content") or "" for each in pieces(reply))
    assert text == (SAID.replace(OWN, "[EMAIL]") if answers else SAID)


@pytest.mark.parametrize("stream", [False, True])
async def test_arguments_and_documents_stay_json_when_something_in_them_is_hidden(
    models: FaultServer, tmp_path: Path, *, stream: bool
) -> None:
    told = json.dumps({"to": OWN, "from": "<EMAIL_1>", "card": 4111111111111111})
    function = {"name": "write", "arguments": told}
    call_made = {"index": 0, "id": "c1", "type": "function", "function": function}

    async def calls(call: Call) -> None:
        if not call.streams:
            message = {"content": told, "tool_calls": [call_made]}
            choice = {"index": 0, "message": message, "finish_reason": "tool_calls"}
            await call.json({**call.head(), "choices": [choice]})
            return
        await call.begin_stream()
        await call.piece({"content": told[:20]})
        await call.piece({"content": told[20:], "tool_calls": [call_made]})
        await call.piece({}, finish="tool_calls")
        await call.data("[DONE]")
        await call.send(b"0\r\n\r\n")

    models.behaves("one", calls)
    async with serving(models, tmp_path) as client:
        form = {
            "response_format": {"type": "json_object"},
            "tools": [{"type": "function", "function": {"name": "write"}}],
        }
        reply = await ask(client, stream=stream, **form)
    said = pieces(reply) if stream else [reply.json()["choices"][0]["message"]]
    text = "".join(each.get("content") or "" for each in said)
    made = [call for each in said for call in each.get("tool_calls") or ()]
    arguments = "".join(call["function"].get("arguments") or "" for call in made)
    hidden = {"to": "[EMAIL]", "from": EMAIL, "card": 4111111111111111}
    assert json.loads(text) == json.loads(arguments) == hidden


async def test_what_is_typed_has_a_limit_that_schemas_do_not_count_in(
    models: FaultServer, tmp_path: Path
) -> None:
    models.behaves("one", faults.well)
    columns = ", ".join(f"column_{n} integer" for n in range(900))
    schema = f"CREATE TABLE wide ({columns});"
    assert len(schema) > 10_000
    async with serving(models, tmp_path) as client:
        fits, schemas, long = "a " * 5_000, f"{schema} Count.", "a " * 5_000 + "b"
        replies = [await ask(client, text) for text in (fits, schemas, long)]
        system = [{"role": "system", "content": long}, {"role": "user", "content": "Now."}]
        instructed = await client.post("/v1/chat/completions", json={"messages": system})
    async with serving(models, tmp_path, "guards: {lengths: false}") as client:
        off = await ask(client, long)
    statuses = [each.status_code for each in (*replies, instructed, off)]
    assert statuses == [200, 200, 400, 200, 200]
    error = replies[2].json()["error"]
    assert (error["type"], error["code"]) == ("invalid_request_error", "string_above_max_length")
    assert error["param"] == "messages[0].content"
    assert "has 10001 characters" in error["message"]


@pytest.mark.parametrize("mode", ["plain", "complete", "live"])
async def test_an_answer_beyond_its_limit_is_an_error_and_asked_for_once(
    models: FaultServer, tmp_path: Path, mode: str
) -> None:
    models.behaves("one", echo)
    guards = "guards: {output_chars: 1000}"
    async with serving(models, tmp_path, guards) as client:
        client.headers["x-clearway-stream-mode"] = mode
        assert (await ask(client, "a " * 500, stream=mode != "plain")).status_code == 200
        reply = await ask(client, "a " * 501, stream=mode != "plain")
    assert len(models.asked["one"]) == 2
    if mode == "live":
        assert '"code": "answer_too_long"' in reply.text
        assert "[DONE]" not in reply.text
        return
    error = reply.json()["error"]
    assert (reply.status_code, error["type"]) == (502, "server_error")
    assert error["code"] == "answer_too_long"
    assert "at most 1000 characters" in error["message"]


async def test_guards_can_be_switched_off_and_a_policy_switches_them_on(
    models: FaultServer, tmp_path: Path
) -> None:
    models.behaves("one", echo)
    off = "guards: {personal: false, secrets: false}"
    async with serving(models, tmp_path, off) as client:
        await ask(client)
        await ask(client, clearway={"sensitivity": "confidential"})
        client.headers["x-clearway-stream-mode"] = "live"
        live = pieces(await ask(client, stream=True))
    assert live[0]["content"] == PLAIN[:5]  # nothing is held back where nothing is looked for
    told = [EMAIL in json.dumps(each.body) for each in models.asked["one"]]
    assert told == [True, False, True]


async def test_the_policy_has_the_word_on_who_may_be_asked(
    models: FaultServer, tmp_path: Path
) -> None:
    models.behaves("one", faults.well)
    async with serving(models, tmp_path) as client:
        elsewhere = await ask(client, clearway={"sensitivity": "restricted"})
        risky = await ask(client, clearway={"risk": "high"})
    assert models.asked["one"] == []
    for refused, code, said in (
        (elsewhere, "policy_denied", r"policy [0-9a-f]{8} does not .* rule restricted-stays-local"),
        (risky, "approval_needed", r"approve this first, says policy [0-9a-f]{8}: high-risk-is-ap"),
    ):
        error = refused.json()["error"]
        assert (refused.status_code, error["type"], error["code"]) == (
            403,
            "permission_error",
            code,
        )
        assert re.search(said, error["message"])
        assert error["clearway"]["retryable"] is False
        assert refused.headers["x-should-retry"] == "false"


async def test_a_fallback_stays_where_the_policy_has_it_until_it_says_who_is_failing(
    models: FaultServer, tmp_path: Path
) -> None:
    models.behaves("eu", faults.status(503))
    models.behaves("us", faults.well)
    rules, registry = tmp_path / "policy.yaml", tmp_path / "providers.yaml"
    rules.write_text(
        "version: 1\n"
        "rules: [{id: only-eu, allow: {residency: [eu]}, reason: Only models in the EU.}]\n"
    )
    places = "".join(
        f"    - {{name: {name}, base_url: '{models.url(name)}', keys: [HOUSE_KEY],"
        f" residency: [{name}]}}\n"
        for name in ("eu", "us")
    )
    registry.write_text(
        "version: 1\nproviders:\n- id: house\n  model: m\n  context: 9000\n  max_output: 100\n"
        "  latency_ms: 1\n  reliability: 1\n  clearance: internal\n  price: {input: 1, output: 1}\n"
        f"  endpoints:\n{places}"
    )
    given = Given(
        environment={"HOUSE_KEY": "a,b"},
        home=tmp_path,
        providers_path=registry,
        policy_path=rules,
    )
    async with listening(open_face(None, given)) as client:
        for _ in range(6):
            failed = await ask(client)
            if failed.status_code == 503:
                break
            assert failed.status_code == 502
    error = failed.json()["error"]
    assert models.asked["us"] == []
    assert (error["code"], error["clearway"]["error_type"]) == (
        "circuit_open",
        "CircuitBreakerError",
    )
    assert error["clearway"]["retryable"] is True
    assert "house/eu, house/eu#2 are failing" in error["message"]
    assert 0 < int(failed.headers["retry-after"]) <= 60


async def test_a_listed_provider_may_say_where_it_is(models: FaultServer, tmp_path: Path) -> None:
    models.behaves("one", faults.well)
    models.behaves("two", faults.well)
    two = f"  - {{id: two, base_url: '{models.url('two')}', model: two, residency: [eu]}}"
    async with serving(models, tmp_path, two) as client:
        anywhere = await ask(client, "hello")
        europe = await ask(client, "hello", clearway={"residency": ["eu"]})
        nowhere = await ask(client, "hello", clearway={"residency": ["us"]})
    told = [each.json()["clearway"]["provider"] for each in (anywhere, europe)]
    assert told == ["one", "two"]
    assert nowhere.status_code == 403
    assert "two: data would go to eu, not to us" in nowhere.json()["error"]["message"]
    with pytest.raises(ConfigurationError, match="residency"):
        async with serving(models, tmp_path, two.replace("[eu]", "1")):
            pass


async def test_a_refusal_by_content_policy_is_an_answer(
    models: FaultServer, tmp_path: Path
) -> None:
    models.behaves("one", faults.content_policy)
    async with serving(models, tmp_path) as client:
        for stream in (False, True):
            refused = await ask(client, stream=stream)
            error = refused.json()["error"]
            assert (refused.status_code, error["code"]) == (400, "content_filter")
            assert error["type"] == "invalid_request_error"


async def test_a_reply_is_kept_for_who_asked_unless_they_want_another(
    models: FaultServer, tmp_path: Path
) -> None:
    models.behaves("one", faults.well)
    async with serving(models, tmp_path, "sharing: {ttl_s: 60}") as client:
        first, again = await ask(client), await ask(client)
        await ask(client, clearway={"bypass_cache": True})
        await ask(client, temperature=0.8)
        await ask(client, stream=True)
    assert [each.json()["clearway"]["cache_hit"] for each in (first, again)] == [False, True]
    assert again.json()["choices"] == first.json()["choices"]
    assert len(models.asked["one"]) == 4
    assert "clearway" not in models.asked["one"][1].body


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [("GET", "/v1/nothing", 404), ("GET", "/v1/chat/completions", 405)],
)
async def test_what_there_is_not_is_said_in_the_form_clients_know(
    models: FaultServer, tmp_path: Path, method: str, path: str, status: int
) -> None:
    async with serving(models, tmp_path) as client:
        reply = await client.request(method, path)
        assert reply.status_code == status
        assert reply.json()["error"]["message"] == f"There is no {method} {path} here."
        wrong = await ask(client, clearway={"risk": "none"})
    assert (wrong.status_code, wrong.json()["error"]["code"]) == (400, "invalid_request")
    assert "clearway.risk" in wrong.json()["error"]["message"]


async def test_a_full_window_says_when_to_come_back(models: FaultServer, tmp_path: Path) -> None:
    models.behaves("one", faults.well)
    limits = "limits: {address_requests: 1, user_tokens: 90000, window_s: 3000}"
    async with serving(models, tmp_path, limits) as client:
        first, over = await ask(client), await ask(client, temperature=1)
    assert (first.status_code, over.status_code) == (200, 429)
    assert over.json()["error"]["code"] == "rate_limit_exceeded"
    assert 2000 < int(over.headers["retry-after"]) <= 3000


async def test_caps_hold_for_names_unless_the_file_says_otherwise(
    models: FaultServer, tmp_path: Path
) -> None:
    models.behaves("one", faults.well)
    capped: dict[str, Any] = {
        "unset_named": {"user_requests": 1},
        "sampling": {"temperature": 0.2, "preference": "one"},
    }
    keyed = {**capped, "environment": {"CLEARWAY_LLM_ACCESS_KEYS": "ada=k"}}
    told = []
    for more, given in (("", keyed), ("limits: {user_requests: null}", keyed), ("", capped)):
        async with serving(models, tmp_path, more, **given) as client:
            client.headers["authorization"] = "Bearer k"
            told.append([(await ask(client)).status_code for _ in range(2)])
    assert told == [[200, 429], [200, 200], [200, 200]]
    assert models.asked["one"][0].body["temperature"] == 0.2


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("routes: {fast: [two]}", "routes.fast: there is no provider 'two'; there are one"),
        ("weights: {price: 1}", "weights: .*price: the terms are"),
        ("policy: /nowhere/rules.yaml", "cannot be read"),
        ("guards: {names: true}", "guards.names"),
        ("  - {id: two, model: m, base_url: 'http://[::1'}", "'two' needs a base_url"),
        ("  - {id: two, model: m, base_url: 'http://x', api_key: 7}", "api_key: a text is wanted"),
        ("  - {id: two, model: m, base_url: 'http://x', endpoints: []}", "has one base_url"),
    ],
)
def test_a_file_that_means_nothing_says_where(
    models: FaultServer, tmp_path: Path, text: str, said: str
) -> None:
    config = tmp_path / "llm.yaml"
    config.write_text(
        f'providers:\n  - {{id: one, base_url: "{models.url("one")}", model: m}}\n{text}'
    )
    with pytest.raises(ConfigurationError, match=said):
        open_face(config, Given(environment={}, home=tmp_path))


class Ready(Exception):
    """It would listen from here on."""


async def test_the_file_is_read_once_so_that_it_may_be_a_pipe(tmp_path: Path) -> None:
    def ready() -> None:
        raise Ready

    reads, writes = os.pipe()
    with os.fdopen(writes, "w") as file:
        file.write("providers: [{id: one, base_url: http://127.0.0.1:1/v1, model: m}]")
    given = Given(environment={}, home=tmp_path)
    try:
        with pytest.raises(Ready):
            await serve(Path(f"/dev/fd/{reads}"), given, host="127.0.0.1", port=0, ready=ready)
    finally:
        os.close(reads)


def test_without_anybody_to_ask_nothing_is_served(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="nobody to ask:"):
        open_face(None, Given(environment={}, home=tmp_path))
    (empty := tmp_path / "llm.yaml").touch()
    with pytest.raises(ConfigurationError, match=r"nobody to ask, and .*llm\.yaml lists no"):
        open_face(empty, Given(environment={}, home=tmp_path))
