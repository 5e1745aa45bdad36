"""What was tried for a request and what came of it: one's own, and for admins everybody's."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any

from pydantic import Field, StringConstraints
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from clearway.llm.admission.records import Owner, Step, Trace
from clearway.llm.face.access import Caller, Forbidden
from clearway.llm.face.bodies import Asked, parsed
from clearway.llm.face.face import Face
from clearway.llm.face.wire import redacted

MOST = 200
Word = Annotated[str, StringConstraints(max_length=200, pattern=r"^[^\x00]*$")]
"""What a database can hold as text."""


class TracesAsked(Asked):
    """Which traces; `user` and `tenant` are for admins."""

    limit: int = Field(default=50, ge=1, le=MOST)
    trace_id: Word | None = None
    user: Word | None = None
    tenant: Word = "default"


@dataclass(frozen=True)
class Traces:
    """The page of traces; they hold no word of a prompt or an answer."""

    face: Face

    async def listed(self, request: Request, caller: Caller) -> Response:
        """Return the last requests, the newest first."""
        asked = parsed(TracesAsked, dict(request.query_params))
        found = await self.face.records.traces(
            owner=_whose(asked, caller), trace_id=asked.trace_id, limit=asked.limit
        )
        return JSONResponse({"traces": [trace_json(each) for each in found]})


def trace_json(trace: Trace) -> dict[str, Any]:
    """Return a request: each model and what came of it, then every call with its details."""
    return {
        # Callers choose these words, and some call themselves by an address.
        "trace_id": redacted(trace.trace_id),
        "request_id": trace.request_id,
        "user": redacted(trace.user),
        "tenant": trace.tenant,
        "task": trace.task,
        "began_at": trace.steps[0].began_at.isoformat(),
        "trace": trace.outcomes,
        "attempts": [_step_json(step) for step in trace.steps],
    }


def _whose(asked: TracesAsked, caller: Caller) -> Owner | None:
    who = caller.principal
    if caller.is_admin:
        return None if asked.user is None else Owner(user=asked.user, tenant=asked.tenant)
    if asked.user not in (None, who.user):
        caller.must_be_admin()
    if not caller.reads_own:
        raise Forbidden("Traces are for callers with a name.")
    return Owner(user=who.user, tenant=who.tenant)


def _step_json(step: Step) -> dict[str, Any]:
    def ms(seconds: float | None) -> float | None:
        return None if seconds is None else round(seconds * 1000, 1)

    return {
        "number": step.number,
        "provider": step.provider,
        "endpoint": step.endpoint,
        "model": step.model,
        "outcome": step.outcome,
        "error": step.error,
        "http_status": step.http_status,
        "began_at": step.began_at.isoformat(),
        "latency_ms": ms(step.latency_s),
        "first_token_ms": ms(step.first_token_s),
        "prompt_tokens": step.prompt_tokens,
        "completion_tokens": step.completion_tokens,
        "cost_usd": None if step.cost_usd is None else f"{step.cost_usd.normalize():f}",
        "estimated": step.estimated,
    }
