"""Audit: close the record of the turn, and leave nothing personal behind in the state."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Literal

from langgraph.types import Command

from clearway.errors import Scalar
from clearway.graph.context import Context
from clearway.graph.ports import AuditEvent, Services
from clearway.graph.record import asking, executed, with_result
from clearway.graph.state import Json, State
from clearway.graph.turn import redacted, tool_of


async def audit(
    state: State, context: Context, services: Services
) -> Command[Literal["respond", "__end__"]]:
    """Commit what came of every step, in one batch; an Outcome lost in a crash is made again."""
    if state.get("outcome") is None:
        return Command(goto="respond", update={})
    await services.audit.append(*closing_events(state, services))
    return Command(goto="__end__", update=kept(state, services))


def kept(state: State, services: Services) -> State:
    """Return what stays in the thread after the turn, redacted."""
    redact = services.redactor.redact
    frame = state.get("frame")
    clean = redacted(frame, redact)
    read = frame if state.get("ending") is None else None
    # Where it was asked back, that chose what a reply goes on from.
    base = read if state.get("pending") is None else state.get("memory")
    return {
        # A follow-up may build on a Frame only if nothing in it had to be blacked out.
        "memory": _remembered(state, base if redacted(base, redact) == base else None),
        "request": {**state["request"], "text": redact(state["request"]["text"])},
        "frame": clean,
        "plan": redacted(state.get("plan"), redact),
        "checked": redacted(state.get("checked"), redact),
        "rows": None,
        "answer": None,
        "parts": [],
        "sent": [],
        "settled": [],
    }


def _remembered(state: State, frame: Json | None) -> Json | None:
    """Return what a follow-up builds on: what the data was asked last, whatever came between."""
    one = tool_of(state) == "sql" and not state.get("pieces")
    return frame if one else state.get("memory")


def closing_events(state: State, services: Services) -> list[AuditEvent]:
    """Return the outcome of the execution, if one succeeded, and of the request as a whole."""
    events = [_request_outcome(state, services)]
    if state.get("result") is not None:
        events.insert(0, executed(state, services))
    return events


def _request_outcome(state: State, services: Services) -> AuditEvent:
    request, record = state["request"], state["record"] or {}
    event = asking(request, "outcome", services)
    began = datetime.fromisoformat(request["asked_at"])
    return replace(
        with_result(event, state.get("result")),
        tool=record.get("tool", "none"),
        statement=record.get("sql"),
        success=record.get("kind") != "failed",
        status=str(record.get("kind", "")),
        duration_ms=(event.at - began).total_seconds() * 1000,
        details=_details(state, record),
    )


def _in_context(state: State) -> bool:
    """Return whether the question says what it means only where it was asked."""
    follows = bool((state.get("frame") or {}).get("follow_up"))
    return follows or bool(state["request"]["clarify_round"])


def _details(state: State, record: Json) -> dict[str, Scalar]:
    usage, models = record.get("usage", {}), state.get("models") or {}
    tried = ", ".join(f"{model}: {came}" for model, came in models.get("tried", {}).items())
    return {
        "confidence": record.get("confidence"),
        "plan_source": (state.get("plan") or {}).get("source"),
        "cache": record.get("cache"),
        "model": usage.get("model"),
        "models_tried": tried or None,
        "model_policy": models.get("policy") or None,
        "prompt_tokens": usage.get("prompt_tokens"),
        "completion_tokens": usage.get("completion_tokens"),
        "cost_usd": usage.get("cost_usd"),
        "message": record.get("message"),
        "in_context": _in_context(state) or None,
    }
