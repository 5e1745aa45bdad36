"""Several answers to one request, and all that an answer may have beside its text."""

from __future__ import annotations

import json
import re
from itertools import zip_longest
from pathlib import Path
from typing import Any

import httpx2
import pytest

from tests import fault_server as faults
from tests.fault_server import Behaviour, Call, FaultServer
from tests.integration.llm.serving import EMAIL, PLAIN, ask, serving

pytestmark = [pytest.mark.integration, pytest.mark.anyio]

OWN = "bob.stone@example.test"
MODES = ["plain", "complete", "live"]
CHUNK = 7
"""Characters of a piece, so that pieces cut through whatever is in them."""


def answering(*messages: dict[str, str], **beside: Any) -> Behaviour:
    """Return a behaviour that gives these answers, their pieces by turns where it streams."""

    async def behave(call: Call) -> None:
        if not call.streams:
            choices = [
                {"index": n, "message": each, "finish_reason": "stop", **beside}
                for n, each in enumerate(messages)
            ]
            await call.json({**call.head(), "choices": choices, "usage": faults.usage("one")})
            return
        await call.begin_stream()
        for together in zip_longest(*map(pieces, messages)):
            for number, piece in enumerate(together):
                if piece is not None:
                    await say(call, {"index": number, "delta": piece, "finish_reason": None})
        for number in range(len(messages)):
            await say(call, {"index": number, "delta": {}, "finish_reason": "stop", **beside})
        await call.data("[DONE]")
        await call.send(b"0\r\n\r\n")

    return behave


async def say(call: Call, *choices: dict[str, Any]) -> None:
    await call.data(json.dumps({**call.head(), "choices": choices}))


def pieces(message: dict[str, str]) -> list[dict[str, str]]:
    return [
        {key: said[start : start + CHUNK]}
        for key, said in message.items()
        for start in range(0, len(said), CHUNK)
    ]


def answers(reply: httpx2.Response) -> list[dict[str, str]]:
    """Return what each answer says, by its index, whole or put together of its pieces."""
    assert reply.status_code == 200, reply.text
    if "event-stream" not in reply.headers["content-type"]:
        said = {each["index"]: each["message"] for each in reply.json()["choices"]}
        return [{k: said[n][k] for k in said[n] if k != "role"} for n in sorted(said)]
    made: dict[int, dict[str, str]] = {}
    for choice in streamed(reply):
        answer = made.setdefault(choice["index"], {})
        for key, piece in choice["delta"].items():
            answer[key] = answer.get(key, "") + (piece or "")
    return [made[n] for n in sorted(made)]


def streamed(reply: httpx2.Response) -> list[dict[str, Any]]:
    """Return the choices of a stream's chunks in their order."""
    events = re.findall(r"^data: ({.*)$", reply.text, re.MULTILINE)
    return [choice for event in events for choice in json.loads(event).get("choices") or ()]


def degradations(reply: httpx2.Response) -> list[str]:
    events = re.findall(r"^data: ({.*)$", reply.text, re.MULTILINE) or [reply.text]
    told = next(json.loads(e)["clearway"] for e in reversed(events) if "clearway" in json.loads(e))
    return [each["detail"] for each in told["degradations"]]


async def asked(client: httpx2.AsyncClient, mode: str, **more: Any) -> httpx2.Response:
    client.headers["x-clearway-stream-mode"] = mode
    return await ask(client, stream=mode != "plain", **more)


@pytest.mark.parametrize("mode", MODES)
async def test_every_answer_has_what_was_hidden_put_back(
    models: FaultServer, tmp_path: Path, mode: str
) -> None:
    said = [{"content": f"{word} <EMAIL_1>."} for word in ("First", "Then", "Last")]
    models.behaves("one", answering(*said))
    async with serving(models, tmp_path) as client:
        reply = await asked(client, mode, n=3)
    told = [{"content": f"{word} {EMAIL}."} for word in ("First", "Then", "Last")]
    assert answers(reply) == told
    assert models.asked["one"][0].body["n"] == 3
    assert EMAIL not in json.dumps(models.asked["one"][0].body)


@pytest.mark.parametrize("mode", MODES)
async def test_what_a_model_adds_is_hidden_wherever_it_says_it(
    models: FaultServer, tmp_path: Path, mode: str
) -> None:
    filler = "So it was told to us. " * 30
    thought = {"reasoning_content": f"{filler}It is {OWN}.", "content": f"{filler}No: <EMAIL_1>."}
    models.behaves("one", answering({"content": "Nobody."}, thought))
    async with serving(models, tmp_path) as client:
        reply = await asked(client, mode, n=2)
    assert answers(reply) == [
        {"content": "Nobody."},
        {"reasoning_content": f"{filler}It is [EMAIL].", "content": f"{filler}No: {EMAIL}."},
    ]
    assert "1 x EMAIL hidden in the answer." in degradations(reply)


async def test_what_was_thought_is_told_before_the_answer_begins(
    models: FaultServer, tmp_path: Path
) -> None:
    async def thinks(call: Call) -> None:
        await call.begin_stream()
        await call.piece({"reasoning_content": "Well."})
        await call.piece({"content": "Yes."})
        await call.piece({}, finish="stop")
        await call.data("[DONE]")
        await call.send(b"0\r\n\r\n")

    models.behaves("one", thinks)
    async with serving(models, tmp_path) as client:
        deltas = [choice["delta"] for choice in streamed(await asked(client, "live"))]
    order = [key for delta in deltas for key, piece in delta.items() if piece]
    assert order == ["reasoning_content", "content"]


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("found", [False, True])
async def test_probabilities_are_those_of_the_text_that_is_told(
    models: FaultServer, tmp_path: Path, mode: str, *, found: bool
) -> None:
    letters = [{"token": OWN if found else "Yes", "logprob": -0.1}]
    spelled = {"logprobs": {"content": letters, "refusal": None}}
    models.behaves("one", answering({"content": OWN if found else "Yes"}, **spelled))
    async with serving(models, tmp_path) as client:
        reply = await asked(client, mode, logprobs=True)
    assert (OWN in reply.text) is False
    choices = reply.json()["choices"] if mode == "plain" else streamed(reply)
    told = [choice["logprobs"] for choice in choices if choice.get("logprobs")]
    assert told == ([] if found else [spelled["logprobs"]])


@pytest.mark.parametrize("mode", MODES)
async def test_fewer_answers_than_were_asked_for_are_told(
    models: FaultServer, tmp_path: Path, mode: str
) -> None:
    models.behaves("one", answering({"content": "One."}))
    async with serving(models, tmp_path) as client:
        reply = await asked(client, mode, n=2)
    assert answers(reply) == [{"content": "One."}]
    assert "2 answers were asked for, and 1 came." in degradations(reply)


@pytest.mark.parametrize("mode", MODES)
async def test_the_bound_of_an_answer_is_each_ones_own(
    models: FaultServer, tmp_path: Path, mode: str
) -> None:
    short, long = {"content": "a" * 99}, {"content": "b" * 101}
    models.behaves("one", answering(short, short), answering(short, long))
    async with serving(models, tmp_path, "guards: {output_chars: 100}") as client:
        fits, over = [await asked(client, mode, n=2) for _ in range(2)]
    assert len(answers(fits)) == 2
    assert "answer_too_long" in over.text


async def test_an_answer_among_others_that_has_no_end_is_asked_for_again(
    models: FaultServer, tmp_path: Path
) -> None:
    message = {"role": "assistant", "content": "Half"}

    async def half(call: Call) -> None:
        ends = (("stop", 0), (None, 1))
        choices = [{"index": n, "message": message, "finish_reason": end} for end, n in ends]
        await call.json({**call.head(), "choices": choices})

    models.behaves("one", half, answering({"content": "A"}, {"content": "B"}))
    async with serving(models, tmp_path) as client:
        reply = await ask(client, n=2)
    assert answers(reply) == [{"content": "A"}, {"content": "B"}]


async def test_all_answers_are_counted_where_the_provider_does_not(
    models: FaultServer, tmp_path: Path
) -> None:
    async def uncounted(call: Call) -> None:
        message = {"role": "assistant", "content": "It was a dark and stormy night. " * 4}
        choices = [{"index": n, "message": message, "finish_reason": "stop"} for n in range(2)]
        wanted = call.asked.body.get("n", 1)
        await call.json({**call.head(), "choices": choices[:wanted]})

    models.behaves("one", uncounted)
    async with serving(models, tmp_path) as client:
        counts = [(await ask(client, n=n)).json()["usage"]["completion_tokens"] for n in (1, 2)]
    assert counts[1] == pytest.approx(2 * counts[0], abs=2)


async def test_answers_of_which_not_all_are_kept_are_not_kept(
    models: FaultServer, tmp_path: Path
) -> None:
    models.behaves("one", answering({"content": "A"}, {"content": PLAIN.replace(EMAIL, "B")}))
    async with serving(models, tmp_path, "sharing: {ttl_s: 60}") as client:
        replies = [answers(await ask(client, n=2)) for _ in range(2)]
    assert replies[0] == replies[1] == [{"content": "A"}, {"content": "Write to B, please."}]
    assert len(models.asked["one"]) == 2


WROTE = json.dumps({"to": OWN, "for": "<EMAIL_1>"})


@pytest.mark.parametrize("mode", MODES)
async def test_calls_of_every_kind_are_screened_and_have_what_was_hidden(
    models: FaultServer, tmp_path: Path, mode: str
) -> None:
    custom = {"index": 0, "id": "c", "type": "custom", "custom": {"name": "run", "input": WROTE}}
    function = {"name": "write", "arguments": WROTE}

    async def calls(call: Call) -> None:
        said = {"tool_calls": [custom], "function_call": function}
        if not call.streams:
            choice = {"index": 0, "message": said, "finish_reason": "tool_calls"}
            await call.json({**call.head(), "choices": [choice]})
            return
        await call.begin_stream()
        for start in range(0, len(WROTE), CHUNK):
            piece = WROTE[start : start + CHUNK]
            called = {"index": 0, "custom": {"input": piece}}
            first = {**custom, "custom": {"name": "run", "input": piece}}
            named = {"arguments": piece} if start else {**function, "arguments": piece}
            calls = [called if start else first]
            await call.piece({"tool_calls": calls, "function_call": named})
        await call.piece({}, finish="tool_calls")
        await call.data("[DONE]")
        await call.send(b"0\r\n\r\n")

    models.behaves("one", calls)
    async with serving(models, tmp_path) as client:
        reply = await asked(client, mode)
    if mode == "plain":
        said = [reply.json()["choices"][0]["message"]]
    else:
        said = [choice["delta"] for choice in streamed(reply)]
    made = [call for each in said for call in each.get("tool_calls") or ()]
    assert not any("function" in call for call in made)
    inputs = "".join(call["custom"].get("input") or "" for call in made)
    arguments = "".join((each.get("function_call") or {}).get("arguments") or "" for each in said)
    assert json.loads(inputs) == json.loads(arguments) == {"to": "[EMAIL]", "for": EMAIL}


async def test_a_refusal_is_kept_for_nobody(models: FaultServer, tmp_path: Path) -> None:
    async def refuses(call: Call) -> None:
        message = {"role": "assistant", "content": None, "refusal": "I would rather not."}
        choice = {"index": 0, "message": message, "finish_reason": "stop"}
        await call.json({**call.head(), "choices": [choice]})

    models.behaves("one", refuses)
    async with serving(models, tmp_path, "sharing: {ttl_s: 60}") as client:
        said = [(await ask(client)).json()["choices"][0]["message"]["refusal"] for _ in range(2)]
    assert said == ["I would rather not."] * 2
