"""What a chat app does with the official openai client, over the installed command.

The model endpoint is simulated; what it answers shows what it was asked.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import openai
import pytest
from openai.types.chat import ChatCompletionMessageParam, ChatCompletionToolParam
from pydantic import BaseModel

from tests import fault_server as faults
from tests.acceptance.llm.test_faults import PATIENT, served
from tests.fault_server import Call, FaultServer

pytestmark = [pytest.mark.acceptance]

EMAIL = "ada.lovelace@example.test"
TOOL: ChatCompletionToolParam = {
    "type": "function",
    "function": {"name": "weather", "parameters": {"type": "object", "properties": {"city": {}}}},
}
STEP = 5
"""Characters of a piece."""


class City(BaseModel):
    """A place."""

    name: str


async def model(call: Call) -> None:
    """Say what was asked; call a tool where there is one, write JSON where that is wanted."""
    body = call.asked.body
    last, wanted = body["messages"][-1], body.get("n", 1)
    text = f"You said: {last['content']}".split((body.get("stop") or ["\0"])[0])[0]
    if (body.get("response_format") or {}).get("type") == "json_schema":
        text = json.dumps({"name": "Zürich"})
    calls: list[dict[str, Any]] = []
    if body.get("tools") and last["role"] == "user":
        text, function = "", {"name": "weather", "arguments": json.dumps({"city": last["content"]})}
        calls = [{"index": 0, "id": "c1", "type": "function", "function": function}]
    ends = "tool_calls" if calls else "stop"
    message = {"role": "assistant", "content": text or None, "tool_calls": calls or None}
    if not call.streams:
        choices = [{"index": n, "message": message, "finish_reason": ends} for n in range(wanted)]
        await call.json({**call.head(), "choices": choices, "usage": faults.usage(call.model)})
        return
    pieces: list[dict[str, Any]] = [{"role": "assistant"}]
    pieces += [{"content": text[start : start + STEP]} for start in range(0, len(text), STEP)]
    pieces += [{"tool_calls": calls}] if calls else []
    await call.begin_stream()
    for piece in [*pieces, {}]:
        for index in range(wanted):
            choice = {"index": index, "delta": piece, "finish_reason": None if piece else ends}
            await call.data(json.dumps({**call.head(), "choices": [choice]}))
    await call.data(json.dumps({**call.head(), "choices": [], "usage": faults.usage(call.model)}))
    await call.data("[DONE]")
    await call.send(b"0\r\n\r\n")


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[openai.OpenAI, FaultServer]]:
    with served(tmp_path_factory.mktemp("app"), PATIENT) as pairs:
        pair = next(pairs)
        pair.behave(model)
        address = f"{pair.url}/v1"
        with openai.OpenAI(base_url=address, api_key="none", max_retries=0, timeout=600) as client:
            yield client, pair.models


@pytest.fixture
def client(app: tuple[openai.OpenAI, FaultServer]) -> openai.OpenAI:
    return app[0]


def user(text: str) -> list[ChatCompletionMessageParam]:
    return [{"role": "user", "content": text}]


@pytest.mark.parametrize("mode", ["plain", "complete", "live"])
def test_each_of_several_answers_says_what_its_model_never_saw(
    client: openai.OpenAI, app: tuple[openai.OpenAI, FaultServer], mode: str
) -> None:
    said = {0: "", 1: "", 2: ""}
    text = f"Ünïcödé 🚂 for {EMAIL} {mode}"
    if mode == "plain":
        reply = client.chat.completions.create(model="pair0", messages=user(text), n=3)
        said = {choice.index: choice.message.content or "" for choice in reply.choices}
    else:
        headers = {"x-clearway-stream-mode": mode}
        for chunk in client.chat.completions.create(
            model="pair0", messages=user(text), n=3, stream=True, extra_headers=headers
        ):
            for choice in chunk.choices:
                said[choice.index] += choice.delta.content or ""
    assert said == dict.fromkeys(range(3), f"You said: {text}")
    assert EMAIL not in json.dumps(app[1].asked["primary0"][-1].body)


def test_a_tool_is_called_answered_and_told_of(client: openai.OpenAI) -> None:
    first = client.chat.completions.create(model="pair0", messages=user("Oslo"), tools=[TOOL])
    (call,) = first.choices[0].message.tool_calls or ()
    assert call.type == "function"
    assert json.loads(call.function.arguments) == {"city": "Oslo"}
    messages: list[Any] = [*user("Oslo"), first.choices[0].message]
    messages.append({"role": "tool", "tool_call_id": call.id, "content": "fair"})
    second = client.chat.completions.create(model="pair0", messages=messages, tools=[TOOL])
    assert second.choices[0].message.content == "You said: fair"


def test_the_clients_own_helpers_read_streams_of_tools_and_of_schemas(
    client: openai.OpenAI,
) -> None:
    with client.chat.completions.stream(
        model="pair0", messages=user("Oslo"), tools=[TOOL]
    ) as stream:
        (call,) = stream.get_final_completion().choices[0].message.tool_calls or ()
    assert json.loads(call.function.arguments) == {"city": "Oslo"}
    with client.chat.completions.stream(
        model="pair0", messages=user("Where?"), response_format=City
    ) as stream:
        streamed = stream.get_final_completion().choices[0].message.parsed
    plain = client.chat.completions.parse(
        model="pair0", messages=user("Where?"), response_format=City
    )
    assert streamed == plain.choices[0].message.parsed == City(name="Zürich")


def test_what_is_set_reaches_the_model_and_stops_it(
    client: openai.OpenAI, app: tuple[openai.OpenAI, FaultServer]
) -> None:
    told = {"temperature": 0.3, "seed": 7, "top_p": 0.9, "logit_bias": {"5": -1}, "stop": ["END"]}
    reply = client.chat.completions.create(
        model="pair0", messages=user("one END two"), extra_body=told, max_completion_tokens=50
    )
    assert reply.choices[0].message.content == "You said: one "
    body = app[1].asked["primary0"][-1].body
    assert {name: body[name] for name in told} == told
    assert body["max_tokens"] == 50


def test_a_long_conversation_is_read_to_its_end(client: openai.OpenAI) -> None:
    messages: list[ChatCompletionMessageParam] = [{"role": "developer", "content": "Be brief."}]
    for number in range(100):
        messages.append({"role": "user", "content": f"Question {number}?"})
        messages.append({"role": "assistant", "content": f"Answer {number}."})
    reply = client.chat.completions.create(model="pair0", messages=[*messages, *user("So?")])
    assert reply.choices[0].message.content == "You said: So?"


def test_a_stream_that_is_left_leaves_the_model_and_nobody_else(
    client: openai.OpenAI, app: tuple[openai.OpenAI, FaultServer]
) -> None:
    async def endless(call: Call) -> None:
        await call.begin_stream()
        await call.piece({"content": "word " * 100})
        await call.hold()

    app[1].behaves("primary1", endless)
    stream = client.chat.completions.create(
        model="pair1",
        messages=user("x"),
        stream=True,
        extra_headers={"x-clearway-stream-mode": "live"},
    )
    assert next(iter(stream)).choices[0].delta.content
    stream.close()
    assert app[1].asked["primary1"][0].gone.wait(timeout=600)
    reply = client.chat.completions.create(model="pair0", messages=user("Still there?"))
    assert reply.choices[0].message.content == "You said: Still there?"


def test_many_at_once_each_get_their_own(client: openai.OpenAI) -> None:
    def ask(number: int) -> str:
        messages = user(f"call {number} ✓")
        if number % 2:
            stream = client.chat.completions.create(model="pair0", messages=messages, stream=True)
            return "".join(c.delta.content or "" for chunk in stream for c in chunk.choices)
        reply = client.chat.completions.create(model="pair0", messages=messages)
        return reply.choices[0].message.content or ""

    with ThreadPoolExecutor(20) as together:
        said = list(together.map(ask, range(40)))
    assert said == [f"You said: call {number} ✓" for number in range(40)]


def test_a_mistake_is_an_error_that_names_its_field_and_its_request(client: openai.OpenAI) -> None:
    wizard: Any = [{"role": "wizard", "content": "x"}]
    with pytest.raises(openai.BadRequestError) as caught:
        client.chat.completions.create(model="pair0", messages=wizard)
    assert caught.value.param == "messages[0].role"
    assert caught.value.request_id
    assert client.models.retrieve("pair0").id == "pair0"
    with pytest.raises(openai.NotFoundError):
        client.models.retrieve("gpt-9")
