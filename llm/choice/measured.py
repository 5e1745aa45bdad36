"""What has been measured of each route, over what was declared of it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from decimal import Decimal

from clearway.llm.providers.routes import Route

PRIOR_CALLS = 20.0
"""How many calls the declaration weighs as; after as many real ones it is half the word."""
KEPT = 0.98
"""What is left of a call's weight when the next one has been made: about fifty calls matter."""


@dataclass
class _Record:
    calls: float = 0.0
    good: float = 0.0
    latency_s: float = 0.0
    latencies: float = 0.0


@dataclass
class _Judged:
    answers: float = 0.0
    validated: float = 0.0


@dataclass(kw_only=True)
class ProviderStats:
    """What a provider did since the process began; latency over successes only."""

    total_requests: int = 0
    successful_requests: int = 0
    total_latency_s: float = field(default=0.0, repr=False)
    total_cost_usd: Decimal = Decimal(0)

    @property
    def success_rate(self) -> float:
        """Share of requests that succeeded; 0 when there were none."""
        return self.successful_requests / self.total_requests if self.total_requests else 0.0

    @property
    def avg_latency_ms(self) -> float:
        """Mean over successes; 0 when there were none."""
        good = self.successful_requests
        return self.total_latency_s / good * 1000 if good else 0.0

    @property
    def avg_cost_usd(self) -> Decimal:
        """Mean over all requests; 0 when there were none."""
        return self.total_cost_usd / self.total_requests if self.total_requests else Decimal(0)


class Measured:
    """Exponentially decayed counts per route, with the declared values as their prior."""

    def __init__(self, *, prior_calls: float = PRIOR_CALLS, kept: float = KEPT) -> None:
        """Begin with nothing measured: every value is the declared one."""
        self._prior = prior_calls
        self._kept = kept
        self._records: dict[str, _Record] = {}
        self._stats: dict[str, ProviderStats] = {}
        self._judged: dict[str, _Judged] = {}
        self._on_record: dict[str, _Judged] = {}

    def observe(
        self, route: Route, *, good: bool, latency_s: float, cost_usd: Decimal = Decimal(0)
    ) -> None:
        """Count one call that says something of the route's health."""
        record = self._records.setdefault(route.name, _Record())
        record.calls = record.calls * self._kept + 1
        record.good = record.good * self._kept + good
        stats = self._stats.setdefault(route.provider.id, ProviderStats())
        stats.total_requests += 1
        stats.total_cost_usd += cost_usd
        if good:
            record.latency_s = record.latency_s * self._kept + latency_s
            record.latencies = record.latencies * self._kept + 1
            stats.successful_requests += 1
            stats.total_latency_s += latency_s

    def recall(self, route: Route, *, calls: int, good: int, latency_s: float) -> None:
        """Begin with what the ledger knows of a route: the calls that matter, at their average."""
        most = 1 / (1 - self._kept)
        weight = min(1.0, most / calls) if calls else 0.0
        self._records[route.name] = _Record(
            calls=calls * weight,
            good=good * weight,
            latency_s=good * weight * latency_s,
            latencies=good * weight,
        )

    def judge(self, model: str, *, accepted: bool, on_record: bool = False) -> None:
        """Count whether an answer of a model passed the checks that follow it.

        What is `on_record` all processes will see; `recall_judged` brings it again.
        """
        known = self._on_record if on_record else self._judged
        judged = known.setdefault(model, _Judged())
        judged.answers = judged.answers * self._kept + 1
        judged.validated = judged.validated * self._kept + accepted

    def recall_judged(self, on_record: Iterable[tuple[str, bool]]) -> None:
        """Take what is on record of all processes, oldest first, in place of what was so far."""
        self._on_record = {}
        for model, accepted in on_record:
            self.judge(model, accepted=accepted, on_record=True)

    def reliability(self, route: Route) -> float:
        """Return the probability that a call succeeds."""
        record = self._records.get(route.name, _Record())
        prior = route.provider.reliability * self._prior
        return (prior + record.good) / (self._prior + record.calls)

    def latency_ms(self, route: Route) -> float:
        """Return how long a successful call takes."""
        record = self._records.get(route.name, _Record())
        prior = route.provider.latency_ms * self._prior
        return (prior + record.latency_s * 1000) / (self._prior + record.latencies)

    def validity(self, model: str) -> float:
        """Return the share of answers that passed the checks after them; 1 until one did not."""
        here = self._judged.get(model, _Judged())
        there = self._on_record.get(model, _Judged())
        validated, answers = here.validated + there.validated, here.answers + there.answers
        return (self._prior + validated) / (self._prior + answers)

    def stats(self, provider_id: str) -> ProviderStats:
        """Return what the provider did since the process began."""
        return self._stats.get(provider_id, ProviderStats())
