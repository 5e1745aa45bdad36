"""Execute: commit the audit intent, then run; the only node that reads what is asked for."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import Literal

from langgraph.types import Command

from clearway.errors import (
    ClearwayError,
    ExecutionError,
    RateLimitError,
    RequestTimeoutError,
    WriteUnsettled,
)
from clearway.graph.context import Context
from clearway.graph.keeping import forgotten, remembered
from clearway.graph.ports import AuditEvent, Ran, Rows, Services
from clearway.graph.record import closed, executed, executing
from clearway.graph.state import Ending, ResultState, State
from clearway.graph.turn import inquiry_of, noted, sealed_text, spent
from clearway.outcome import Degradation
from clearway.plans import CHECKED, PLAN, Rejection


async def execute(
    state: State, context: Context, services: Services
) -> Command[Literal["respond", "plan"]]:
    """Run what was sealed, for whom it was sealed; nothing runs before the intent is kept."""
    refusal = _unsealed(state, services)
    if refusal is not None:
        return Command(goto="respond", update={"ending": refusal})
    number = state.get("executions", 0) + 1
    intent = executing(state, "intent", number, services)
    await _intended(intent, services)
    update: State = {"executions": number}
    start = services.clock.monotonic()
    try:
        ran = await _run(state, services)
    except (ClearwayError, asyncio.CancelledError) as error:
        elapsed_ms = (services.clock.monotonic() - start) * 1000
        writes = bool((state["checked"] or {}).get("writes"))
        await services.audit.append(failed(intent, error, elapsed_ms, services, writes=writes))
        if isinstance(error, asyncio.CancelledError):
            raise
        if isinstance(error, ExecutionError | RequestTimeoutError):
            update |= await forgotten(state, services)
        return _after_failure({**state, **update}, update, error, services)
    elapsed_ms = (services.clock.monotonic() - start) * 1000
    update |= brought(state, ran, elapsed_ms, services)
    try:
        update |= await remembered({**state, **update}, ran.rows, elapsed_ms, services)
    except asyncio.CancelledError:
        await closed(services, executed({**state, **update}, services))
        raise
    return Command(goto="respond", update=update)


async def _intended(intent: AuditEvent, services: Services) -> None:
    """Put the intent on record; a caller who goes away meanwhile leaves it closed: nothing ran."""
    try:
        await services.audit.append(intent)
    except asyncio.CancelledError as error:
        await closed(services, failed(intent, error, 0.0, services))
        raise


def brought(state: State, ran: Ran, duration_ms: float, services: Services) -> State:
    """Return what came back of an execution, what it cost and what is to be said of it."""
    update: State = {
        "result": result_state(ran.rows, duration_ms, row_limit=services.policy.row_limit),
        "rows": [list(row) for row in ran.rows.rows],
        "answer": ran.answer.model_dump(mode="json") if ran.answer else None,
    }
    if ran.usage is not None:
        update["usage"] = spent(state, ran.usage)
    if ran.notes:
        update["degradations"] = noted(state, *ran.notes)
    return update


def result_state(rows: Rows, duration_ms: float, *, row_limit: int) -> ResultState:
    """Return what a checkpoint keeps of a result; as many rows as are allowed may not be all."""
    return {
        "columns": [column.model_dump(mode="json") for column in rows.columns],
        "row_count": len(rows.rows),
        "truncated": rows.truncated or len(rows.rows) >= row_limit,
        "result_hash": rows.result_hash,
        "duration_ms": round(duration_ms, 3),
    }


def failed(
    intent: AuditEvent,
    error: BaseException,
    duration_ms: float,
    services: Services,
    *,
    writes: bool = False,
) -> AuditEvent:
    """Return the outcome of an execution that did not finish.

    A write whose caller went away may have been done: to call it cancelled would deny that.
    """
    status = type(error).__name__
    if isinstance(error, asyncio.CancelledError):
        status = WriteUnsettled.__name__ if writes else "cancelled"
    return replace(
        intent,
        phase="outcome",
        at=services.clock.now(),
        success=False,
        status=status,
        duration_ms=duration_ms,
    )


def _unsealed(state: State, services: Services) -> Ending | None:
    """Return why the statement cannot be trusted: `validate` did not write it for this request.

    A client that may edit a thread's state could otherwise place one here.
    """
    request, checked, seal = state["request"], state.get("checked"), state.get("seal")
    if checked and seal and services.seal.verify(sealed_text(request, checked), seal):
        return None
    return {
        "kind": "refused",
        "reason": "The statement was not validated for this request.",
        "remedy": "Ask the question again.",
    }


async def _run(state: State, services: Services) -> Ran:
    checked = CHECKED.validate_python(state["checked"])
    inquiry = inquiry_of(state, services.clock.now())
    return await services.tools[checked.tool].run(checked, inquiry)


def _after_failure(
    state: State, update: State, error: ClearwayError, services: Services
) -> Command[Literal["respond", "plan"]]:
    """Let a model plan again where the statement itself was at fault; otherwise say what failed."""
    ending: Ending
    if isinstance(error, RateLimitError):
        ending = {
            "kind": "limited",
            "reason": error.message,
            "retry_after_s": error.retry_after_s,
        }
        return Command(goto="respond", update={**update, "ending": ending})
    if isinstance(error, WriteUnsettled):
        ending = {"kind": "needs_review", "reason": error.message}
        return Command(goto="respond", update={**update, "ending": ending})
    plan = PLAN.validate_python(state["plan"])
    rejected = state.get("rejected", [])
    learns = plan.source in ("model", "cache") and services.tools[plan.tool].learns
    at_fault = type(error) is ExecutionError and learns
    if not at_fault or len(rejected) >= services.policy.repair_rounds:
        ending = {"kind": "failed", "reason": error.message, "error": error.to_dict()}
        return Command(goto="respond", update={**update, "ending": ending})
    objection = Rejection(
        layer="database",
        rule=f"{plan.tool}.execution",
        reason=error.message,
        remedy="Write it differently.",
    )
    note = Degradation(kind="repair", detail=f"plan sent back: {objection.rule}")
    return Command(
        goto="plan",
        update={
            **update,
            "rejected": [*rejected, objection.model_dump(mode="json")],
            "degradations": noted(state, note),
        },
    )
