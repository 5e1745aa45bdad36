"""The router as a LangChain chat model, over a real socket; every answer is simulated."""

from __future__ import annotations

import json

import pytest
from langchain_core.messages import AIMessageChunk, HumanMessage
from langchain_core.tools import tool
from pydantic import BaseModel

from clearway.errors import ContentRefused
from clearway.llm import RoutedChat
from tests import fault_server as faults
from tests.fault_server import Call, FaultServer
from tests.integration.llm.conftest import Routed

pytestmark = [pytest.mark.integration, pytest.mark.anyio]

HELLO = [HumanMessage("A story.")]


class City(BaseModel):
    """A place."""

    name: str


@tool
def weather(city: str) -> str:
    """Say how the weather is."""
    return f"fair in {city}"


@pytest.fixture
def chat(models: FaultServer, routed: Routed) -> RoutedChat:
    models.behaves("one", faults.well)
    return RoutedChat(routed({"one": {}}), routing={"user": "ada", "task": "explanation"})


async def says_json(call: Call) -> None:
    message = {"role": "assistant", "content": '{"name": "Oslo"}'}
    choice = {"index": 0, "message": message, "finish_reason": "stop"}
    await call.json({"model": call.model, "choices": [choice], "usage": faults.usage(call.model)})


async def calls_a_tool(call: Call) -> None:
    name = call.asked.body["tools"][0]["function"]["name"]
    arguments = json.dumps({"city": "Oslo", "name": "Oslo"})
    asked = {"id": "1", "type": "function", "function": {"name": name, "arguments": arguments}}
    message = {"role": "assistant", "content": None, "tool_calls": [asked]}
    choice = {"index": 0, "message": message, "finish_reason": "tool_calls"}
    await call.json({"model": call.model, "choices": [choice], "usage": faults.usage(call.model)})


async def test_ainvoke_brings_text_usage_and_who_answered(chat: RoutedChat) -> None:
    message = await chat.ainvoke(HELLO)
    assert message.text == faults.answer("one")
    assert message.usage_metadata is not None
    assert message.usage_metadata["input_tokens"] == faults.PROMPT_TOKENS
    assert message.response_metadata["clearway"]["provider"] == "one"


async def test_astream_brings_pieces_that_make_the_answer(chat: RoutedChat) -> None:
    pieces = [piece async for piece in chat.astream(HELLO)]
    whole = pieces[0]
    for piece in pieces[1:]:
        whole += piece
    assert isinstance(whole, AIMessageChunk)
    assert len(pieces) > 3
    assert whole.text.split() == faults.answer("one").split()
    assert whole.usage_metadata is not None
    assert whole.usage_metadata["output_tokens"] == faults.usage("one")["completion_tokens"]


def test_invoke_and_stream_work_without_a_loop(chat: RoutedChat) -> None:
    assert chat.invoke(HELLO).text == faults.answer("one")
    text = "".join(str(piece.text) for piece in chat.stream(HELLO))
    assert text.split() == faults.answer("one").split()
    chat.close()


async def test_bind_tools_brings_tool_calls(chat: RoutedChat, models: FaultServer) -> None:
    models.behaves("one", calls_a_tool)
    message = await chat.bind_tools([weather]).ainvoke(HELLO)
    (called,) = message.tool_calls
    assert (called["name"], called["args"]["city"]) == ("weather", "Oslo")


@pytest.mark.parametrize("method", ["json_schema", "json_mode", "function_calling"])
async def test_structured_output(chat: RoutedChat, models: FaultServer, method: str) -> None:
    models.behaves("one", calls_a_tool if method == "function_calling" else says_json)
    answers = chat.with_structured_output(City, method=method)  # type: ignore[arg-type]
    assert await answers.ainvoke(HELLO) == City(name="Oslo")


async def test_structured_output_keeps_the_raw_message_of_what_cannot_be_read(
    chat: RoutedChat,
) -> None:
    found = await chat.with_structured_output(City, include_raw=True).ainvoke(HELLO)
    assert found["parsed"] is None
    assert found["parsing_error"] is not None
    assert found["raw"].text == faults.answer("one")


async def test_a_refusal_is_a_typed_error(chat: RoutedChat, models: FaultServer) -> None:
    models.behaves("one", faults.content_policy)
    with pytest.raises(ContentRefused, match=r"safety system.*one, HTTP 400"):
        await chat.ainvoke(HELLO)
