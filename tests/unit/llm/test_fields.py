"""Nobody is named to a model, wherever in a request the name stands."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

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
        "tool_calls": [{"type": "custom", "id": "c", "custom": {"name": "run", "input": "SAY"}}],
    }
