"""The chat completions API as JSON: requests in, replies, chunks and errors out."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from decimal import Decimal
from functools import cache
from typing import Any, Literal

import pydantic
from pydantic import BaseModel, ConfigDict, Field

from clearway.errors import (
    AnswerTooLong,
    BudgetExceeded,
    CircuitBreakerError,
    ClearwayError,
    ContentRefused,
    ContextTooLong,
    GenerationError,
    IdentityError,
    NoModelAllowed,
    PromptTooLong,
    RateLimitError,
    RequestTimeoutError,
    StoreUnavailable,
    ValidationError,
)
from clearway.llm.face.access import Unauthorized
from clearway.llm.face.bodies import BodyTooLarge
from clearway.llm.guards.guardrails import PatternRedactor
from clearway.llm.ports import Risk, Sensitivity
from clearway.llm.prompts.payload import MOST_ANSWERS
from clearway.llm.providers.specs import Task
from clearway.llm.types import ChatReply, ChatRequest, TokenUsage

OURS = (
    "messages",
    "model",
    "stream",
    "stream_options",
    "max_tokens",
    "max_completion_tokens",
    "clearway",
)
MOST_TOKENS = 10_000_000
"""More than any model writes; beyond it lies nothing that money could be counted for."""
SHAPES: Mapping[str, tuple[tuple[type, ...], str]] = {
    "model": ((str,), "a name"),
    "stream": ((bool,), "true or false"),
    "stream_options": ((dict,), "an object"),
    "clearway": ((dict,), "an object"),
    "temperature": ((int, float), "a number"),
    "top_p": ((int, float), "a number"),
    "seed": ((int,), "a whole number"),
    "n": ((int,), "a whole number"),
    "stop": ((str, list), "a text, or a list of texts"),
    "response_format": ((dict,), "an object"),
    "tools": ((list, tuple), "a list of objects"),
}
"""What is read here has to have its shape; the rest is the provider's to judge."""
PLAIN = ("temperature", "top_p", "stop", "seed", "response_format")

# status, type, code: the words OpenAI's own clients know.
ERRORS: tuple[tuple[type[ClearwayError], tuple[int, str, str]], ...] = (
    (ContentRefused, (400, "invalid_request_error", "content_filter")),
    (AnswerTooLong, (502, "server_error", "answer_too_long")),
    (PromptTooLong, (400, "invalid_request_error", "string_above_max_length")),
    (ContextTooLong, (400, "invalid_request_error", "context_length_exceeded")),
    (BudgetExceeded, (429, "insufficient_quota", "insufficient_quota")),
    (RateLimitError, (429, "rate_limit_error", "rate_limit_exceeded")),
    (RequestTimeoutError, (504, "timeout", "deadline_exceeded")),
    (CircuitBreakerError, (503, "server_error", "circuit_open")),
    (StoreUnavailable, (503, "server_error", "store_unavailable")),
    (NoModelAllowed, (503, "server_error", "no_model_allowed")),
    (BodyTooLarge, (413, "invalid_request_error", "body_too_large")),
    (ValidationError, (400, "invalid_request_error", "invalid_request")),
    (Unauthorized, (401, "authentication_error", "invalid_api_key")),
    (IdentityError, (403, "permission_error", "not_allowed")),
    (GenerationError, (502, "server_error", "upstream_failed")),
)
PASSED_ON = (400, 404, 422)
"""Statuses of a provider that speak of the request and not of the provider."""


class Options(BaseModel):
    """What a request may say under `clearway`, beyond the chat completions API."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    task: Task | None = None
    workflow: str = Field(default="", max_length=100)
    preference: str | None = None
    sensitivity: Sensitivity = "internal"
    risk: Risk = "low"
    residency: frozenset[str] = frozenset()
    budget_usd: Decimal | None = Field(default=None, gt=0)
    deadline_s: float | None = Field(default=None, gt=0, le=3600)
    overflow: Literal["shorten", "error"] = "shorten"
    """What happens with a prompt too long for every context."""
    bypass_cache: bool = False
    """A reply of its own: none that was kept, and none another request waits for."""


def options_of(body: Mapping[str, Any]) -> dict[str, Any]:
    """Return the fields of `ChatRequest` that the body says; raise `ValidationError`."""
    try:
        options = Options.model_validate(body.get("clearway") or {})
    except pydantic.ValidationError as error:
        first = error.errors(include_url=False)[0]
        where = ".".join(["clearway", *map(str, first["loc"])])
        raise ValidationError(f"{where}: {first['msg']}.") from None
    return {name: getattr(options, name) for name in options.model_fields_set}


def request_of(
    body: Any, *, order: tuple[str, ...], user: str, address: str | None, trace_id: str
) -> ChatRequest:
    """Return the request of a body; raise `ValidationError` for what no provider could answer."""
    if not isinstance(body, dict):
        raise ValidationError("The body is a JSON object.")
    messages = body.get("messages")
    if not isinstance(messages, list) or not messages:
        raise ValidationError("messages: a list of at least one message is needed.")
    if not all(isinstance(message, dict) and message.get("role") for message in messages):
        raise ValidationError("messages: every message is an object with a role.")
    if not all(_readable(message.get("content")) for message in messages):
        raise ValidationError("messages: content is a text or a list of objects.", param="messages")
    _check_shapes(body)
    most = body.get("max_completion_tokens", body.get("max_tokens"))
    whole = isinstance(most, int) and not isinstance(most, bool)
    if most is not None and not (whole and 1 <= most <= MOST_TOKENS):
        raise ValidationError(
            f"max_tokens: a whole number from 1 to {MOST_TOKENS} is needed.", param="max_tokens"
        )
    if not 1 <= (1 if body.get("n") is None else body["n"]) <= MOST_ANSWERS:
        raise ValidationError(f"n: a whole number from 1 to {MOST_ANSWERS} is needed.", param="n")
    return ChatRequest(
        messages=messages,
        order=order,
        max_tokens=most,
        tools=body.get("tools") or (),
        extra={k: v for k, v in body.items() if k not in (*OURS, *PLAIN, "tools")},
        temperature=body.get("temperature"),
        top_p=body.get("top_p"),
        stop=body.get("stop"),
        seed=body.get("seed"),
        response_format=body.get("response_format"),
        user=user,
        address=address,
        trace_id=trace_id,
        **options_of(body),
    )


def _readable(content: Any) -> bool:
    """Return whether a content has a form in which it can be looked at."""
    if isinstance(content, list):
        return all(isinstance(part, dict) for part in content)
    return content is None or isinstance(content, str)


def _check_shapes(body: Mapping[str, Any]) -> None:
    """Raise `ValidationError` for a field that is read here and cannot be."""
    for name, (types, words) in SHAPES.items():
        value = body.get(name)
        shaped = isinstance(value, types) and (types == (bool,) or not isinstance(value, bool))
        if name == "tools" and shaped:
            shaped = all(isinstance(tool, dict) for tool in value or ())
        if value is not None and not shaped:
            raise ValidationError(f"{name}: {words} is needed.", param=name)


def reply_json(reply: ChatReply) -> dict[str, Any]:
    """Return a whole reply: the provider's own where there is one, with what came of the way."""
    message: dict[str, Any] = {"role": "assistant", "content": reply.text}
    if reply.tool_calls:
        message |= {"content": reply.text or None, "tool_calls": list(reply.tool_calls)}
    choice = {"index": 0, "message": message, "finish_reason": reply.finish_reason}
    made = {
        "id": f"chatcmpl-{reply.trace_id}",
        "object": "chat.completion",
        "created": int(time.time()),
        "choices": [choice],
    }
    return {
        **made,
        **reply.body,
        "model": reply.model,
        "usage": reply.body.get("usage") or usage_json(reply.usage),
        "clearway": journey_json(reply),
    }


def journey_json(reply: ChatReply) -> dict[str, Any]:
    """Return who answered, what it cost, and everything that went otherwise than planned."""
    return {
        "provider": reply.provider,
        "trace_id": reply.trace_id,
        "attempts": [
            {"provider": t.provider, "model": t.model, "outcome": t.outcome, "reason": t.reason}
            for t in reply.attempts
        ],
        "degradations": [{"kind": d.kind, "detail": d.detail} for d in reply.degradations],
        "policy": reply.policy,
        "cost_usd": None if reply.cost_usd is None else f"{reply.cost_usd.normalize():f}",
        "cache_hit": reply.cache_hit,
        "simulated": reply.simulated,
    }


def usage_json(usage: TokenUsage) -> dict[str, Any]:
    """Return the tokens under the API's own names."""
    return {
        "prompt_tokens": usage.prompt,
        "completion_tokens": usage.completion,
        "total_tokens": usage.prompt + usage.completion,
        "prompt_tokens_details": {"cached_tokens": usage.cached},
    }


def error_json(error: ClearwayError) -> tuple[int, dict[str, Any], dict[str, str]]:
    """Return status, body and headers of an error; `clearway` in it is the record of every surface.

    What a provider said may quote a key or a person: nothing of that is passed on.
    """
    status, kind, code = next(
        (told for known, told in ERRORS if isinstance(error, known)), (500, "server_error", "error")
    )
    provider = getattr(error, "status", None)
    if code == "upstream_failed" and provider in PASSED_ON:
        status, kind, code = provider, "invalid_request_error", "invalid_request"
    headers = {}
    wait_s = error.details.get("retry_after_s")
    if isinstance(wait_s, int | float):
        headers["retry-after"] = str(max(1, -int(-wait_s // 1)))
    record = error.to_dict()
    details = {k: redacted(v) if isinstance(v, str) else v for k, v in record["details"].items()}
    body = {
        "message": redacted(error.message),
        "type": kind,
        "code": code,
        "param": details.get("param"),
        "clearway": {**record, "message": redacted(error.message), "details": details},
    }
    return status, {"error": body}, headers


def redacted(text: str) -> str:
    """Return a text without personal data and secrets; for what callers and providers worded."""
    return _redactor().redact(text)


@cache
def _redactor() -> PatternRedactor:
    return PatternRedactor()


def http_error_json(status: int, said: str) -> dict[str, Any]:
    """Return the body for what never reached the router: a path or a method there is not."""
    kind = "invalid_request_error" if status < 500 else "server_error"
    return {"error": {"message": said, "type": kind, "code": str(status), "param": None}}


def event(chunk: Mapping[str, Any]) -> bytes:
    """Return a chunk as one server-sent event."""
    return b"data: " + json.dumps(chunk, ensure_ascii=False).encode() + b"\n\n"


def usage_chunk(last: Mapping[str, Any], usage: TokenUsage) -> dict[str, Any]:
    """Return the chunk that brings the usage, for providers that did not send one."""
    return {**last, "choices": [], "usage": usage_json(usage)}
