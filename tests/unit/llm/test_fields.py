"""Nobody is named to a model, wherever in a request the name stands."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from clearway.errors import ValidationError
from clearway.llm.guards.guardrails import PatternGuardrails
from clearway.llm.prompts.fields import message_written, schema_written
from clearway.llm.requests.job import hidden
from clearway.llm.types import ChatRequest

pytestmark = pytest.mark.unit

EMAIL = "ada@example.com"
CALLED = {"name": "mail", "arguments": json.dumps({"to": EMAIL})}
ASKED = ChatRequest(messages=[{"role": "user", "content": "Hello."}])


@pytest.mark.parametrize(
    "message",
    [
        {"role": "user", "name": EMAIL, "content": "Hello."},
        {"role": "user", "content": {"text": EMAIL}},
        {"role": "assistant", "tool_calls": [{"id": "1", "function": CALLED}]},
        {"role": "assistant", "tool_calls": [{"id": EMAIL, "function": {"name": "f"}}]},
        {"role": "tool", "tool_call_id": EMAIL, "content": "Done."},
        {"role": "user", "content": "Hello.", "note": {"of": [EMAIL]}},
        {"role": "user", "content": "Hello.", "note": {EMAIL: 1}},
        {"role": "user", "content": [{"type": "file", "file": {"filename": EMAIL}}]},
        {"role": "user", "content": [{"type": "text", "text": "Hello.", "citations": [EMAIL]}]},
        {"role": "user", "content": [{"type": "document", "source": {"title": EMAIL}}]},
        {"role": "assistant", "function_call": CALLED},
        {"role": "assistant", "function_call": {**CALLED, "arguments": f"no JSON, {EMAIL}"}},
        {"role": "assistant", "function_call": {"arguments": r'{"to": "ada\u0040example.com"}'}},
    ],
)
def test_messages_name_nobody(message: dict[str, Any]) -> None:
    request, secrets, kinds = hidden(replace(ASKED, messages=[message]), PatternGuardrails())
    assert "example.com" not in json.dumps(request.messages)
    assert (secrets, kinds) == ({"<EMAIL_1>": EMAIL}, {"EMAIL": 1})


@pytest.mark.parametrize(
    "more",
    [
        {"extra": {"user": EMAIL}},
        {"extra": {"metadata": {"for": [EMAIL]}}},
        {"extra": {"metadata": {EMAIL: "yes"}}},
        {"extra": {"functions": [{"name": "f", "description": f"Writes to {EMAIL}"}]}},
        {"stop": [EMAIL]},
        {"tools": [{"type": "function", "function": {"name": "f", "description": EMAIL}}]},
        {"response_format": {"json_schema": {"schema": {"properties": {"to": {"enum": [EMAIL]}}}}}},
    ],
)
def test_what_goes_along_names_nobody(more: dict[str, Any]) -> None:
    request, secrets, _ = hidden(replace(ASKED, **more), PatternGuardrails())
    assert EMAIL not in str(request)
    assert secrets == {"<EMAIL_1>": EMAIL}


@pytest.mark.parametrize("text", ["sk-live-abcdefgh\u200b1234567890", "ada@exam\u2060ple.com"])
def test_nothing_invisible_saves_the_end_of_a_find(text: str) -> None:
    asked = replace(ASKED, messages=[{"role": "user", "content": f"Is {text} valid?"}])
    request, secrets, _ = hidden(asked, PatternGuardrails())
    (placeholder,) = secrets
    assert request.messages[0]["content"] == f"Is {placeholder} valid?"
    assert secrets[placeholder] == text


def test_nothing_invisible_within_words_is_a_find() -> None:
    said = "\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645 \U0001f468\u200d\U0001f469 42"
    asked = replace(ASKED, messages=[{"role": "user", "content": said}])
    assert hidden(asked, PatternGuardrails())[0].messages[0]["content"] == said


def test_what_stands_in_two_parts_is_one_find() -> None:
    image = {"type": "image_url", "image_url": {"url": "https://images.test/a.png"}}
    halves = ["Is sk-live-abcdefgh", "1234567890ABCDEF valid?"]
    parts = [{"type": "text", "text": each} for each in halves]
    message = {"role": "user", "content": [parts[0], image, parts[1]]}
    request, _, _ = hidden(replace(ASKED, messages=[message]), PatternGuardrails())
    told = [{"type": "text", "text": "Is <API_KEY_1> valid?"}, image]
    assert request.messages[0]["content"] == told
    apart = {"role": "user", "content": [{"type": "text", "text": "Hello."}, image, parts[0]]}
    request, _, _ = hidden(replace(ASKED, messages=[apart]), PatternGuardrails())
    assert len(request.messages[0]["content"]) == 3


KEY = "sk_live_abcdefgh1234567890"
SCHEMA = {"type": "object", "properties": {"a": {"properties": {KEY: {"type": "string"}}}}}


def seeing(url: str) -> list[dict[str, Any]]:
    part = {"type": "image_url", "image_url": {"url": url}}
    return [{"role": "user", "content": [part]}]


@pytest.mark.parametrize(
    ("more", "place"),
    [
        ({"tools": [{"type": "function", "function": {"name": KEY}}]}, "tools[0].function.name"),
        (
            {"tools": [{"function": {"name": "f", "parameters": SCHEMA}}]},
            "tools[0].function.parameters.properties.a.properties",
        ),
        ({"extra": {"functions": [{"name": KEY}]}}, "functions[0].name"),
        (
            {"messages": [{"role": "assistant", "tool_calls": [{"function": {"name": KEY}}]}]},
            "messages[0].tool_calls[0].function.name",
        ),
        (
            {"messages": seeing(f"https://images.test/a.png?api_key={KEY}")},
            "messages[0].content[0].image_url",
        ),
        (
            {"messages": seeing("https://images.test/a.png?for=ada@example.com")},
            "messages[0].content[0].image_url",
        ),
    ],
)
def test_a_name_or_an_address_that_names_somebody_is_refused(
    more: dict[str, Any], place: str
) -> None:
    with pytest.raises(ValidationError) as refused:
        hidden(replace(ASKED, **more), PatternGuardrails())
    assert refused.value.details["param"] == place
    assert KEY not in str(refused.value)
    hidden(replace(ASKED, **more), None)


def test_ordinary_names_and_addresses_are_sent() -> None:
    tools = [
        {
            "type": "function",
            "function": {
                "name": "find_key",
                "parameters": {
                    "properties": {"password": {}, "api_key": {}, "token": {}},
                    "required": ["token"],
                },
            },
        }
    ]
    messages = seeing("https://images.test/2024/a.png?w=640&v=1712345678")
    asked = replace(ASKED, messages=messages, tools=tools)
    assert hidden(asked, PatternGuardrails())[0] == asked
    hidden(replace(ASKED, messages=seeing(f"data:image/png;base64,{KEY}")), PatternGuardrails())


def test_arguments_stay_json_and_what_holds_nobody_stays_as_it_is() -> None:
    call = {"id": "1", "type": "function", "function": CALLED}
    plain = {"role": "assistant", "content": None, "tool_calls": [call]}
    assert message_written(plain, lambda text: text) == plain
    quoted = message_written(plain, lambda text: text.replace(EMAIL, 'a "b"'))
    assert json.loads(quoted["tool_calls"][0]["function"]["arguments"]) == {"to": 'a "b"'}


def test_the_names_and_types_of_a_schema_stay() -> None:
    schema = {"properties": {"description": {"type": "string", "pattern": "x", "const": "x"}}}
    told = schema_written(schema, str.upper)
    assert told == {"properties": {"description": {"type": "string", "pattern": "x", "const": "X"}}}


def test_without_guards_a_request_is_passed_on_unread() -> None:
    asked = replace(ASKED, extra={"user": EMAIL})
    assert hidden(asked, None) == (asked, {}, {})


def test_what_a_model_thought_and_refused_and_its_own_calls_are_rewritten_too() -> None:
    message = {
        "role": "assistant",
        "content": [{"type": "refusal", "refusal": "no"}],
        "reasoning_content": "well",
        "refusal": "never",
        "tool_calls": [{"type": "custom", "id": "c", "custom": {"name": "run", "input": "say"}}],
    }
    assert message_written(message, str.upper) == {
        "role": "assistant",
        "content": [{"type": "refusal", "refusal": "NO"}],
        "reasoning_content": "WELL",
        "refusal": "NEVER",
        "tool_calls": [{"type": "custom", "id": "C", "custom": {"name": "run", "input": "SAY"}}],
    }
