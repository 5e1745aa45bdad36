"""Route: read the question and decide which tool it is for; no model is needed."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from langgraph.types import Command

from clearway.graph.context import Context
from clearway.graph.ports import Services
from clearway.graph.state import Ending, RouteState, State
from clearway.graph.turn import principal_of
from clearway.semantics.types import Frame, Route

ABSENT = {
    "docs": (
        "No documents are connected, so this cannot be looked up.",
        "Ask about the data: `clearway catalog show` lists what there is.",
    ),
    "rest": (
        "No services are connected, so this cannot be checked.",
        "Ask about the data: `clearway catalog show` lists what there is.",
    ),
}


async def route(
    state: State, context: Context, services: Services
) -> Command[Literal["recall", "clarify", "respond"]]:
    """Write the Frame and the route; end the turn where no connected tool can answer."""
    request = state["request"]
    principal = principal_of(request)
    memory = state.get("memory")
    frame = services.semantics.read(
        request["text"],
        principal,
        now=datetime.fromisoformat(request["asked_at"]),
        zone=request["timezone"],
        previous=Frame.from_json(memory) if memory else None,
    )
    decided = services.semantics.route(request["text"], frame, principal)
    update: State = {"frame": frame.to_json(), "route": route_state(decided)}
    ending = dead_end(decided)
    if ending is not None:
        return Command(goto="respond", update={**update, "ending": ending})
    return Command(goto="recall", update=update)


def route_state(decided: Route) -> RouteState:
    """Return the route as the state keeps it."""
    return {
        "tool": decided.tool,
        "confidence": decided.confidence,
        "reason": decided.reason,
        "runners_up": [(tool, score) for tool, score in decided.runners_up],
        "raw_sql": decided.raw_sql,
    }


def dead_end(decided: Route) -> Ending | None:
    """Return why a route leads nowhere, or None."""
    if decided.refuse or decided.tool == "none":
        return {"kind": "refused", "reason": decided.reason, "remedy": decided.remedy}
    if decided.tool in ABSENT:
        reason, remedy = ABSENT[decided.tool]
        return {"kind": "refused", "reason": reason, "remedy": remedy}
    return None
