"""What replies say: their JSON, and how long a service wants to be left alone."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from pydantic import JsonValue

from clearway.errors import ExecutionError, RateLimitError
from clearway.tools.rest.calling.failures import error_of
from clearway.tools.rest.calling.wire import Exchange
from clearway.tools.rest.declared.types import Operation

FIRST_WAIT_S = 0.1
LONGEST_WAIT_S = 5.0
RETRY_LATER_S = 60.0
"""What a caller is told to wait where a service limits us without saying for how long."""
LONGEST_RETRY_S = 86_400.0


def decoded(operation: Operation, reply: Exchange) -> JsonValue:
    """Return the JSON of a reply; what is not declared as JSON is not read as it.

    A write that succeeded did so whatever it says: what cannot be read of it is None.
    """
    if not reply.body or operation.method == "HEAD":
        return None
    try:
        return _json(operation, reply)
    except ExecutionError:
        if operation.reads:
            raise
        return None


def _json(operation: Operation, reply: Exchange) -> JsonValue:
    kind = reply.headers.get("content-type", "").split(";")[0].strip().lower()
    if kind != "application/json" and not kind.endswith("+json"):
        raise error_of(operation, "content_type", "its reply is not JSON")
    try:
        content: JsonValue = json.loads(reply.body)
        return content
    except (ValueError, RecursionError):
        raise error_of(operation, "content", "its reply is not the JSON it says it is") from None


def limited(operation: Operation, reply: Exchange, now: datetime) -> RateLimitError:
    """Return that a service takes no more calls, and until when."""
    asked = retry_after_s(reply.headers.get("retry-after", ""), now)
    return RateLimitError(
        f"The service {operation.service} takes no more calls at the moment.",
        retry_after_s=RETRY_LATER_S if asked is None else min(asked, LONGEST_RETRY_S),
        service=operation.service,
        status=reply.status,
    )


def retry_after_s(said: str, now: datetime) -> float | None:
    """Return the seconds a `Retry-After` asks for, as a number or a date; None where it is none."""
    said = said.strip()
    if said.isascii() and said.isdigit() and len(said) < 10:
        return float(said)
    try:
        at = parsedate_to_datetime(said)
        at = at if at.tzinfo else at.replace(tzinfo=UTC)
        return max((at - now).total_seconds(), 0.0)
    except (TypeError, ValueError, IndexError, OverflowError):
        return None


def backoff_s(attempt: int) -> float:
    """Return how long to wait after an attempt that failed, doubling from try to try."""
    return float(min(FIRST_WAIT_S * 2 ** (attempt - 1), LONGEST_WAIT_S))
