"""Recall: a cached plan skips planning, and nothing else."""

from __future__ import annotations

from typing import Literal

from langgraph.types import Command

from clearway.errors import CacheError
from clearway.graph.context import Context
from clearway.graph.ports import Services
from clearway.graph.state import State
from clearway.graph.turn import noted, principal_of
from clearway.outcome import Degradation
from clearway.semantics.types import Frame


async def recall(
    state: State, context: Context, services: Services
) -> Command[Literal["plan", "gate"]]:
    """Look the Frame up; a cache that fails is a miss, and is said."""
    request, route, frame = state["request"], state["route"], state["frame"]
    if request["bypass_cache"] or route is None or route["raw_sql"] or frame is None:
        return Command(goto="plan", update={})
    try:
        found = await services.cache.recall(Frame.from_json(frame), principal_of(request))
    except CacheError as error:
        note = Degradation(kind="cache", detail=error.message)
        return Command(goto="plan", update={"degradations": noted(state, note)})
    if found is None:
        return Command(goto="plan", update={})
    plan, tier = found
    note = Degradation(kind="cache", detail=f"plan reused from the {tier} cache")
    return Command(
        goto="gate",
        update={
            "plan": plan.model_dump(mode="json"),
            "cache": tier,
            "degradations": noted(state, note),
        },
    )
