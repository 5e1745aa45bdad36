"""Nothing that costs is sent without being counted."""

from __future__ import annotations

import json
from typing import Any

import pytest

from clearway.errors import ValidationError
from clearway.llm.prompts.counted import (
    IMAGE_TOKENS,
    boundless,
    check_countable,
    extra_tokens,
    prompt_texts,
)
from clearway.llm.prompts.payload import payload
from clearway.llm.types import ChatRequest
from tests.unit.llm.conftest import request, route

pytestmark = pytest.mark.unit

LONG = "word " * 500
IMAGE = {"type": "image_url", "image_url": {"url": "https://images.test/a.png"}}


def user(*parts: Any, **more: Any) -> ChatRequest:
    return ChatRequest(messages=[{"role": "user", "content": list(parts), **more}])


def test_texts_are_counted_as_they_are_and_schemas_as_json() -> None:
    texts = prompt_texts(request("hello", tools=[{"name": "t"}], response_format={"type": "x"}))
    assert texts == ["hello", '{"name": "t"}', '{"type": "x"}']


@pytest.mark.parametrize(
    "asked",
    [
        request(extra={"functions": [{"name": "f", "description": LONG}]}),
        request(extra={"function_call": {"name": LONG}}),
        request(extra={"tool_choice": {"function": {"name": LONG}}}),
        request(extra={"documents": [{"snippet": LONG}]}),
        request(tools=[{"type": "function", "function": {"name": "f", "description": LONG}}]),
        request(response_format={"type": "json_schema", "json_schema": {"title": LONG}}),
        user({"type": "text", "text": "a"}, {"type": "text", "text": LONG}),
        user({"type": "text", "text": "a", "citations": [LONG]}),
        user({"type": "document", "source": {"data": LONG}}),
        user({"type": "file", "file": {"filename": LONG, "file_data": "data:,"}}),
        user({"type": "refusal", "refusal": LONG}),
        user(LONG),
        ChatRequest(messages=[{"role": "user", "content": {"text": LONG}}]),
        ChatRequest(messages=[{"role": "user", "content": "a", "name": LONG}]),
        ChatRequest(messages=[{"role": "user", "content": "a", "context": [LONG]}]),
        ChatRequest(messages=[{"role": "tool", "content": "a", "tool_call_id": LONG}]),
        ChatRequest(messages=[{"role": "assistant", "reasoning_content": LONG}]),
        ChatRequest(messages=[{"role": "assistant", "function_call": {"arguments": LONG}}]),
        ChatRequest(messages=[{"role": "assistant", "tool_calls": [{"id": LONG}]}]),
    ],
)
def test_every_text_that_is_sent_is_counted(asked: ChatRequest) -> None:
    assert LONG in json.dumps(payload(asked, route("one"), stream=False, max_tokens=None))
    assert sum(text.count("word") for text in prompt_texts(asked)) == 500


def test_every_image_is_counted_by_itself_and_by_its_detail() -> None:
    one = extra_tokens(user({"type": "text", "text": "a"}))
    assert extra_tokens(user(*[IMAGE] * 60)) - one == 60 * IMAGE_TOKENS["auto"]
    inline = {"type": "image_url", "image_url": {"url": "data:image/png;base64,AAAA"}}
    assert extra_tokens(user(inline)) - one == IMAGE_TOKENS["auto"]
    low = {"type": "image_url", "image_url": {"url": "data:,", "detail": "low"}}
    assert extra_tokens(user(low)) - one == IMAGE_TOKENS["low"]
    large = {"type": "input_image", "image_url": "https://images.test/a", "detail": "original"}
    assert extra_tokens(user(large)) - one > IMAGE_TOKENS["high"]
    assert prompt_texts(user(inline)) == []


@pytest.mark.parametrize("kind", ["file", "input_audio", "video_url", "document"])
def test_what_nobody_can_count_is_bounded_by_the_context_alone(kind: str) -> None:
    assert boundless(user({"type": kind, kind: {"data": "AAAA"}}))
    assert not boundless(user(IMAGE, {"type": "text", "text": "a"}))
    assert boundless(user({"type": "text", "text": "a"}, audio={"id": "audio-1"}))


@pytest.mark.parametrize(
    ("more", "place"),
    [
        ({"extra": {"models": ["dearer"]}}, "models"),
        ({"extra": {"plugins": [{"id": "web"}]}}, "plugins"),
        ({"extra": {"web_search_options": {"search_context_size": "high"}}}, "web_search_options"),
        ({"extra": {"service_tier": "priority"}}, "service_tier"),
        ({"extra": {"modalities": ["text", "audio"]}}, "modalities"),
        ({"tools": [{"type": "web_search"}]}, "tools[0].type"),
    ],
)
def test_what_is_billed_by_anything_but_tokens_is_refused(more: dict[str, Any], place: str) -> None:
    with pytest.raises(ValidationError) as refused:
        check_countable(request(**more))
    assert refused.value.details["param"] == place


def test_what_costs_its_tokens_alone_may_be_asked_for() -> None:
    tools = [{"type": "function", "function": {"name": "f"}}, {"type": "custom"}, {"name": "t"}]
    check_countable(request(tools=tools, extra={"service_tier": "auto", "modalities": ["text"]}))


def test_the_length_of_an_answer_is_sent_once_as_it_was_reserved() -> None:
    asked = request(extra={"max_completion_tokens": 10**6, "max_tokens": 10**6})
    body = payload(asked, route("one"), stream=False, max_tokens=50)
    assert (body["max_tokens"], body.get("max_completion_tokens")) == (50, None)
