"""Circuit breakers: how they stand in all processes that share a store, and closing them."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from clearway.errors import ValidationError
from clearway.llm.face.access import Caller
from clearway.llm.face.bodies import Asked, asked_of
from clearway.llm.face.face import Face
from clearway.llm.ports import Health


class ResetAsked(Asked):
    """Whose circuits are to be closed; nobody's in particular: all."""

    provider: str | None = None


@dataclass(frozen=True)
class Circuits:
    """The pages of the circuits."""

    face: Face

    async def status(self, request: Request, caller: Caller) -> Response:
        """Return every circuit that was ever used, and when each opens."""
        parts = self.face.router.preparing.parts
        profiles = {provider.id: provider.breaker for provider in parts.registry}
        found = [
            {**health_json(each), "profile": profiles.get(each.provider)}
            for each in await self.face.router.admission.health()
        ]
        used = sorted({profiles[name] for name in parts.routes if name in profiles})
        return JSONResponse(
            {
                "circuit_breakers": found,
                "profiles": {name: asdict(parts.settings.breakers[name]) for name in used},
            }
        )

    async def reset(self, request: Request, caller: Caller) -> Response:
        """Close the circuits of one provider, or of all."""
        asked = await asked_of(ResetAsked, request, empty=True)
        if asked.provider is not None:
            known_provider(self.face, asked.provider)
        closed = await self.face.router.reset(asked.provider)
        return JSONResponse({"provider": asked.provider, "closed": closed})


def known_provider(face: Face, name: str) -> None:
    """Raise `ValidationError` for a provider there is not."""
    known = [provider.id for provider in face.router.preparing.parts.registry]
    if name not in known:
        raise ValidationError(
            f"provider: there is no {name[:100]!r}; there are {', '.join(known)}.", param="provider"
        )


def health_json(health: Health) -> dict[str, Any]:
    """Return how an endpoint stands."""
    return {
        "provider": health.provider,
        "endpoint": health.endpoint,
        "state": health.state,
        "consecutive_failures": health.consecutive_failures,
        "total_requests": health.total_requests,
        "total_failures": health.total_failures,
        "last_success": health.last_success and health.last_success.isoformat(),
        "last_failure": health.last_failure and health.last_failure.isoformat(),
        "retry_after_s": health.retry_after_s,
    }
