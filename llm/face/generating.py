"""Pipelines, code, SQL and YAML for an intent: made and parsed, and nothing of it is run."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from pydantic import Field
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from clearway.llm.artifacts.make import ArtifactMaker
from clearway.llm.artifacts.types import ArtifactRequest
from clearway.llm.face.access import Caller
from clearway.llm.face.bodies import asked_of
from clearway.llm.face.chat import trace_id_of, unless_gone
from clearway.llm.face.face import Face
from clearway.llm.face.fields import MOST_TOKENS
from clearway.llm.ports import Risk, Sensitivity
from clearway.llm.types import ChatRequest

MOST_BYTES = 5_000_000
"""Schemas and samples travel in the hints."""


class GenerateAsked(ArtifactRequest):
    """What is to be made, and what the policy goes by."""

    max_tokens: int | None = Field(default=None, gt=0, le=MOST_TOKENS)
    sensitivity: Sensitivity = "internal"
    risk: Risk = "low"
    residency: frozenset[str] = frozenset()
    budget_usd: Decimal | None = Field(default=None, gt=0)
    deadline_s: float | None = Field(default=None, gt=0, le=3600)


@dataclass(frozen=True)
class Generating:
    """The page of artifacts."""

    face: Face
    maker: ArtifactMaker

    async def generate(self, request: Request, caller: Caller) -> Response:
        """Return artifacts, who made them, and how much they are to be trusted."""
        asked = await asked_of(GenerateAsked, request, most=MOST_BYTES)
        wanted = ArtifactRequest(**{n: getattr(asked, n) for n in ArtifactRequest.model_fields})
        who = caller.principal
        asker = ChatRequest(
            messages=(),
            user=who.user,
            tenant=who.tenant,
            roles=who.roles,
            address=caller.address,
            sensitivity=asked.sensitivity,
            risk=asked.risk,
            residency=asked.residency,
            budget_usd=asked.budget_usd,
            deadline_s=asked.deadline_s,
            trace_id=trace_id_of(request),
        )
        made = await unless_gone(request, self.maker.generate(wanted, asker=asker))
        if made.cache_hit:
            await self.face.note("cache_hit")
        return JSONResponse(made.model_dump(mode="json"))
