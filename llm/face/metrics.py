"""Metrics for Prometheus, or as JSON: counts of all processes that share a store.

The form is prometheus_client's, which knows how labels are escaped and which of the two text forms
a scraper wants; its own counters are not used, since they would be one process's.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import accumulate

from prometheus_client.core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    HistogramMetricFamily,
    Metric,
)
from prometheus_client.exposition import choose_encoder
from prometheus_client.registry import Collector
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from clearway.llm.admission.records import Turnouts
from clearway.llm.admission.totals import STEPS, ModelTotals
from clearway.llm.face.access import Caller
from clearway.llm.face.face import Face
from clearway.llm.ports import BreakerState, Health

STATES: tuple[BreakerState, ...] = ("closed", "half_open", "open")


@dataclass(frozen=True)
class Metrics:
    """The page of metrics."""

    face: Face

    async def page(self, request: Request, caller: Caller) -> Response:
        """Return text for a scraper, or calls by model and outcome where JSON is asked for."""
        records = self.face.records
        accept = request.headers.get("accept", "")
        if "application/json" in accept:
            outcomes, totals = await asyncio.gather(records.outcomes(), records.totals())
            return JSONResponse({"models": outcomes, "since_the_ledger_began": _by_model(totals)})
        totals, turnouts, health = await asyncio.gather(
            records.totals(), records.turnouts(), self.face.router.admission.health()
        )
        encode, content_type = choose_encoder(accept)
        read = _Once([*_of_totals(totals), *_of_turnouts(turnouts), *_of_health(health)])
        return Response(encode(read), media_type=content_type)


@dataclass(frozen=True)
class _Once(Collector):
    """Hands out what was read for this one scrape."""

    metrics: Sequence[Metric]

    def collect(self) -> Iterable[Metric]:
        """Return what was read."""
        return self.metrics


def _by_model(totals: Sequence[ModelTotals]) -> dict[str, dict[str, int]]:
    counted: dict[str, dict[str, int]] = {}
    for each in totals:
        calls = counted.setdefault(each.model, {"success": 0, "failed": 0, "other": 0})
        for status, count in _statuses(each):
            calls[status] += count
    return counted


def _statuses(totals: ModelTotals) -> tuple[tuple[str, int], ...]:
    return (("success", totals.succeeded), ("failed", totals.failed), ("other", totals.other))


def _of_totals(totals: Sequence[ModelTotals]) -> Iterable[Metric]:
    requests = CounterMetricFamily(
        "llm_requests", "Calls of models, by what came of them", labels=("provider", "status")
    )
    cost = CounterMetricFamily("llm_cost_dollars", "What calls were billed", labels=("provider",))
    tokens = CounterMetricFamily("llm_tokens", "Tokens of calls", labels=("provider", "kind"))
    latency = HistogramMetricFamily(
        "llm_latency_seconds", "How long successful calls took", labels=("provider",)
    )
    for name in sorted({each.provider for each in totals}):
        own = [each for each in totals if each.provider == name]
        for status, _ in _statuses(own[0]):
            count = sum(dict(_statuses(each))[status] for each in own)
            requests.add_metric((name, status), count)
        cost.add_metric((name,), float(sum(each.cost_usd for each in own)))
        tokens.add_metric((name, "prompt"), sum(each.prompt_tokens for each in own))
        tokens.add_metric((name, "completion"), sum(each.completion_tokens for each in own))
        counts = [sum(each.latency[step] for each in own) for step in range(STEPS)]
        latency.add_metric((name,), _buckets(counts), sum(each.latency_sum_s for each in own))
    return requests, cost, tokens, latency


def _buckets(counts: Sequence[int]) -> list[tuple[str, float]]:
    """Return how many took at most a millisecond, two, four ...: every other step there is."""
    reached = [float(count) for count in accumulate(counts)]
    doubling = enumerate(reached[::2])
    return [*((f"{2**power / 1000:g}", count) for power, count in doubling), ("+Inf", reached[-1])]


def _of_turnouts(turnouts: Turnouts) -> Iterable[Metric]:
    rate = GaugeMetricFamily(
        "llm_cache_hit_rate", "Share of the last day's requests no model had to be called for",
        labels=("type",),
    )  # fmt: skip
    rate.add_metric(("exact",), turnouts.hit_rate)
    limits = GaugeMetricFamily(
        "llm_limit_requests", "Requests of the last day, by what their caller's limit said",
        labels=("decision",),
    )  # fmt: skip
    limits.add_metric(("allowed",), turnouts.allowed)
    limits.add_metric(("rejected",), turnouts.rejected)
    return rate, limits


def _of_health(health: Sequence[Health]) -> Iterable[Metric]:
    labels = ("provider", "endpoint")
    state = GaugeMetricFamily(
        "llm_circuit_breaker_state", "0 closed, 1 half open, 2 open", labels=labels
    )
    failures = GaugeMetricFamily(
        "llm_consecutive_failures", "Failures since the last success", labels=labels
    )
    for each in health:
        state.add_metric((each.provider, each.endpoint), STATES.index(each.state))
        failures.add_metric((each.provider, each.endpoint), each.consecutive_failures)
    return state, failures
