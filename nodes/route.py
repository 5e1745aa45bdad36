"""Route: read the question and decide which tool it is for; no model is needed."""

from __future__ import annotations

from collections.abc import Container, Sequence
from datetime import datetime
from typing import Literal

from langgraph.types import Command

from clearway.graph.context import Context
from clearway.graph.pieces import sent_on
from clearway.graph.ports import Look, Services
from clearway.graph.record import asking
from clearway.graph.state import Ending, Request, RouteState, State
from clearway.graph.turn import inquiry_of, planned_text, principal_of, read_text, remaining_s
from clearway.graph.verified import VERIFIED, verified_plan
from clearway.outcome import Cell
from clearway.plans import SqlPlan
from clearway.semantics.types import Abstention, Frame, Route

LOOKUP_S = 2.0
"""How long a name may be looked for before the question is read without."""

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
) -> Command[Literal["recall", "gate", "clarify", "respond", "part"]]:
    """Write the Frame and the route; end the turn where no connected tool can answer.

    A question a reviewer verified a statement for needs no plan: it goes on with that.
    """
    request = state["request"]
    principal = principal_of(request)
    pieces = split(request, services)
    if pieces:
        return await _apart(state, pieces, services)
    memory = state.get("memory")
    now = datetime.fromisoformat(request["asked_at"])
    zone, previous = request["timezone"], Frame.from_json(memory) if memory else None
    semantics, text = services.semantics, request["text"]
    frame = semantics.read(text, principal, now=now, zone=zone, previous=previous)
    decided = semantics.route(text, frame, principal)
    if decided.tool == "sql" and not decided.raw_sql:
        frame = await semantics.ground(
            frame, principal, now=now, zone=zone, previous=previous, look=looking(request, services)
        )
    kept = frame.to_json()
    seal = services.seal.sign(read_text(request, kept))
    vouched = None if decided.raw_sql else await verified_plan(request, frame, services)
    if decided.unclaimed and vouched is None:
        decided = await _documented(decided, {**state, "frame": kept}, services)
    update: State = {"frame": kept, "read_seal": seal, "route": route_state(decided)}
    if vouched is not None:
        return Command(goto="gate", update=_vouched(vouched, {**state, **update}, services))
    ending = dead_end(decided, services.tools)
    if ending is not None:
        asks_back = ending["kind"] == "clarify"
        goto: Literal["clarify", "respond"] = "clarify" if asks_back else "respond"
        return Command(goto=goto, update={**update, "ending": ending})
    return Command(goto="recall", update=update)


def _vouched(plan: SqlPlan, state: State, services: Services) -> State:
    """Return a verified plan with what proves that it was found here, for this request."""
    known, proposal = state["route"], plan.model_dump(mode="json")
    certain: RouteState = {
        "tool": "sql",
        "confidence": 1.0,
        "reason": VERIFIED,
        "runners_up": known["runners_up"] if known else [],
        "raw_sql": False,
    }
    return {
        "frame": state["frame"],
        "read_seal": state["read_seal"],
        "route": certain,
        "plan": proposal,
        "plan_seal": services.seal.sign(planned_text(state, proposal)),
    }


async def _documented(decided: Route, state: State, services: Services) -> Route:
    """Return documents as the tool where they hold an answer nobody else claims to have.

    Only they can tell: words of a handbook are in no catalog. Where they do not, nothing changes;
    nor where the rules have a plan for the tool it goes to.
    """
    tool = services.tools.get("docs")
    if tool is None:
        return decided
    inquiry = inquiry_of(state, services.clock.now())
    if decided.tool != "none" and not isinstance(
        services.tools[decided.tool].by_rules(inquiry), Abstention
    ):
        return decided
    plan = tool.by_rules(inquiry)
    if isinstance(plan, Abstention):
        return decided
    found = await tool.weigh(plan, inquiry)
    sure = tool.confidence(found.evidence)
    threshold = max(state["request"]["threshold"], services.policy.min_confidence_threshold)
    if found.objection or sure < threshold:
        return decided
    return Route(tool="docs", confidence=sure, reason="Documents speak of it.")


def split(request: Request, services: Services) -> Sequence[str]:
    """Return the questions of a request for several tools; none where it is one, or a part."""
    if "part" in request:
        return ()
    now, zone = datetime.fromisoformat(request["asked_at"]), request["timezone"]
    return services.semantics.split(request["text"], principal_of(request), now=now, zone=zone)


async def _apart(
    state: State, pieces: Sequence[str], services: Services
) -> Command[Literal["recall", "gate", "clarify", "respond", "part"]]:
    """Send each piece on as a request of its own, on record, inside the deadline of the whole."""
    request, now = state["request"], services.clock.now()
    requests: list[Request] = [
        {
            **request,
            "request_id": services.ids.trace_id(),
            "text": piece,
            "timeout_s": remaining_s(request, now),
            "part": number,
        }
        for number, piece in enumerate(pieces, start=1)
    ]
    begin = (asking(each, "intent", services) for each in requests)
    await services.audit.append(*begin, durable=False)
    update: State = {"pieces": list(pieces), "sent": requests}
    return Command(goto=sent_on(state, requests), update=update)


def looking(request: Request, services: Services) -> Look:
    """Return the way to look names up for this request, inside its deadline."""

    async def look(sql: str) -> Sequence[Sequence[Cell]]:
        return await services.lookups.rows(
            sql,
            principal_of(request),
            request_id=request["request_id"],
            trace_id=request["trace_id"],
            timeout_s=min(LOOKUP_S, remaining_s(request, services.clock.now())),
        )

    return look


def route_state(decided: Route) -> RouteState:
    """Return the route as the state keeps it."""
    return {
        "tool": decided.tool,
        "confidence": decided.confidence,
        "reason": decided.reason,
        "runners_up": [(tool, score) for tool, score in decided.runners_up],
        "raw_sql": decided.raw_sql,
    }


def dead_end(decided: Route, connected: Container[str]) -> Ending | None:
    """Return why a route leads nowhere, or None."""
    if decided.unclear:
        prompt = f"{decided.reason} {decided.remedy}"
        return {"kind": "clarify", "reason": decided.reason, "prompt": prompt, "choices": []}
    if decided.refuse or decided.tool == "none":
        return {"kind": "refused", "reason": decided.reason, "remedy": decided.remedy}
    if decided.tool not in connected:
        reason, remedy = ABSENT[decided.tool]
        return {"kind": "refused", "reason": reason, "remedy": remedy}
    return None
