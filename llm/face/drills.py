"""The fault dial over HTTP: admins make a provider fail on purpose, for a while, on the record."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from pydantic import Field
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from clearway.errors import ConfigurationError
from clearway.llm.calls.dial import Drill, FileDial
from clearway.llm.face.access import Caller
from clearway.llm.face.bodies import Asked, asked_of
from clearway.llm.face.circuits import known_provider
from clearway.llm.face.face import Face
from clearway.llm.providers.specs import FailureKind

MOST_S = 86_400
"""A drill of more than a day is an outage."""


class DrillAsked(Asked):
    """Who is to fail, how, how often, and for how long."""

    provider: str
    kind: FailureKind = "503"
    rate: float = Field(default=1.0, gt=0, le=1, strict=True)
    """Share of the calls."""
    for_s: float = Field(default=300, gt=0, le=MOST_S, strict=True)


@dataclass(frozen=True)
class Drills:
    """The pages of the dial; the same drills as `clearway drill` of the same home."""

    face: Face

    async def start(self, request: Request, caller: Caller) -> Response:
        """Put a drill on, in place of the provider's last one; it ends by itself."""
        asked = await asked_of(DrillAsked, request)
        known_provider(self.face, asked.provider)
        drill = Drill(
            provider=asked.provider,
            kind=asked.kind,
            rate=asked.rate,
            until=datetime.now(UTC) + timedelta(seconds=asked.for_s),
            by=caller.principal.user,
        )
        self._dial().start(drill)
        return JSONResponse(drill.model_dump(mode="json"))

    async def stop(self, request: Request, caller: Caller) -> Response:
        """End one provider's drill, or all."""
        provider = request.query_params.get("provider")
        if provider is not None:
            known_provider(self.face, provider)
        return JSONResponse({"provider": provider, "stopped": self._dial().stop(provider)})

    async def listed(self, request: Request, caller: Caller) -> Response:
        """List what is on."""
        return JSONResponse({"drills": [d.model_dump(mode="json") for d in self._dial().drills()]})

    def _dial(self) -> FileDial:
        if self.face.dial is None:
            raise ConfigurationError("No fault dial is wired here: nothing can be made to fail.")
        return self.face.dial
