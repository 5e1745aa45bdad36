"""The chat completions API as JSON: replies, chunks and errors."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from functools import cache
from typing import Any

from clearway.errors import (
    AnswerTooLong,
    ApprovalNeeded,
    BudgetExceeded,
    CircuitBreakerError,
    ClearwayError,
    ContentRefused,
    ContextTooLong,
    GenerationError,
    IdentityError,
    NoModelAllowed,
    PolicyDenied,
    PromptTooLong,
    RateLimitError,
    RequestTimeoutError,
    StoreUnavailable,
    ValidationError,
)
from clearway.llm.face.access import Unauthorized
from clearway.llm.face.bodies import BodyTooLarge
from clearway.llm.guards.guardrails import PatternRedactor
from clearway.llm.types import ChatReply, TokenUsage

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
    (ApprovalNeeded, (403, "permission_error", "approval_needed")),
    (PolicyDenied, (403, "permission_error", "policy_denied")),
    (NoModelAllowed, (503, "server_error", "no_model_allowed")),
    (BodyTooLarge, (413, "invalid_request_error", "body_too_large")),
    (ValidationError, (400, "invalid_request_error", "invalid_request")),
    (Unauthorized, (401, "authentication_error", "invalid_api_key")),
    (IdentityError, (403, "permission_error", "not_allowed")),
    (GenerationError, (502, "server_error", "upstream_failed")),
)
PASSED_ON = (400, 404, 422)
"""Statuses of a provider that speak of the request and not of the provider."""


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
            {
                "provider": t.provider,
                "endpoint": t.endpoint,
                "model": t.model,
                "outcome": t.outcome,
                "reason": t.reason,
            }
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
    # OpenAI's own clients try a 429 and a 5xx again, whatever it says, unless they are told this.
    headers = {} if error.retryable else {"x-should-retry": "false"}
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
