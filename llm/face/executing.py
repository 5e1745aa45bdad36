"""A task with its risk, budget and sensitivity: who may do it, who did, and everything between."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from pydantic import AliasChoices, Field
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from clearway.errors import ClearwayError, PolicyDenied
from clearway.identity import APPROVE
from clearway.llm.admission.records import Owner
from clearway.llm.choice.classify import classify
from clearway.llm.face.access import Caller, Forbidden
from clearway.llm.face.bodies import Asked, asked_of
from clearway.llm.face.chat import allowed, trace_id_of, unless_gone
from clearway.llm.face.face import Face
from clearway.llm.face.fields import MOST_TOKENS
from clearway.llm.face.wire import journey_json
from clearway.llm.ports import PolicyDecision, PolicyQuery, Risk, Sensitivity
from clearway.llm.providers.specs import Task
from clearway.llm.requests.failures import of_approval, of_policy
from clearway.llm.types import ChatReply, ChatRequest
from clearway.resilience.clock import SystemIds

log = logging.getLogger(__name__)

STEPS_TOLD = 10
"""Requests one task may have become, where its prompt had to be shortened."""


class TaskAsked(Asked):
    """A task in words, and what the policy goes by."""

    task: str = Field(min_length=1)
    risk: Risk = "low"
    sensitivity: Sensitivity = "internal"
    budget_usd: Decimal | None = Field(
        default=None, gt=0, validation_alias=AliasChoices("budget_usd", "budget")
    )
    """Most it may cost, over all attempts."""
    residency: frozenset[str] = frozenset()
    kind: Task | None = None
    """None: told from the words."""
    instructions: str = ""
    max_tokens: int | None = Field(default=None, gt=0, le=MOST_TOKENS)
    temperature: float | None = Field(default=None, ge=0, le=2)
    deadline_s: float | None = Field(default=None, gt=0, le=3600)
    preference: str | None = None
    workflow: str = Field(default="", max_length=100)
    bypass_cache: bool = False
    approved: bool = False
    """A person has approved it; counts from callers who may approve."""


@dataclass(frozen=True)
class Executing:
    """The page of tasks."""

    face: Face

    async def execute(self, request: Request, caller: Caller) -> Response:
        """Decide by the policy, then ask the models it allows; a refusal says why as well."""
        asked = await asked_of(TaskAsked, request)
        if asked.approved and not (caller.is_admin or APPROVE in caller.principal.scopes):
            raise Forbidden(f"approved: this takes a key with the scope {APPROVE}.", scope=APPROVE)
        wanted = _request_of(asked, caller, trace_id_of(request) or SystemIds().trace_id())
        wanted = allowed(self.face, wanted)
        ruling = self._ruling(wanted)
        if denied := _denied(ruling, approved=asked.approved):
            return await self.face.failed(denied, policy_json(ruling))
        try:
            reply = await unless_gone(request, self.face.router.generate(wanted))
        except ClearwayError as error:
            return await self._failed(error, wanted, ruling)
        if reply.cache_hit:
            await self.face.note("cache_hit")
        return JSONResponse(execution_json(reply, ruling))

    def _ruling(self, wanted: ChatRequest) -> PolicyDecision | None:
        policy = self.face.router.preparing.parts.policy
        if policy is None:
            return None
        return policy.decide(
            PolicyQuery(
                task=wanted.task or "",
                risk=wanted.risk,
                sensitivity=wanted.sensitivity,
                roles=wanted.roles,
                tenant=wanted.tenant,
                residency=wanted.residency,
                budget_usd=wanted.budget_usd,
            )
        )

    async def _failed(
        self, error: ClearwayError, wanted: ChatRequest, ruling: PolicyDecision | None
    ) -> Response:
        """Return the error with what was decided and tried before it."""
        told = {"trace_id": wanted.trace_id, "trace": await self._trace(wanted)}
        return await self.face.failed(error, {**policy_json(ruling), **told})

    async def _trace(self, wanted: ChatRequest) -> dict[str, str]:
        owner = Owner(user=wanted.user, tenant=wanted.tenant)
        try:
            found = await self.face.records.traces(
                owner=owner, trace_id=wanted.trace_id, limit=STEPS_TOLD
            )
        except ClearwayError as error:
            log.warning("trace_not_read", extra={"error": type(error).__name__})
            return {}
        return {model: said for each in reversed(found) for model, said in each.outcomes.items()}


def execution_json(reply: ChatReply, ruling: PolicyDecision | None) -> dict[str, Any]:
    """Return the output, who made it and under which rules, and what did not go as planned."""
    return {
        "output": reply.text,
        "model": reply.model,
        **journey_json(reply),
        **policy_json(ruling),
        "task": reply.task,
        "finish_reason": reply.finish_reason,
        "trace": reply.trace,
        "latency_ms": round(reply.latency_s * 1000, 1),
        "prompt_tokens": reply.usage.prompt,
        "completion_tokens": reply.usage.completion,
        "explanation": reply.explanation,
    }


def policy_json(ruling: PolicyDecision | None) -> dict[str, Any]:
    """Return what the rules said; null where there are none."""
    if ruling is None:
        return {"policy": None}
    return {
        "policy": {
            "version": ruling.version,
            "allowed": sorted(ruling.allowed),
            "endpoints": sorted(ruling.places),
            "guardrails": sorted(ruling.guardrails),
            "needs_approval": ruling.needs_approval,
            "reasons": list(ruling.reasons),
        }
    }


def _denied(ruling: PolicyDecision | None, *, approved: bool) -> PolicyDenied | None:
    """Return why the rules let nobody do it; None where they let somebody."""
    if ruling is None:
        return None
    if not ruling.allowed:
        return of_policy(ruling)
    return of_approval(ruling) if ruling.needs_approval and not approved else None


def _request_of(asked: TaskAsked, caller: Caller, trace_id: str) -> ChatRequest:
    system = {"role": "system", "content": asked.instructions}
    who = caller.principal
    return ChatRequest(
        messages=[
            *([system] if asked.instructions else []),
            {"role": "user", "content": asked.task},
        ],
        task=asked.kind or classify(asked.task).task,
        intent=asked.task,
        max_tokens=asked.max_tokens,
        temperature=asked.temperature,
        preference=asked.preference,
        sensitivity=asked.sensitivity,
        risk=asked.risk,
        roles=who.roles,
        residency=asked.residency,
        user=who.user,
        tenant=who.tenant,
        address=caller.address,
        trace_id=trace_id,
        workflow=asked.workflow,
        deadline_s=asked.deadline_s,
        budget_usd=asked.budget_usd,
        bypass_cache=asked.bypass_cache,
        approved=asked.approved,
    )
