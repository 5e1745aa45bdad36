"""Plan: propose one statement. Raw SQL passes through; rules are asked first, then a model."""

from __future__ import annotations

import asyncio
import json
from typing import Literal

from langgraph.types import Command

from clearway.errors import ModelUnavailable
from clearway.graph.context import Context
from clearway.graph.ports import ModelRequest, PlannerModel, Proposal, Services
from clearway.graph.state import Json, State
from clearway.graph.turn import (
    abstention_state,
    asked_of,
    noted,
    planned_text,
    principal_of,
    remaining_s,
    withheld,
)
from clearway.identity import Principal
from clearway.outcome import Degradation, Usage
from clearway.plans import Rejection, SqlPlan
from clearway.semantics.types import Abstention, Frame

SURE = 0.9
"""From this stated confidence on, a rules plan spares the model's time and money."""
MAX_EXAMPLES = 5
"""Verified questions a model is shown."""


async def plan(
    state: State, context: Context, services: Services
) -> Command[Literal["gate", "fallback"]]:
    """Propose; nothing is executed here, and a model that fails leads to `fallback`."""
    request, route, frame = state["request"], state["route"], state["frame"]
    if route is not None and route["raw_sql"]:
        written = raw_plan(request["text"], services.policy.source_id)
        return _decided(WITHHELD if withheld(state) else written, state, services)
    if frame is None:
        return _decided(Abstention(reason="The question was not read."), state, services)
    principal = principal_of(request)
    by_rules = services.semantics.plan(Frame.from_json(frame), principal)
    settled = isinstance(by_rules, SqlPlan) and sure(by_rules) and not state.get("rejected")
    if services.model is None or settled:
        return _decided(by_rules, state, services)
    try:
        (by_model, usage), shared = await _by_model(state, services.model, services)
    except ModelUnavailable as error:
        note = Degradation(kind="fallback", detail=f"planner model: {error.message}")
        return Command(goto="fallback", update={"degradations": noted(state, note)})
    notes = noted(state, SHARED) if shared else state.get("degradations", [])
    spent = added(state.get("usage"), Usage() if shared else usage)
    paid: State = {"usage": spent.model_dump(mode="json"), "degradations": notes}
    return _decided(by_model, state, services, paid)


WITHHELD = Abstention(
    reason="A secret in the statement was left out, so it would not say what you wrote."
)
SHARED = Degradation(kind="cache", detail="plan shared with a request that asked the same just now")


async def _by_model(state: State, model: PlannerModel, services: Services) -> tuple[Proposal, bool]:
    """Ask the model, or wait for whoever asks it the same; a fresh plan is nobody else's."""

    async def propose() -> Proposal:
        request = _model_request(state, services, await verified(state, services))
        return await sampled(model, request, principal, services)

    principal, asked = principal_of(state["request"]), asked_of(state)
    if asked is None or state["request"]["bypass_cache"]:
        return await propose(), False
    return await services.flights.share(
        services.cache.key(asked) + lessons(state),
        propose,
        timeout_s=remaining_s(state["request"], services.clock.now()),
    )


async def sampled(
    model: PlannerModel, request: ModelRequest, principal: Principal, services: Services
) -> Proposal:
    """Ask as often as policy pays for, at once, and return what most replies agree on.

    A sample that fails is one less; `ModelUnavailable` only where all fail.
    """
    count = services.policy.model_samples
    if count <= 1:
        return await model.propose(request)
    asked = (model.propose(request) for _ in range(count))
    replies = await asyncio.gather(*asked, return_exceptions=True)
    made = [reply for reply in replies if not isinstance(reply, BaseException)]
    if not made:
        raise next(reply for reply in replies if isinstance(reply, BaseException))
    usage = made[0][1]
    for _, spent in made[1:]:
        usage = added(usage.model_dump(mode="json"), spent)
    plans = [plan for plan, _ in made if isinstance(plan, SqlPlan)]
    if not plans:
        return made[0][0], usage
    return services.semantics.most_agreed(plans, principal), usage


def raw_plan(text: str, source_id: str) -> SqlPlan:
    """Return the statement a person wrote themselves; what it means is their business."""
    return SqlPlan(
        source="raw",
        source_id=source_id,
        sql=text,
        stated_confidence=1.0,
        explanation="The question is itself a SQL statement.",
    )


def sure(proposal: SqlPlan) -> bool:
    """Return whether a rules plan explains the question well enough to stand alone."""
    return proposal.stated_confidence >= SURE


def added(before: Json | None, usage: Usage) -> Usage:
    """Return the usage of the turn so far with one more model call."""
    if before is None:
        return usage
    total = Usage.model_validate(before)
    return Usage(
        model=usage.model,
        prompt_tokens=total.prompt_tokens + usage.prompt_tokens,
        completion_tokens=total.completion_tokens + usage.completion_tokens,
        cost_usd=None
        if total.cost_usd is None or usage.cost_usd is None
        else total.cost_usd + usage.cost_usd,
    )


async def verified(state: State, services: Services) -> str:
    """Return questions the owner verified that are like this one, as the prompt shows them."""
    if services.verified is None:
        return ""
    request = state["request"]
    found = await services.verified.examples(
        request["text"], principal_of(request), limit=MAX_EXAMPLES
    )
    if not found:
        return ""
    lines = (f"- {json.dumps(each.question)} -> {json.dumps({'sql': each.sql})}" for each in found)
    return "\n".join(("", "Questions answered right over this schema before, as data:", *lines))


def instructions(state: State, services: Services, examples: str = "") -> str:
    """Return the planner prompt: only what the principal may see, and what was rejected so far."""
    request = state["request"]
    frame = Frame.from_json(state["frame"] or {})
    return services.plan_prompt.format(
        schema=services.semantics.prompt_schema(frame, principal_of(request)),
        now=request["asked_at"],
        zone=request["timezone"],
        row_limit=services.policy.row_limit,
        rejections=examples + lessons(state),
    )


def lessons(state: State) -> str:
    """Return what earlier proposals of this turn got wrong, for the model to avoid."""
    rejected = [Rejection.model_validate(each) for each in state.get("rejected", [])]
    if not rejected:
        return ""
    said = "\n".join(f"- {each.reason} {each.remedy}" for each in rejected)
    return f"\nYour earlier proposals were rejected:\n{said}"


def _model_request(state: State, services: Services, examples: str) -> ModelRequest:
    request, policy = state["request"], services.policy
    left_s = remaining_s(request, services.clock.now())
    return ModelRequest(
        instructions=instructions(state, services, examples),
        question=request["text"],
        source_id=policy.source_id,
        timeout_s=max(min(policy.model_timeout_s, left_s), 0.0),
    )


def _decided(
    by: SqlPlan | Abstention, state: State, services: Services, paid: State | None = None
) -> Command[Literal["gate", "fallback"]]:
    """Go on with a plan, sealed as ours, or with the reason why there is none."""
    update: State = {"plan": None, "plan_seal": None, "abstention": None, "cache": "none"}
    if isinstance(by, Abstention):
        update["abstention"] = abstention_state(by)
    else:
        made = by.model_dump(mode="json")
        update |= {"plan": made, "plan_seal": services.seal.sign(planned_text(state, made))}
    return Command(goto="gate", update={**update, **(paid or {})})
