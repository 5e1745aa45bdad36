"""What goes on record of a turn: the request as a whole, and each execution."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from typing import Literal

from clearway.errors import ClearwayError
from clearway.graph.ports import AuditEvent, Services
from clearway.graph.state import Request, ResultState, State
from clearway.graph.turn import principal_of
from clearway.plans import CHECKED

Phase = Literal["intent", "outcome"]


def asking(request: Request, phase: Phase, services: Services) -> AuditEvent:
    """Return the event of the request as a whole; callers add what came of it."""
    return AuditEvent(
        request_id=request["request_id"],
        trace_id=request["trace_id"],
        step="ask",
        phase=phase,
        action="ask",
        tool="none",
        source_id=services.policy.source_id,
        principal=principal_of(request),
        at=services.clock.now(),
        input=request["text"],
    )


def executing(state: State, phase: Phase, number: int, services: Services) -> AuditEvent:
    """Return the event of the turn's `number`th execution; callers add what came of it."""
    request = state["request"]
    checked = CHECKED.validate_python(state["checked"])
    return AuditEvent(
        request_id=request["request_id"],
        trace_id=request["trace_id"],
        step=f"execute-{number}",
        phase=phase,
        action="execute",
        tool=checked.tool,
        source_id=checked.source_id,
        principal=principal_of(request),
        at=services.clock.now(),
        input=checked.statement,
        statement=checked.statement,
    )


def executed(state: State, services: Services) -> AuditEvent:
    """Return the outcome of the turn's last execution, which brought a result."""
    event = executing(state, "outcome", state.get("executions", 1), services)
    result = state.get("result")
    duration_ms = result["duration_ms"] if result else None
    return replace(
        with_result(event, result), success=True, status="succeeded", duration_ms=duration_ms
    )


def with_result(event: AuditEvent, result: ResultState | None) -> AuditEvent:
    """Return the event with what is kept of a result: its columns, how many rows, and a hash."""
    if result is None:
        return event
    return replace(
        event,
        columns=tuple(column["name"] for column in result["columns"]),
        row_count=result["row_count"],
        result_hash=result["result_hash"],
    )


def cancelled(request: Request, services: Services) -> AuditEvent:
    """Return the outcome of a request whose caller went away."""
    event = asking(request, "outcome", services)
    return replace(event, success=False, status="cancelled")


async def closed(services: Services, *events: AuditEvent) -> None:
    """Put the last of a request on record whose caller goes; what cannot be, the sweep finds."""
    with suppress(ClearwayError):
        await services.audit.append(*events)


def turned_away(request: Request, services: Services) -> tuple[AuditEvent, AuditEvent]:
    """Return the record of a request that ended at the door: somebody else's conversation."""
    begin = asking(request, "intent", services)
    return begin, replace(begin, phase="outcome", success=False, status="denied")
