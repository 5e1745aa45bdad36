"""Which models may be asked about what, and under which conditions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Literal, Protocol

Sensitivity = Literal["public", "internal", "confidential", "restricted"]
Risk = Literal["low", "medium", "high"]


@dataclass(frozen=True, kw_only=True)
class PolicyQuery:
    """What the policy engine is asked about."""

    task: str
    risk: Risk = "low"
    sensitivity: Sensitivity = "internal"
    roles: frozenset[str] = frozenset()
    tenant: str = ""
    residency: frozenset[str] = frozenset()
    """Regions the data may go to; empty: any."""
    budget_usd: Decimal | None = None


@dataclass(frozen=True, kw_only=True)
class PolicyDecision:
    """Which providers may be used, and under what conditions; goes into the audit as it is."""

    version: str
    """Hash of the rules that decided."""
    allowed: frozenset[str]
    """Provider ids: those with an endpoint that may be asked."""
    places: frozenset[str]
    """The endpoints that may be asked, as `provider/endpoint`; no other of a provider may."""
    guardrails: frozenset[str]
    """Names of guards that must be on."""
    needs_approval: bool
    reasons: tuple[str, ...]
    """One sentence for each rule that applied."""
    denied: Mapping[str, str] = field(default_factory=dict)
    """Every other endpoint -> the rule that keeps the request from it, in words."""
    approval: tuple[str, ...] = ()
    """One sentence for each rule that wants a person's approval."""


class ModelPolicy(Protocol):
    """Declarative rules. A fallback is chosen from `places` too: never less strict."""

    def decide(self, query: PolicyQuery) -> PolicyDecision:
        """Return the decision; pure."""
        ...
