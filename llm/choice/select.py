"""Choose: rank what may serve a request, and say in words why, for those left out as well."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import takewhile

from clearway.llm.choice.measured import Measured
from clearway.llm.choice.need import Need, Unfit, Why, unfit
from clearway.llm.choice.score import Score, Weights, score
from clearway.llm.providers.routes import Route, Unavailable

FALLBACKS = 3


@dataclass(frozen=True, kw_only=True)
class Ranked:
    """A provider that may serve, its routes in the order they are to be tried, and its score."""

    provider: str
    routes: tuple[Route, ...]
    score: Score


@dataclass(frozen=True, kw_only=True)
class Selection:
    """Who serves, who comes next, and why the others do not."""

    ranked: tuple[Ranked, ...]
    """The first choice and its fallbacks; empty where nobody may."""
    excluded: Mapping[str, str]
    """Provider id -> reason, for all that were left out."""
    whys: Mapping[str, frozenset[Why]] = field(default_factory=dict)
    """The kinds of reason of those that were left out although they can be called."""
    reserves: tuple[Ranked, ...] = ()
    """Further providers that may serve, beyond the fallbacks."""
    waiting: Mapping[str, tuple[str, float]] = field(default_factory=dict)
    """Routes left out for nothing else than that they asked for time: why, and how many seconds."""
    passed_over: tuple[str, ...] = ()
    """Providers that would come first, had they not asked to be left alone for now."""

    @property
    def explanation(self) -> str:
        """Return one or two sentences for a person."""
        if not self.ranked:
            return f"No provider may serve this: {sentence(self.excluded)}."
        first, *rest = self.ranked
        best = max(first.score.terms, key=lambda term: first.score.terms[term])
        text = f"{first.provider} suits best ({first.score.value:.2f}, above all by its {best})"
        text += f", then {', '.join(r.provider for r in rest)}." if rest else "."
        return f"{text} Left out: {sentence(self.excluded)}." if self.excluded else text


def sentence(reasons: Mapping[str, str]) -> str:
    """Return the reasons in one line."""
    return "; ".join(f"{provider}: {reason}" for provider, reason in sorted(reasons.items()))


def select(
    need: Need,
    routes: Mapping[str, Sequence[Route]],
    closed: Mapping[str, Unavailable],
    measured: Measured,
    weights: Weights,
    *,
    fallbacks: int = FALLBACKS,
) -> Selection:
    """Filter, score and rank; a named order is kept as it is, score or not.

    Where a budget runs low, the cheaper of those in the order come first.
    """
    excluded = {provider: gone.reason for provider, gone in closed.items()}
    found: list[Ranked] = []
    whys: dict[str, frozenset[Why]] = {}
    waiting: dict[str, tuple[str, float]] = {}
    for provider, its_routes in routes.items():
        fit, reasons = _fit(need, its_routes, measured)
        if fit:
            scored = score(need, fit[0], measured, weights)
            found.append(Ranked(provider=provider, routes=tuple(fit), score=scored))
        else:
            excluded[provider] = _in_words(reasons)
            whys[provider] = frozenset(reason.why for reason in reasons.values())
        waiting |= {n: need.waiting[n] for n, reason in reasons.items() if reason.why == "waiting"}
    if need.order:
        found.sort(key=lambda ranked: need.order.index(ranked.provider))
        if need.cost_heavy:
            found.sort(key=_cheapest_first)
        excluded = {p: reason for p, reason in excluded.items() if p in need.order}
        whys = {p: each for p, each in whys.items() if p in need.order}
    else:
        found.sort(key=_best_first)
    kept = 1 + fallbacks
    return Selection(
        ranked=tuple(found[:kept]),
        reserves=tuple(found[kept:]),
        excluded=excluded,
        whys=whys,
        waiting=waiting,
    )


def passed_over(everyone: Selection, left: Selection) -> tuple[str, ...]:
    """Return who would come before whoever is first of those left, and is left out."""
    first = left.ranked[0].provider if left.ranked else None
    before = takewhile(lambda ranked: ranked.provider != first, everyone.ranked)
    return tuple(ranked.provider for ranked in before if ranked.provider in left.excluded)


def _fit(
    need: Need, routes: Sequence[Route], measured: Measured
) -> tuple[list[Route], dict[str, Unfit]]:
    fit: list[Route] = []
    reasons: dict[str, Unfit] = {}
    for route in routes:
        reason = unfit(need, route, latency_ms=measured.latency_ms(route))
        if reason is None:
            fit.append(route)
        else:
            reasons[route.name] = reason
    return fit, reasons


def _in_words(reasons: Mapping[str, Unfit]) -> str:
    """Return why no endpoint of a provider may serve; each by its name where they differ."""
    told = list(dict.fromkeys(reason.words for reason in reasons.values()))
    if len(told) == 1:
        return told[0]
    *most, last = [f"at {name.partition('/')[2]}: {each.words}" for name, each in reasons.items()]
    return f"{', '.join(most)} and {last}"


def _cheapest_first(ranked: Ranked) -> float:
    return float("inf") if ranked.score.cost_usd is None else ranked.score.cost_usd


def _best_first(ranked: Ranked) -> tuple[float, int, str]:
    return (-ranked.score.value, -ranked.routes[0].provider.priority, ranked.provider)
