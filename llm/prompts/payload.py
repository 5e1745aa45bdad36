"""What a request looks like on the wire, and what it needs by its own showing."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

from clearway.llm.providers.routes import Route
from clearway.llm.providers.specs import Feature
from clearway.llm.types import ChatRequest, Message

SPOKEN = ("content", "reasoning_content", "reasoning", "refusal")
"""Where a message, or a piece of one, has text."""
WRITTEN = ("text", "refusal")
"""Where a part of a content has it."""
LIMITS = ("max_tokens", "max_completion_tokens")
"""What a provider may call the length of an answer: sent once, as what was reserved for it."""
MOST_ANSWERS = 128
"""More to one request no provider of this API writes."""


def payload(
    request: ChatRequest, route: Route, *, stream: bool, max_tokens: int | None
) -> dict[str, Any]:
    """Return the body for this route: its model, its names for things, nothing it refuses."""
    dialect = route.provider.dialect
    body: dict[str, Any] = {
        **{key: value for key, value in request.extra.items() if key not in LIMITS},
        "model": route.model,
        "messages": list(request.messages),
        dialect.max_tokens: min(max_tokens, route.provider.max_output) if max_tokens else None,
        "temperature": request.temperature,
        "top_p": request.top_p,
        "stop": request.stop,
        "seed": request.seed,
        "response_format": request.response_format,
        "tools": list(request.tools) or None,
    }
    body = {key: value for key, value in body.items() if value is not None}
    for dropped in dialect.drops:
        body.pop(dropped, None)
    if stream:
        body["stream"] = True
        if dialect.usage_in_streams:
            body["stream_options"] = {"include_usage": True}
    return body


def answers_wanted(request: ChatRequest) -> int:
    """Return how many answers the provider will write, each of them billed."""
    wanted = request.extra.get("n")
    return min(wanted, MOST_ANSWERS) if isinstance(wanted, int) and wanted > 0 else 1


def shown_features(request: ChatRequest) -> frozenset[Feature]:
    """Return what the request needs by its own showing."""
    found: set[Feature] = set(request.features)
    if request.response_format and request.response_format.get("type") != "text":
        found.add("json")
    if request.tools or "functions" in request.extra:
        found.add("functions")
    if any(_has_image(message) for message in request.messages):
        found.add("vision")
    return frozenset(found)


def message_texts(message: Message) -> Iterator[str]:
    """Yield the texts of a message, whichever form its content has."""
    for said in map(message.get, SPOKEN):
        if isinstance(said, str):
            yield said
        elif isinstance(said, list):
            parts = [part for part in said if isinstance(part, dict)]
            yield from (part[k] for part in parts for k in WRITTEN if isinstance(part.get(k), str))
    if calls := message.get("tool_calls"):
        yield json.dumps(calls, ensure_ascii=False)


def rewritten(message: Message, write: Callable[[str], str]) -> Message:
    """Return the message with each of its texts as `write` has it."""
    told = {**message}
    for key in SPOKEN:
        if isinstance(said := message.get(key), str):
            told[key] = write(said)
        elif isinstance(said, list):
            told[key] = [_part_rewritten(part, write) for part in said]
    return told


def _part_rewritten(part: Any, write: Callable[[str], str]) -> Any:
    if not isinstance(part, dict):
        return part
    return {**part, **{k: write(part[k]) for k in WRITTEN if isinstance(part.get(k), str)}}


def asked(request: ChatRequest) -> str:
    """Return the words the task is told from: the intent, else the last thing the user said."""
    if request.intent:
        return request.intent
    for message in reversed(request.messages):
        if message.get("role") == "user":
            return " ".join(message_texts(message))
    return " ".join(text for message in request.messages for text in message_texts(message))


def _has_image(message: Message) -> bool:
    content = message.get("content")
    return isinstance(content, list) and any(
        isinstance(part, dict) and part.get("type") in ("image_url", "input_image")
        for part in content
    )
