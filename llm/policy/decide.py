"""Which models may be asked, under what conditions: declarative rules, decided without order."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Sequence, Set
from dataclasses import dataclass
from decimal import Decimal

from clearway.errors import ConfigurationError
from clearway.llm.policy.rules import Models, Rule, Rules, When, Which
from clearway.llm.ports import PolicyDecision, PolicyQuery, Sensitivity
from clearway.llm.providers.routes import Route
from clearway.llm.providers.specs import CLEARANCES, Endpoint, Provider

LOCAL = "local"
"""The residency of what runs on the operator's own machines."""


@dataclass(frozen=True, kw_only=True)
class EndpointFacts:
    """What the rules go by of one place a model is served at."""

    name: str
    residency: frozenset[str] = frozenset()
    """Every region what is sent there may be in; empty: nobody knows."""
    output_price: Decimal | None = None
    """USD per million tokens; None: not known, and taken to be above any price."""

    @property
    def local(self) -> bool:
        """Return whether it is here, and nowhere else."""
        return self.residency == {LOCAL}


@dataclass(frozen=True, kw_only=True)
class ProviderFacts:
    """What the rules go by."""

    id: str
    clearance: Sensitivity
    endpoints: tuple[EndpointFacts, ...]

    def place(self, endpoint: EndpointFacts) -> str:
        """Return what a decision calls the endpoint."""
        return f"{self.id}/{endpoint.name}"


def facts_of(provider: Provider, routes: Sequence[Route] = ()) -> ProviderFacts:
    """Return what the rules need to know of an entry of the registry.

    `routes` say more than the entry: the environment may have chosen a model of another price.
    """
    return ProviderFacts(
        id=provider.id,
        clearance=provider.clearance,
        endpoints=tuple(
            _endpoint_facts(each, provider, [r for r in routes if _is_at(r, provider, each)])
            for each in provider.endpoints
        ),
    )


class RulePolicy:
    """Implements `ModelPolicy`; pure, and the same for the first choice and for every fallback.

    Allowed is each endpoint that some rule allows and none denies, of the models whose clearance
    and residency suffice. What no rule allows is denied.
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
        every = [(provider, each) for provider in self.providers for each in provider.endpoints]
        floored = {p.place(e): why for p, e in every if (why := _floored(p, e, query))}
        ruled = {p.place(e): why for p, e in every if (why := _ruled_out(applied, p, e))}
        denied = {**ruled, **floored}
        fit = {p.id for p, e in every if p.place(e) not in floored}
        left = [(p, e) for p, e in every if p.place(e) not in denied]
        allowed = frozenset(p.id for p, _ in left)
        return PolicyDecision(
            version=self.version,
            allowed=allowed,
            places=frozenset(p.place(e) for p, e in left),
            guardrails=frozenset(guard for rule in applied for guard in rule.guardrails),
            needs_approval=any(rule.approval for rule in applied),
            reasons=(*self._floor(query, len(fit)), *map(_said, applied), *_none(allowed)),
            denied=denied,
            approval=tuple(_said(rule) for rule in applied if rule.approval),
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


def _is_at(route: Route, provider: Provider, endpoint: Endpoint) -> bool:
    return route.place == f"{provider.id}/{endpoint.name}"


def _endpoint_facts(
    endpoint: Endpoint, provider: Provider, routes: Sequence[Route]
) -> EndpointFacts:
    price = endpoint.price or provider.price
    prices = [route.price for route in routes] or [price]
    known = [each.output for each in prices if each is not None]
    regions = (route.residency for route in routes)
    return EndpointFacts(
        name=endpoint.name,
        residency=endpoint.residency.union(*regions),
        output_price=max(known) if len(known) == len(prices) else None,
    )


def _floored(provider: ProviderFacts, endpoint: EndpointFacts, query: PolicyQuery) -> str | None:
    """Return why no rule could let the endpoint see such data; None: it may."""
    if CLEARANCES.index(provider.clearance) < CLEARANCES.index(query.sensitivity):
        return f"it is cleared for {provider.clearance} data, not for {query.sensitivity}"
    if query.residency and not _within(endpoint, query.residency | {LOCAL}):
        where = ", ".join(sorted(endpoint.residency)) or "an undeclared place"
        return f"data would go to {where}, not to {', '.join(sorted(query.residency))}"
    return None


def _within(endpoint: EndpointFacts, regions: Set[str]) -> bool:
    """Return whether what is sent there stays there; what runs here goes to no region at all."""
    return bool(endpoint.residency & regions) and endpoint.residency - {LOCAL} <= regions


def _ruled_out(
    applied: Sequence[Rule], provider: ProviderFacts, endpoint: EndpointFacts
) -> str | None:
    """Return the rules that keep the endpoint from it, in words; None: it may be asked."""
    against = [rule for rule in applied if _denies(rule.deny, provider, endpoint)]
    if against:
        return " and ".join(f"rule {_named(rule)} denies it" for rule in against)
    allowing = [rule for rule in applied if rule.allow is not None]
    if any(_allows(rule.allow, provider, endpoint) for rule in allowing):
        return None
    others = " and ".join(f"rule {_named(rule)} allows others only" for rule in allowing)
    return others or "no rule allows it"


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


def _allows(models: Models | None, provider: ProviderFacts, endpoint: EndpointFacts) -> bool:
    """Return whether a rule lets the endpoint be asked; all it may be in has to be listed."""
    if not isinstance(models, Which):
        return models == "all"
    where = models.residency
    return _speaks_of(models, provider, endpoint) and (not where or _within(endpoint, set(where)))


def _denies(models: Models | None, provider: ProviderFacts, endpoint: EndpointFacts) -> bool:
    """Return whether a rule denies the endpoint; one of its regions is enough, as is none."""
    if not isinstance(models, Which):
        return models == "all"
    where = not models.residency or not endpoint.residency
    return _speaks_of(models, provider, endpoint) and (
        where or bool(endpoint.residency & set(models.residency))
    )


def _speaks_of(models: Which, provider: ProviderFacts, endpoint: EndpointFacts) -> bool:
    above, price = models.output_price_above, endpoint.output_price
    return (
        (not models.providers or provider.id in models.providers)
        and (models.local is None or endpoint.local == models.local)
        and (above is None or price is None or price > above)
    )


def _said(rule: Rule) -> str:
    return f"{rule.id}: {rule.reason}"


def _named(rule: Rule) -> str:
    return f"{rule.id} ({rule.reason.rstrip('.')})"


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
