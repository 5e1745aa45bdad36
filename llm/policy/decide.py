"""Which models may be asked, under what conditions: declarative rules, decided without order."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from clearway.errors import ConfigurationError
from clearway.llm.policy.rules import Models, Rule, Rules, When, Which
from clearway.llm.ports import PolicyDecision, PolicyQuery, Sensitivity
from clearway.llm.providers.specs import CLEARANCES, Provider

LOCAL = "local"
"""The residency of what runs on the operator's own machines."""


@dataclass(frozen=True, kw_only=True)
class ProviderFacts:
    """What the rules go by."""

    id: str
    clearance: Sensitivity
    residency: frozenset[str]
    """Every region one of its endpoints is in."""
    local: bool
    """All of its endpoints are here."""
    output_price: Decimal | None = None
    """USD per million tokens; None: not known, and taken to be above any price."""


def facts_of(provider: Provider) -> ProviderFacts:
    """Return what the rules need to know of an entry of the registry."""
    regions = [endpoint.residency for endpoint in provider.endpoints]
    prices = [endpoint.price or provider.price for endpoint in provider.endpoints]
    known = [price.output for price in prices if price is not None]
    return ProviderFacts(
        id=provider.id,
        clearance=provider.clearance,
        residency=frozenset().union(*regions),
        local=all(region == {LOCAL} for region in regions),
        output_price=max(known) if len(known) == len(prices) else None,
    )


class RulePolicy:
    """Implements `ModelPolicy`; pure, and the same for the first choice and for every fallback.

    Allowed is what some rule allows and none denies, of the models whose clearance and residency
    suffice. What no rule allows is denied.
    """

    def __init__(self, rules: Rules, providers: Iterable[ProviderFacts]) -> None:
        """Raise `ConfigurationError` where a rule names a model there is not."""
        self.rules = rules
        self.providers = tuple(providers)
        self.version = version_of(rules)
        _require_known(rules, {provider.id for provider in self.providers})

    def decide(self, query: PolicyQuery) -> PolicyDecision:
        """Return the decision, with one sentence for each rule that applied."""
        applied = [rule for rule in self.rules.rules if _holds(rule.when, query)]
        fit = [provider for provider in self.providers if _may_see(provider, query)]
        allowed = frozenset(
            provider.id
            for provider in fit
            if any(_meant(rule.allow, provider) for rule in applied)
            and not any(_meant(rule.deny, provider) for rule in applied)
        )
        return PolicyDecision(
            version=self.version,
            allowed=allowed,
            guardrails=frozenset(guard for rule in applied for guard in rule.guardrails),
            needs_approval=any(rule.approval for rule in applied),
            reasons=(*self._floor(query, len(fit)), *map(_said, applied), *_none(allowed)),
        )

    def _floor(self, query: PolicyQuery, fit: int) -> tuple[str, ...]:
        if fit == len(self.providers):
            return ()
        where = f" and stay in {', '.join(sorted(query.residency))}" if query.residency else ""
        return (
            f"clearance: {fit} of {len(self.providers)} models may see {query.sensitivity} data"
            f"{where}.",
        )


def version_of(rules: Rules) -> str:
    """Return the hash of what the rules say; comments and the order of keys do not count."""
    said = rules.model_dump(mode="json")
    for rule in said["rules"]:
        rule["guardrails"] = sorted(rule["guardrails"])
    text = json.dumps(said, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def _may_see(provider: ProviderFacts, query: PolicyQuery) -> bool:
    cleared = CLEARANCES.index(provider.clearance) >= CLEARANCES.index(query.sensitivity)
    # What stays on the operator's own machines goes to no region at all.
    near = provider.local or bool(provider.residency & query.residency)
    return cleared and (not query.residency or near)


def _holds(when: When, query: PolicyQuery) -> bool:
    """Return whether every condition that is given holds; without a budget none is small."""
    lists = (
        (when.sensitivity, {query.sensitivity}),
        (when.risk, {query.risk}),
        (when.tasks, {query.task}),
        (when.roles, query.roles),
        (when.tenants, {query.tenant}),
        (when.residency, query.residency),
    )
    if any(wanted and not set(wanted) & set(given) for wanted, given in lists):
        return False
    if when.budget_below is None:
        return True
    return query.budget_usd is not None and query.budget_usd < when.budget_below


def _meant(models: Models | None, provider: ProviderFacts) -> bool:
    """Return whether a rule speaks of the model."""
    if not isinstance(models, Which):
        return models == "all"
    above = models.output_price_above
    return (
        (not models.providers or provider.id in models.providers)
        and (models.local is None or provider.local == models.local)
        and (not models.residency or bool(provider.residency & set(models.residency)))
        and (above is None or provider.output_price is None or provider.output_price > above)
    )


def _said(rule: Rule) -> str:
    return f"{rule.id}: {rule.reason}"


def _none(allowed: frozenset[str]) -> tuple[str, ...]:
    return () if allowed else ("No model is left: what no rule allows is denied.",)


def _require_known(rules: Rules, known: set[str]) -> None:
    for rule in rules.rules:
        for models in (rule.allow, rule.deny):
            if not isinstance(models, Which):
                continue
            if unknown := sorted(set(models.providers) - known):
                raise ConfigurationError(
                    f"policy: rule {rule.id} names {', '.join(unknown)}, which is no model of the "
                    f"registry; there are {', '.join(sorted(known))}."
                )
