"""How the router is set: deadlines, attempts, weights, and whose windows and purses are asked."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Literal

from clearway.errors import ConfigurationError
from clearway.llm.calls.patience import Patience
from clearway.llm.choice.score import Weights
from clearway.llm.ports import BreakerProfile, Purse, Window
from clearway.llm.providers.routes import Route
from clearway.llm.providers.specs import Price
from clearway.llm.types import ChatRequest
from clearway.resilience.breaker import PROFILES

SWIFT = BreakerProfile(recovery_s=20)
"""As `gateway`, but an endpoint that has recovered serves again within half a minute."""


@dataclass(frozen=True, kw_only=True)
class RouterSettings:
    """Every default works; money and limits are off until a number is given."""

    deadline_s: float = 30.0
    """For a request as a whole, where it does not say itself."""
    max_attempts: int = 4
    """Calls for one request, over all providers and endpoints."""
    tries_per_route: int = 3
    max_tokens: int | None = 4096
    """Generated at most where the request does not say; None: left to the provider."""
    budgeted_tokens: int | None = None
    """The same where there is a budget, which has to hold what might be generated."""
    max_answer_chars: int | None = None
    """A longer answer is an error; None: however long it is."""
    screens_answers: bool = False
    """Hide what the guardrails find in answers as well, where a model says it by itself."""
    fallbacks: int = 3
    on_no_candidates: Literal["wait", "error"] = "wait"
    """Where every provider asked for time: wait for the first where that is soon, or say so."""
    patience: Patience = field(default_factory=Patience)
    weights: Weights = field(default_factory=Weights)
    breakers: Mapping[str, BreakerProfile] = field(
        default_factory=lambda: {**PROFILES, "swift": SWIFT}
    )
    hedge_after_s: float | None = None
    """Ask the next route as well when the first has not answered by then; None: never."""
    user_requests: int | None = None
    user_tokens: int | None = None
    address_requests: int | None = None
    """Of one anonymous address."""
    address_tokens: int | None = None
    global_requests: int | None = None
    global_tokens: int | None = None
    window_s: float = 60.0
    user_day_usd: Decimal | None = None
    tenant_day_usd: Decimal | None = None
    global_day_usd: Decimal | None = None
    tenant_month_usd: Decimal | None = None
    unknown_price: Price | None = None
    """What budgets count a model at whose price is not known; None: they refuse it."""
    warning_ratio: float = 0.8
    """From this share of a purse on, cheaper models are preferred."""
    cache_ttl_s: float | None = None
    """How long a reply answers the same request again; None: it does not."""
    cache_scope: Literal["user", "tenant", "all"] = "user"
    """Whose requests may share a reply."""
    share_flights: bool = True
    """Identical requests at the same time call a model once, where flights are wired."""

    def windows(self, request: ChatRequest, route: Route, *, first: bool) -> list[Window]:
        """Return the windows an attempt counts in.

        Those of the caller count a request once, however often it is tried, and all its tokens.
        """
        limits, name = route.provider.limits, f"provider:{route.provider.id}"
        windows = []
        if limits.requests_per_minute:
            windows.append(Window(key=name, counts="requests", limit=limits.requests_per_minute))
        if limits.tokens_per_minute:
            windows.append(Window(key=name, counts="tokens", limit=limits.tokens_per_minute))
        user, address = f"user:{request.tenant}/{request.user}", f"address:{request.address}"
        by_address = request.address is not None
        if first:
            windows += self._of_callers(
                "requests",
                (user, self.user_requests),
                (address, self.address_requests if by_address else None),
                ("global", self.global_requests),
            )
        return windows + self._of_callers(
            "tokens",
            (user, self.user_tokens),
            (address, self.address_tokens if by_address else None),
            ("global", self.global_tokens),
        )

    def _of_callers(
        self, counts: Literal["requests", "tokens"], *asked: tuple[str, int | None]
    ) -> list[Window]:
        return [
            Window(key=key, counts=counts, limit=limit, seconds=self.window_s)
            for key, limit in asked
            if limit is not None
        ]

    def purses(self, request: ChatRequest, route: Route, request_id: str) -> list[Purse]:
        """Return the budgets an attempt is reserved in."""
        owner = f"{request.tenant}/{request.user}"
        asked = (
            (f"request:{request_id}", "call", request.budget_usd),
            (f"user:{owner}", "day", self.user_day_usd),
            (f"tenant:{request.tenant}", "day", self.tenant_day_usd),
            (f"tenant:{request.tenant}", "month", self.tenant_month_usd),
            (f"provider:{route.provider.id}", "day", route.provider.spend_ceiling_usd),
            ("global", "day", self.global_day_usd),
        )
        return [
            Purse(key=key, period=period, limit_usd=limit)  # type: ignore[arg-type]  # literals above
            for key, period, limit in asked
            if limit is not None
        ]

    def budget_of(self, request: ChatRequest) -> Decimal | None:
        """Return what the request may cost at most; None where no budget is set anywhere."""
        limits = [
            limit
            for limit in (
                request.budget_usd,
                self.user_day_usd,
                self.tenant_day_usd,
                self.tenant_month_usd,
                self.global_day_usd,
            )
            if limit is not None
        ]
        return min(limits) if limits else None

    def most_tokens(self, request: ChatRequest) -> int | None:
        """Return how much may be generated; None: what the provider allows."""
        asked = request.max_tokens or self.max_tokens
        if asked or self.budget_of(request) is None:
            return asked
        return self.budgeted_tokens

    @property
    def has_purses(self) -> bool:
        """Return whether any budget but a request's own is set."""
        return any(
            (self.user_day_usd, self.tenant_day_usd, self.tenant_month_usd, self.global_day_usd)
        )

    def check_breakers(self, used: Mapping[str, str]) -> None:
        """Raise `ConfigurationError` for a provider whose breaker profile there is not."""
        for provider, profile in used.items():
            if profile not in self.breakers:
                raise ConfigurationError(
                    f"Provider {provider!r} names the breaker profile {profile!r}; "
                    f"there are {', '.join(sorted(self.breakers))}."
                )
