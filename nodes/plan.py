"""Plan: let the tool the question goes to propose; nothing is executed here."""

from __future__ import annotations

from typing import Literal

from langgraph.types import Command

from clearway.errors import ModelLimited, ModelUnavailable
from clearway.graph.context import Context
from clearway.graph.ports import Proposed, Services, Spending
from clearway.graph.state import State
from clearway.graph.turn import (
    abstention_state,
    asked_models,
    inquiry_of,
    noted,
    planned_text,
    spent,
)
from clearway.outcome import Degradation
from clearway.semantics.types import Abstention

UNREAD = Proposed(by=Abstention(reason="The question was not read."))


async def plan(
    state: State, context: Context, services: Services
) -> Command[Literal["gate", "fallback"]]:
    """Go on with a plan or with the reason why there is none; a failing model leads to fallback."""
    route = state["route"]
    if route is None or state.get("frame") is None:
        return decided(UNREAD, state, services)
    tool = services.tools[route["tool"]]
    try:
        proposed = await tool.plan(inquiry_of(state, services.clock.now()))
    except ModelUnavailable as error:
        return unavailable(error, state)
    return decided(proposed, state, services)


def unavailable(error: ModelUnavailable, state: State) -> Command[Literal["gate", "fallback"]]:
    """Let the rules try; where they cannot either, a limit says when to ask again."""
    limited = isinstance(error, ModelLimited)
    kind: Literal["limit", "fallback"] = "limit" if limited else "fallback"
    note = Degradation(kind=kind, detail=f"planner model: {error.message}")
    update: State = {"degradations": noted(state, note), "abstention": None}
    wait_s = error.details.get("retry_after_s")
    if limited and isinstance(wait_s, int | float):  # else waiting does not help
        why = Abstention(reason=error.message, retry_after_s=float(wait_s))
        update["abstention"] = abstention_state(why)
    return Command(goto="fallback", update=update)


def decided(
    proposed: Proposed, state: State, services: Services
) -> Command[Literal["gate", "fallback"]]:
    """Keep the plan, sealed as ours, and what it cost."""
    update: State = {"plan": None, "plan_seal": None, "abstention": None, "cache": "none"}
    if isinstance(proposed.by, Abstention):
        update["abstention"] = abstention_state(proposed.by)
    else:
        made = proposed.by.model_dump(mode="json")
        update |= {"plan": made, "plan_seal": services.seal.sign(planned_text(state, made))}
    if proposed.usage is not None:
        update["usage"] = spent(state, proposed.usage)
    if isinstance(proposed.usage, Spending):
        update["models"] = asked_models(state, proposed.usage)
    said = state.get("degradations", [])
    if notes := [each for each in proposed.notes if each.model_dump(mode="json") not in said]:
        update["degradations"] = noted(state, *notes)
    return Command(goto="gate", update=update)
