"""The plan cache: what a look-up costs, in process and through Redis, and a hit through the graph.

A look-up is the keys, the fetch and what is bound, as in `recall`; the question has been read
already. Redis is the one CLEARWAY_REDIS_URL names, else one started for the occasion, where a
server is installed.
"""

from __future__ import annotations

import asyncio
import logging
import statistics
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta

from clearway.app import Clearway
from clearway.evals.bench.figure import percentile, show
from clearway.evals.bench.own_redis import own_redis
from clearway.graph.ports import Asked, PlanRun
from clearway.identity import Principal
from clearway.plans import SqlPlan
from clearway.resilience.clock import SystemClock
from clearway.settings import Settings, load_settings
from clearway.stores.plans.cache import TieredPlanCache, served_by, template_for
from clearway.stores.plans.process import ProcessPlans
from clearway.stores.plans.redis import open_redis_plans
from clearway.stores.plans.tier import KeptPlan, PlanTier

LOOK_UPS = 2000
HITS = 300
QUESTIONS = tuple(
    f"total {what} by {dimension} in {year}"
    for what in ("revenue", "cost", "units sold")
    for dimension in ("region", "channel", "product", "month")
    for year in (2024, 2025)
)
MATCHES = {"exact": "hit", "template": "template"}
BARS_MS = {"process": 0.5, "redis": 2.0}
"""What the 95th percentile of a look-up may be."""


async def main() -> None:
    """Print look-ups by tier, then whole questions that hit, with the share of each node."""
    async with Clearway.open(load_settings(rate_limit_requests=1_000_000)) as cw:
        await _look_ups(cw, ProcessPlans(SystemClock()))
        async with _redis(load_settings()) as tier:
            if tier is None:
                print("plan look-up, redis: not measured, there is no server")
            else:
                await _look_ups(cw, tier)
        await _history(cw)
        await _hits(cw)


async def _look_ups(cw: Clearway, tier: PlanTier) -> None:
    """Measure hits, hits of templates whose values are bound anew, and misses of one tier."""
    cache = cw.services.cache
    assert isinstance(cache, TieredPlanCache)
    asked = _asked(cw)
    kept, others = asked[::2], asked[1::2]
    for one in kept:
        keys, plan = cache.keys(one), _plan(cw, one)
        template = template_for(plan, keys)
        entry = KeptPlan(plan=plan, question=one.frame.text, kept_at=one.at, template=template)
        await tier.put(keys.all[-1], entry)
    unknown = [replace(one, principal=Principal(user="other", tenant="other")) for one in kept]
    for name, some in (("hit", kept), ("template", others), ("miss", unknown)):
        samples = []
        for number in range(LOOK_UPS):
            # Another moment each time: a request is keyed anew.
            moment = timedelta(microseconds=number + 1)
            one = replace(some[number % len(some)], at=some[0].at + moment)
            began = time.perf_counter()
            keys = cache.keys(one)
            found = await tier.get(*keys.all)
            served = None if found is None else served_by(found, keys)
            samples.append((time.perf_counter() - began) * 1000)
            assert ("miss" if served is None else MATCHES[served[1]]) == name
        met = percentile(samples, 0.95) < BARS_MS[tier.name]
        note = f"bar p95 {BARS_MS[tier.name]} ms: {'met' if met else 'MISSED'}"
        show(f"plan look-up, {tier.name}, {name}", samples, note)
    await tier.drop(*(cache.keys(one).all[-1] for one in kept))


async def _history(cw: Clearway) -> None:
    one, history = _asked(cw)[0], cw.wired.upkeep.history
    await cw.services.cache.remember(one, _plan(cw, one), PlanRun(execution_ms=1.0, row_count=1))
    cache = cw.services.cache
    assert isinstance(cache, TieredPlanCache)
    samples = []
    for _ in range(LOOK_UPS):
        began = time.perf_counter()
        assert await history.lookup(*cache.keys(one).all) is not None
        samples.append((time.perf_counter() - began) * 1000)
    show("plan look-up, history, hit", samples)
    await cw.services.cache.forget(one)


async def _hits(cw: Clearway) -> None:
    """Ask through the whole graph, the plan kept; print each node's share of the median."""
    question = QUESTIONS[0]
    await cw.ask(question)
    samples, watched = [], _NodeTimes()
    with watched:
        for _ in range(HITS):
            began = time.perf_counter()
            outcome = await cw.ask(question)
            samples.append((time.perf_counter() - began) * 1000)
            assert outcome.cache in ("process", "redis"), outcome
    show("question, plan-cache hit, whole graph", samples)
    whole = rest = statistics.median(samples)
    for node, spent_ms in watched.nodes.items():
        spent = statistics.median(spent_ms)
        rest -= spent
        print(f"  {node:<12} p50 {spent:7.3f} ms  {spent / whole:6.1%}")
    print(f"  {'around them':<12} p50 {rest:7.3f} ms  {rest / whole:6.1%}")
    await cw.invalidate_cache(pattern=question)


class _NodeTimes(logging.Handler):
    """What the nodes log of themselves, the last two included, which no Outcome can tell of."""

    def __init__(self) -> None:
        super().__init__()
        self.nodes: dict[str, list[float]] = {}
        self._logger = logging.getLogger("clearway.nodes")

    def emit(self, record: logging.LogRecord) -> None:
        facts = vars(record)
        self.nodes.setdefault(facts["node"], []).append(facts["ms"])

    def __enter__(self) -> None:
        self._logger.addHandler(self)
        self._logger.setLevel(logging.INFO)

    def __exit__(self, *_: object) -> None:
        self._logger.removeHandler(self)
        self._logger.setLevel(logging.NOTSET)


def _asked(cw: Clearway) -> list[Asked]:
    at, zone = cw.services.clock.now(), cw.services.policy.timezone
    asker = Principal(user="bench")
    return [
        Asked(frame=cw.read(question), principal=asker, at=at, zone=zone) for question in QUESTIONS
    ]


def _plan(cw: Clearway, asked: Asked) -> SqlPlan:
    """Return what the rules plan for it."""
    plan = cw.services.semantics.plan(asked.frame, asked.principal)
    assert isinstance(plan, SqlPlan), plan
    return plan


@asynccontextmanager
async def _redis(settings: Settings) -> AsyncIterator[PlanTier | None]:
    if settings.redis_url is not None:
        url = settings.redis_url.get_secret_value()
        async with open_redis_plans(url, SystemClock(), ttl_s=600) as tier:
            yield tier
        return
    with own_redis() as own:
        if own is None:
            yield None
            return
        async with open_redis_plans(own, SystemClock(), ttl_s=600) as tier:
            yield tier


if __name__ == "__main__":
    asyncio.run(main())
