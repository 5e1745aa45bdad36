"""What each provider is, did and may do now: for status pages and people."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from clearway.llm.choice.measured import ProviderStats
from clearway.llm.ports import BreakerState, Health
from clearway.llm.providers.specs import Price, Provider, Task
from clearway.llm.requests.preparing import Parts

THOUSAND = 1_000


@dataclass(frozen=True, kw_only=True)
class ProviderStatus:
    """One provider: its declaration, its record since the process began, and its circuits."""

    id: str
    model: str
    strengths: Mapping[Task, float]
    cost_per_1k_tokens: Decimal | None
    """Mean of prompt and completion, in USD; None where the price is not known."""
    max_context_tokens: int
    reliability_score: float
    """Measured over declared."""
    metrics: ProviderStats
    circuits: Mapping[str, BreakerState]
    available: bool
    reason: str
    """Why it is not available; empty where it is."""


def status_of(provider: Provider, parts: Parts, health: Mapping[str, Health]) -> ProviderStatus:
    """Return how the provider stands; available is one with a route whose circuit is not open."""
    routes = parts.routes.get(provider.id, ())
    circuits = {r.endpoint: health[r.name].state for r in routes if r.name in health}
    shut = bool(routes) and all(circuits.get(route.endpoint) == "open" for route in routes)
    gone = parts.closed.get(provider.id)
    price = routes[0].price if routes else provider.price
    measured = [parts.measured.reliability(route) for route in routes]
    return ProviderStatus(
        id=provider.id,
        model=routes[0].model if routes else provider.model,
        strengths=provider.strengths,
        cost_per_1k_tokens=None if price is None else _per_thousand(price),
        max_context_tokens=routes[0].context if routes else provider.context,
        reliability_score=max(measured, default=provider.reliability),
        metrics=parts.measured.stats(provider.id),
        circuits=circuits,
        available=bool(routes) and not shut,
        reason=gone.reason if gone else ("every circuit is open" if shut else ""),
    )


def _per_thousand(price: Price) -> Decimal:
    return (price.input + price.output) / 2 / THOUSAND
