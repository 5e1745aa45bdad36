"""Recall: a cached plan skips planning, and nothing else."""

from __future__ import annotations

from typing import Literal

from langgraph.types import Command

from clearway.graph.context import Context
from clearway.graph.ports import Services
from clearway.graph.state import State
from clearway.graph.turn import asked_of, noted, planned_text
from clearway.outcome import Degradation


async def recall(
    state: State, context: Context, services: Services
) -> Command[Literal["plan", "gate"]]:
    """Look the Frame up; a cache that fails is a miss, and is said."""
    asked = asked_of(state)
    if state["request"]["bypass_cache"] or asked is None:
        return Command(goto="plan", update={})
    found = await services.cache.recall(asked)
    notes = [Degradation(kind="cache", detail=found.trouble)] if found.trouble else []
    if found.plan is None:
        return Command(goto="plan", update={"degradations": noted(state, *notes)} if notes else {})
    how = ", its values bound anew" if found.match == "template" else ""
    reused = Degradation(kind="cache", detail=f"plan reused from the {found.tier} cache{how}")
    plan = found.plan.model_dump(mode="json")
    return Command(
        goto="gate",
        update={
            "plan": plan,
            "plan_seal": services.seal.sign(planned_text(state, plan)),
            "cache": found.tier,
            "cache_match": found.match,
            "degradations": noted(state, *notes, reused),
        },
    )
