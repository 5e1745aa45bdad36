"""Replies in no form a client could read: the next provider is asked, and it is said."""

from __future__ import annotations

import json
from typing import Any

import pytest

from clearway.errors import GenerationError
from clearway.llm.types import ChatRequest, Finished
from tests import fault_server as faults
from tests.fault_server import Behaviour, Call, FaultServer
from tests.integration.llm.conftest import Routed

pytestmark = [pytest.mark.integration, pytest.mark.anyio]

ASKED = ChatRequest(messages=[{"role": "user", "content": "A story."}], order=("one", "two"))
CALL = {"index": 0, "id": "c", "type": "function", "function": {"name": "f", "arguments": "{}"}}
MALFORMED: list[dict[str, Any]] = [
    {"content": 7},
    {"tool_calls": "x"},
    {"tool_calls": [7]},
    {"tool_calls": [{**CALL, "index": [0]}]},
    {"tool_calls": [{**CALL, "id": 7}]},
    {"tool_calls": [{**CALL, "function": "f"}]},
    {"tool_calls": [{**CALL, "function": {"name": ["f"], "arguments": "{}"}}]},
    {"tool_calls": [{**CALL, "function": {"name": "f", "arguments": {"a": 1}}}]},
]


def saying(piece: object, **beside: Any) -> Behaviour:
    """Return a behaviour whose one answer is this, whole or as the first piece of a stream."""

    async def behave(call: Call) -> None:
        key = "delta" if call.streams else "message"
        choice = {"index": 0, "finish_reason": None if call.streams else "stop", **beside}
        body = json.dumps({**call.head(), "choices": [{**choice, key: piece}]})
        if not call.streams:
            await call.json(json.loads(body))
            return
        await call.begin_stream()
        await call.data(body)
        await call.piece({}, finish="stop")
        await call.data("[DONE]")
        await call.send(b"0\r\n\r\n")

    return behave


@pytest.mark.parametrize(
    "behaviour",
    [
        *[saying({"content": "x", **piece}) for piece in MALFORMED],
        saying("x"),
        saying(["x"]),
        saying({"content": "x"}, index=[1]),
        saying({"content": "x"}, finish_reason=["stop"]),
    ],
)
async def test_who_sends_what_nobody_can_read_has_failed(
    models: FaultServer, routed: Routed, behaviour: Behaviour
) -> None:
    models.behaves("one", behaviour)
    models.behaves("two", faults.well)
    router = routed({"one": {}, "two": {}})
    whole = await router.generate(ASKED)
    *_, last = [event async for event in router.stream(ASKED, mode="complete")]
    assert isinstance(last, Finished)
    for reply in (whole, last.reply):
        assert (reply.provider, reply.text.strip()) == ("two", faults.answer("two"))
        assert [(t.provider, t.outcome) for t in reply.attempts] == [
            ("one", "failed"),
            ("two", "success"),
        ]


async def test_where_there_is_nobody_else_it_is_an_error_of_theirs(
    models: FaultServer, routed: Routed
) -> None:
    models.behaves("one", saying({"tool_calls": "x"}))
    router = routed({"one": {}})
    with pytest.raises(GenerationError):
        await router.generate(ASKED)
    with pytest.raises(GenerationError):
        _ = [event async for event in router.stream(ASKED)]
