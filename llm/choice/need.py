"""What a request needs of whoever serves it, and why a provider cannot."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Literal

from clearway.llm.admission.money import at_least, at_most, counted_at, worst_case
from clearway.llm.ports import PolicyDecision, Sensitivity
from clearway.llm.providers.routes import Route
from clearway.llm.providers.specs import Feature, Price, Task

LOCAL = "local"
ANSWER_TOKENS = 1_024
"""Kept free for an answer whose length nobody has said."""


@dataclass(frozen=True, kw_only=True)
class Need:
    """One request, as far as choosing is concerned."""

    task: Task
    prompt_tokens: int = 0
    max_tokens: int = 0
    """Of one answer."""
    answers: int = 1
    """How many are written to the prompt: each has the context to itself, and all are billed."""
    features: frozenset[Feature] = frozenset()
    sensitivity: Sensitivity = "internal"
    residency: frozenset[str] = frozenset()
    budget_usd: Decimal | None = None
    """What this request may still cost; None where no purse asks."""
    unknown_price: Price | None = None
    """What a model costs at most whose price is not known; None: it has no place in a budget."""
    preference: str | None = None
    order: tuple[str, ...] = ()
    policy: PolicyDecision | None = None
    waiting: Mapping[str, tuple[str, float]] = field(default_factory=dict)
    """Routes that asked to be left alone: why, and for how many seconds more."""
    cost_heavy: bool = False
    today: date | None = None

    @property
    def tokens(self) -> int:
        """Return what must fit into the context."""
        return self.prompt_tokens + self.max_tokens


Why = Literal["order", "policy", "ability", "length", "money", "state", "waiting"]
"""What keeps a route from a request; `waiting` ends by itself."""


@dataclass(frozen=True, kw_only=True)
class Unfit:
    """Why a route may not or cannot serve a request."""

    why: Why
    words: str


def unfit(need: Need, route: Route, *, latency_ms: float | None = None) -> Unfit | None:
    """Return why the route may not or cannot serve the request; None: it can."""
    asked: tuple[tuple[Why, Callable[[], str | None]], ...] = (
        ("order", lambda: _by_order(need, route)),
        ("policy", lambda: _by_policy(need, route)),
        ("ability", lambda: _by_ability(need, route)),
        ("length", lambda: _by_length(need, route)),
        ("money", lambda: _by_money(need, route)),
        ("state", lambda: _by_latency(route, latency_ms)),
        ("waiting", lambda: _by_waiting(need, route)),
    )
    told = ((why, words()) for why, words in asked)
    return next((Unfit(why=why, words=words) for why, words in told if words), None)


def _by_order(need: Need, route: Route) -> str | None:
    wanted = not need.order or route.provider.id in need.order
    return None if wanted else "it is not in the order asked for"


def _by_policy(need: Need, route: Route) -> str | None:
    provider = route.provider
    if not provider.cleared_for(need.sensitivity):
        return f"it is cleared for {provider.clearance} data, not for {need.sensitivity}"
    # What runs on the operator's own machines goes to no region at all.
    abroad = route.residency - {LOCAL} - need.residency
    if need.residency and (abroad or not route.residency):
        where = ", ".join(sorted(route.residency)) or "an undeclared place"
        return f"data would go to {where}, not to {', '.join(sorted(need.residency))}"
    if need.policy is not None and route.place not in need.policy.places:
        rule = need.policy.denied.get(route.place, "it is no place the rules know of")
        return f"policy {need.policy.version[:8]} does not allow it: {rule}"
    return None


def _by_ability(need: Need, route: Route) -> str | None:
    provider = route.provider
    named = provider.id == need.preference or provider.id in need.order
    if provider.retired is not None and not named:
        return f"its vendor retired it on {provider.retired}"
    if missing := sorted(need.features - provider.features):
        return f"it lacks {', '.join(missing)}"
    return None


def _by_length(need: Need, route: Route) -> str | None:
    provider = route.provider
    tokens = need.prompt_tokens + min(need.max_tokens, provider.max_output)
    if route.context_declared and tokens > route.context:
        return f"{tokens} tokens do not fit into its context of {route.context}"
    return None


def _by_money(need: Need, route: Route) -> str | None:
    if need.budget_usd is None:
        return None
    price = counted_at(route, need.unknown_price)
    if price is None:
        return "its price is not known, and there is a budget"
    generated = min(need.max_tokens or route.provider.max_output, route.provider.max_output)
    dearest = worst_case(price, need.prompt_tokens, generated * need.answers)
    if dearest > need.budget_usd:
        if route.price is None:
            return (
                f"its price is not known, at the ceiling it could cost {at_most(dearest)}, and "
                f"{at_least(need.budget_usd)} is left"
            )
        return f"it could cost {at_most(dearest)}, and {at_least(need.budget_usd)} is left"
    return None


def _by_latency(route: Route, latency_ms: float | None) -> str | None:
    ceiling = route.provider.latency_ceiling_ms
    if ceiling is not None and latency_ms is not None and latency_ms > ceiling:
        return f"it takes {latency_ms:.0f} ms, more than its {ceiling:.0f} ms"
    return None


def _by_waiting(need: Need, route: Route) -> str | None:
    if route.name in need.waiting:
        why, seconds = need.waiting[route.name]
        return f"{why}; it may be asked again in {seconds:.0f} s"
    return None


def kept_free(route: Route, max_tokens: int | None) -> int:
    """Return what of a context the answer needs."""
    most = route.provider.max_output
    return min(max_tokens, most) if max_tokens else min(ANSWER_TOKENS, most, route.context // 4)
