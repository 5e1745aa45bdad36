"""Telling the plan cache what came of a plan; a cache that fails costs nothing but a note."""

from __future__ import annotations

from clearway.errors import CacheError
from clearway.graph.ports import PlanRun, Rows, Services
from clearway.graph.state import State
from clearway.graph.turn import asked_of, noted_once, planned_text, read_text
from clearway.outcome import Degradation, Usage
from clearway.plans import PLAN


async def remembered(state: State, rows: Rows, duration_ms: float, services: Services) -> State:
    """Keep the plan that ran, or count its use; return what that adds to the turn."""
    plan, asked = PLAN.validate_python(state["plan"]), asked_of(state)
    # What a person vouched for is looked up by itself, and answers that question alone.
    if asked is None or plan.source == "verified" or not made_here(state, services):
        return {}
    run = PlanRun(
        execution_ms=duration_ms,
        row_count=len(rows.rows),
        result_bytes=rows.size_bytes,
        usage=Usage.model_validate(state.get("usage") or {}),
        tier=state.get("cache") or "none",
        bypassed=state["request"]["bypass_cache"],
    )
    try:
        await services.cache.remember(asked, plan, run)
    except CacheError as error:
        return _note(state, error)
    return {}


async def forgotten(state: State, services: Services) -> State:
    """Drop the plan that ran from the cache, if it came from there; return what that adds."""
    plan, asked = state.get("plan") or {}, asked_of(state)
    if plan.get("source") != "cache" or asked is None:
        return {}
    try:
        await services.cache.forget(asked)
    except CacheError as error:
        return _note(state, error)
    return {}


def made_here(state: State, services: Services) -> bool:
    """Return whether this deployment read the question and made the plan, for this very request.

    A client that may edit a thread's state could otherwise plant a plan for others to find.
    """
    read, planned = state.get("read_seal") or "", state.get("plan_seal") or ""
    return services.seal.verify(
        read_text(state["request"], state.get("frame")), read
    ) and services.seal.verify(planned_text(state, state.get("plan")), planned)


def _note(state: State, error: CacheError) -> State:
    return {
        "degradations": noted_once(state, Degradation(kind="cache", detail=error.message)),
    }
