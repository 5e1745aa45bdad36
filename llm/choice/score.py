"""How well a route suits a request: 0 to 1, and what that is made of."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace

from clearway.llm.admission.money import worst_case
from clearway.llm.choice.measured import Measured
from clearway.llm.choice.need import Need
from clearway.llm.providers.routes import Route

UNNAMED_STRENGTH = 0.5
ROOMY = 8.0
"""A context this many times what is needed counts as all the room one could want."""
HALF_WORTH_USD = 0.01
"""A call that costs this much is worth half of one that costs nothing."""
HALF_WORTH_MS = 2_000.0
ALL_FEATURES = 5
COST_HEAVY = 0.30
"""Share of the cost once a budget runs low."""


@dataclass(frozen=True, kw_only=True)
class Weights:
    """What each term counts; they are divided by their sum."""

    strength: float = 0.40
    reliability: float = 0.20
    context: float = 0.20
    cost: float = 0.10
    latency: float = 0.05
    features: float = 0.05
    validated: float = 0.0
    """Answers that pass the checks after them, and what each costs; off unless any are judged."""
    boost: float = 0.15
    """Added for the provider the user prefers."""

    def cost_heavy(self) -> Weights:
        """Return the same proportions with the cost at 30 % of the sum."""
        others = self.total() - self.cost
        return replace(self, cost=others * COST_HEAVY / (1 - COST_HEAVY))

    def total(self) -> float:
        """Return the sum of the terms that make up the score."""
        terms = (self.strength, self.reliability, self.context, self.cost, self.latency)
        return sum(terms) + self.features + self.validated


def weights_of(given: Mapping[str, float]) -> Weights:
    """Return the weights with some of them changed; raise `ValueError` naming what is wrong."""
    known = [each.name for each in fields(Weights)]
    if unknown := sorted(set(given) - set(known)):
        raise ValueError(f"{', '.join(unknown)}: the terms are {', '.join(known)}")
    if wrong := [name for name, weight in given.items() if not 0 <= weight < float("inf")]:
        raise ValueError(f"{', '.join(wrong)}: a weight is 0 or more")
    weights = replace(Weights(), **given)
    if weights.total() <= 0:
        raise ValueError("some term has to count")
    return weights


@dataclass(frozen=True, kw_only=True)
class Score:
    """A route's score and its terms, each 0 to 1 before weighing."""

    value: float
    terms: dict[str, float]
    cost_usd: float | None
    """Estimated for the whole call; None where the price is not known."""
    latency_ms: float


def score(need: Need, route: Route, measured: Measured, weights: Weights) -> Score:
    """Return how well the route suits; pure but for what was measured."""
    if need.cost_heavy:
        weights = weights.cost_heavy()
    cost = expected_cost_usd(need, route)
    latency_ms = measured.latency_ms(route)
    room = route.context / max(need.tokens, 1)
    terms = {
        "strength": route.provider.strengths.get(need.task, UNNAMED_STRENGTH),
        "reliability": measured.reliability(route),
        "context": min(1.0, room / ROOMY),
        "cost": _worth(cost),
        "latency": HALF_WORTH_MS / (HALF_WORTH_MS + latency_ms),
        "features": len(route.provider.features) / ALL_FEATURES,
        "validated": _worth_validated(cost, measured.validity(route.model)),
    }
    weighed = sum(getattr(weights, name) * term for name, term in terms.items())
    value = weighed / weights.total() * route.provider.weight
    if route.provider.id == need.preference:
        value += weights.boost
    return Score(value=min(1.0, value), terms=terms, cost_usd=cost, latency_ms=latency_ms)


def _worth(cost_usd: float | None) -> float:
    return 0.0 if cost_usd is None else HALF_WORTH_USD / (HALF_WORTH_USD + cost_usd)


def _worth_validated(cost_usd: float | None, share: float) -> float:
    """Return the share of answers that pass, weighed by the calls that one of them takes."""
    return share * _worth(None if cost_usd is None else cost_usd / share)


def expected_cost_usd(need: Need, route: Route) -> float | None:
    """Return what the call will probably cost: half of what may be generated."""
    if route.price is None:
        return None
    generated = need.max_tokens * need.answers // 2
    return float(worst_case(route.price, need.prompt_tokens, generated))
