"""Who would serve a request, and why: decided, and nobody called."""

from __future__ import annotations

import json
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Literal

from pydantic import Field, JsonValue
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from clearway.llm.choice.decisions import Decision
from clearway.llm.face.access import Caller
from clearway.llm.face.bodies import Asked, asked_of
from clearway.llm.face.chat import allowed, trace_id_of
from clearway.llm.face.face import Face
from clearway.llm.face.fields import MOST_TOKENS
from clearway.llm.ports import Risk, Sensitivity
from clearway.llm.providers.specs import Task
from clearway.llm.types import ChatRequest

Mode = Literal["generate", "regenerate", "optimize", "debug", "describe", "analyze"]
OF_MODE: dict[Mode, Task] = {
    "optimize": "optimization",
    "debug": "debugging",
    "describe": "explanation",
    "analyze": "analysis",
}
Place = str | dict[str, JsonValue]
MOST_PLACES = 100


class RouteAsked(Asked):
    """What is to be done, from where to where; what a mode or the words say of it, or `task`."""

    intent: str = Field(min_length=1)
    sources: list[Place] = Field(default_factory=list, max_length=MOST_PLACES)
    targets: list[Place] = Field(default_factory=list, max_length=MOST_PLACES)
    mode: Mode = "generate"
    task: Task | None = None
    context: dict[str, JsonValue] = Field(default_factory=dict)
    """What else the model would be shown; its keys tell decisions apart."""
    response_format: Literal["text", "json_object", "json_schema"] = "text"
    max_tokens: int | None = Field(default=None, gt=0, le=MOST_TOKENS)
    preference: str | None = None
    sensitivity: Sensitivity = "internal"
    risk: Risk = "low"
    residency: frozenset[str] = frozenset()
    budget_usd: Decimal | None = Field(default=None, gt=0)


@dataclass
class Deciding:
    """The pages of decisions; each process keeps its own, and all forget theirs together."""

    face: Face
    cleared: int = 0
    """How often decisions had been cleared when this process last looked."""

    async def route(self, request: Request, caller: Caller) -> Response:
        """Return the decision; one that was made within the hour for the same is kept."""
        asked = await asked_of(RouteAsked, request)
        await self._forget_with_others()
        decision = self.face.router.preparing.decide(
            allowed(self.face, _request_of(asked, caller, trace_id_of(request))),
            sources=len(asked.sources),
            targets=len(asked.targets),
            mode=asked.mode,
            context_keys=frozenset(asked.context),
        )
        return JSONResponse(decision_json(decision))

    async def clear(self, request: Request, caller: Caller) -> Response:
        """Forget the decisions that are kept; the count is of this process's own."""
        await self.face.records.note("decisions_cleared")
        return JSONResponse({"cleared": self.face.router.preparing.decisions.clear()})

    async def _forget_with_others(self) -> None:
        cleared = await self.face.records.noted("decisions_cleared")
        if cleared != self.cleared:
            self.face.router.preparing.decisions.clear()
            self.cleared = cleared


def decision_json(decision: Decision) -> dict[str, Any]:
    """Return who would serve, what that would cost, and why not the others."""
    return {
        "provider": decision.provider,
        "confidence": round(decision.confidence, 4),
        "reasoning": decision.reasoning,
        "fallback_providers": list(decision.fallback_providers),
        "estimated_cost": decision.estimated_cost_usd,
        "estimated_latency_ms": round(decision.estimated_latency_ms, 1),
        "task": decision.task,
        "excluded": dict(decision.excluded),
        "cached": decision.cached,
    }


def _request_of(asked: RouteAsked, caller: Caller, trace_id: str) -> ChatRequest:
    shown = {
        name: value for name in ("sources", "targets", "context") if (value := getattr(asked, name))
    }
    system = {"role": "system", "content": json.dumps(shown, ensure_ascii=False)}
    who = caller.principal
    return ChatRequest(
        messages=[*([system] if shown else []), {"role": "user", "content": asked.intent}],
        task=asked.task or OF_MODE.get(asked.mode),
        intent=asked.intent,
        max_tokens=asked.max_tokens,
        response_format=None
        if asked.response_format == "text"
        else {"type": asked.response_format},
        preference=asked.preference,
        sensitivity=asked.sensitivity,
        risk=asked.risk,
        residency=asked.residency,
        budget_usd=asked.budget_usd,
        user=who.user,
        tenant=who.tenant,
        roles=who.roles,
        trace_id=trace_id,
    )
