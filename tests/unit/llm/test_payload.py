from __future__ import annotations

import pytest

from clearway.llm.prompts.payload import (
    answers_wanted,
    asked,
    payload,
    shown_features,
)
from clearway.llm.types import ChatRequest
from tests.unit.llm.conftest import request, route

pytestmark = pytest.mark.unit


def test_only_what_was_said_is_sent() -> None:
    body = payload(request(temperature=0.2, seed=7), route("one"), stream=False, max_tokens=None)
    assert body == {
        "model": "one-m",
        "messages": [{"role": "user", "content": "A story."}],
        "temperature": 0.2,
        "seed": 7,
    }


def test_a_dialect_renames_and_drops() -> None:
    dialect = {"max_tokens": "max_completion_tokens", "drops": ["temperature"]}
    body = payload(
        request(temperature=0.2), route("one", dialect=dialect), stream=True, max_tokens=5_000
    )
    assert "temperature" not in body
    assert body["max_completion_tokens"] == 1_000  # no more than the model can
    assert body["stream_options"] == {"include_usage": True}


def test_what_a_request_needs_shows() -> None:
    image = {"role": "user", "content": [{"type": "image_url"}, {"type": "text", "text": "what?"}]}
    seen = ChatRequest(
        messages=[image], tools=[{"type": "function"}], response_format={"type": "json_object"}
    )
    assert shown_features(seen) == {"vision", "functions", "json"}
    assert shown_features(request(response_format={"type": "text"})) == frozenset()


def test_the_task_is_told_from_the_intent_or_the_last_word_of_the_user() -> None:
    messages = [
        {"role": "user", "content": "first"},
        {"role": "user", "content": "last"},
        {"role": "assistant", "content": "no"},
    ]
    assert asked(ChatRequest(messages=messages)) == "last"
    assert asked(ChatRequest(messages=messages, intent="meant")) == "meant"


@pytest.mark.parametrize(
    ("extra", "answers"), [({}, 1), ({"n": 3}, 3), ({"n": 0}, 1), ({"n": 10**30}, 128)]
)
def test_every_answer_asked_for_is_paid_for(extra: dict[str, int], answers: int) -> None:
    assert answers_wanted(request(extra=extra)) == answers
