"""How providers stand: what they are, what they did in all processes, and what they may do now."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from clearway.errors import ClearwayError
from clearway.llm.admission.in_process import ALERT_FAILURES
from clearway.llm.admission.totals import ModelTotals
from clearway.llm.face.access import Caller
from clearway.llm.face.circuits import health_json
from clearway.llm.face.face import Face
from clearway.llm.ports import Health
from clearway.llm.providers.specs import Provider
from clearway.llm.status import ProviderStatus


@dataclass(frozen=True)
class Standing:
    """The pages that say how things stand; money in `cost_usd` is exact, averages are numbers."""

    face: Face

    async def providers(self, request: Request, caller: Caller) -> Response:
        """Return every provider: its declaration, its record, its circuits."""
        found, totals = await asyncio.gather(self._statuses(), self.face.records.totals())
        registry = {each.id: each for each in self.face.router.preparing.parts.registry}
        health = await self._health()
        listed = [
            {
                **declared_json(registry[each.id]),
                **_status_json(each, totals),
                "id": each.id,
                "model": each.model,
                "endpoints": [health_json(h) for h in health if h.provider == each.id],
            }
            for each in found
        ]
        return JSONResponse({"providers": listed})

    async def status(self, request: Request, caller: Caller) -> Response:
        """Return capability, metrics and availability of every provider."""
        found, totals = await asyncio.gather(self._statuses(), self.face.records.totals())
        return JSONResponse({"providers": {each.id: _status_json(each, totals) for each in found}})

    async def analytics(self, request: Request, caller: Caller) -> Response:
        """Return what was routed where, and how that went."""
        records = self.face.records
        totals, outcomes, turnouts = await asyncio.gather(
            records.totals(), records.outcomes(), records.turnouts()
        )
        every = sum(each.attempts for each in totals)
        by_provider = {
            name: {
                **metrics_json(own := [t for t in totals if t.provider == name]),
                "share": round(sum(t.attempts for t in own) / every, 4) if every else 0.0,
            }
            for name in sorted({each.provider for each in totals})
        }
        return JSONResponse(
            {
                "total": metrics_json(totals),
                "providers": by_provider,
                "outcomes_last_day": outcomes,
                "limits_last_day": {
                    "allowed": turnouts.allowed,
                    "rejected": turnouts.rejected,
                    "rejection_rate": round(turnouts.rejection_rate, 4),
                },
            }
        )

    async def health_of_models(self, request: Request, caller: Caller) -> Response:
        """Return each model's failures and successes, over all endpoints it was called at."""
        parts = self.face.router.preparing.parts
        models = {p.id: p.model for p in parts.registry}
        models |= {name: routes[0].model for name, routes in parts.routes.items() if routes}
        by_model: dict[str, list[Health]] = {}
        for each in await self._health():
            by_model.setdefault(models.get(each.provider, each.provider), []).append(each)
        return JSONResponse(
            {"models": {model: _model_json(own) for model, own in sorted(by_model.items())}}
        )

    async def health(self, request: Request) -> Response:
        """Say that it lives, and how the circuits of its providers stand."""
        try:
            found = await self._health()
        except ClearwayError as error:
            return JSONResponse({"status": "unavailable", "reason": error.message}, status_code=503)
        circuits = {f"{each.provider}/{each.endpoint}": each.state for each in found}
        routes = [r.name for own in self.face.router.preparing.parts.routes.values() for r in own]
        shut = bool(routes) and all(circuits.get(name) == "open" for name in routes)
        return JSONResponse({"status": "degraded" if shut else "ok", "circuits": circuits})

    async def _statuses(self) -> Sequence[ProviderStatus]:
        return await self.face.router.status()

    async def _health(self) -> Sequence[Health]:
        return await self.face.router.admission.health()


def declared_json(provider: Provider) -> dict[str, Any]:
    """Return what is declared of a provider; nothing of its keys."""
    price = provider.price
    return {
        "name": provider.name,
        "priority": provider.priority,
        "price_per_million": None
        if price is None
        else {"input": str(price.input), "output": str(price.output)},
        "max_output_tokens": provider.max_output,
        "features": sorted(provider.features),
        "latency_ms": provider.latency_ms,
        "rate_limits": provider.limits.model_dump(),
        "clearance": provider.clearance,
        "residency": sorted({region for each in provider.endpoints for region in each.residency}),
        "breaker": provider.breaker,
        "retired": provider.retired and provider.retired.isoformat(),
        "simulated": provider.simulated is not None,
    }


def metrics_json(totals: Sequence[ModelTotals]) -> dict[str, Any]:
    """Return what calls add up to; latency over successes only."""
    requests, good = sum(t.attempts for t in totals), sum(t.succeeded for t in totals)
    cost = sum((t.cost_usd for t in totals), start=Decimal(0))
    return {
        "total_requests": requests,
        "successful_requests": good,
        "failed_requests": sum(t.failed for t in totals),
        "success_rate": round(good / requests, 4) if requests else 0.0,
        "avg_latency_ms": round(sum(t.latency_sum_s for t in totals) / good * 1000, 1)
        if good
        else 0.0,
        "avg_cost": float(cost / requests) if requests else 0.0,
        "total_cost": float(cost),
        "cost_usd": f"{cost.normalize():f}",
        "prompt_tokens": sum(t.prompt_tokens for t in totals),
        "completion_tokens": sum(t.completion_tokens for t in totals),
    }


def _status_json(status: ProviderStatus, totals: Sequence[ModelTotals]) -> dict[str, Any]:
    cost = status.cost_per_1k_tokens
    return {
        "capability": {
            "strengths": dict(status.strengths),
            "cost_per_1k_tokens": None if cost is None else float(cost),
            "max_context_tokens": status.max_context_tokens,
            "reliability_score": round(status.reliability_score, 4),
        },
        "metrics": metrics_json([t for t in totals if t.provider == status.id]),
        "circuits": dict(status.circuits),
        "available": status.available,
        "reason": status.reason,
    }


def _model_json(endpoints: Sequence[Health]) -> Mapping[str, Any]:
    """Return one model's health; of several endpoints the worst count, and the latest moments."""
    successes = [each.last_success for each in endpoints if each.last_success]
    failures = [each.last_failure for each in endpoints if each.last_failure]
    consecutive = max(each.consecutive_failures for each in endpoints)
    return {
        "consecutive_failures": consecutive,
        "alerting": consecutive >= ALERT_FAILURES,
        "total_requests": sum(each.total_requests for each in endpoints),
        "total_failures": sum(each.total_failures for each in endpoints),
        "last_success": max(successes).isoformat() if successes else None,
        "last_failure": max(failures).isoformat() if failures else None,
        "endpoints": [health_json(each) for each in endpoints],
    }
