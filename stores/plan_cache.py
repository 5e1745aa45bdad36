"""The plan cache: a fast tier, then the history. Plans that passed every check and ran; no rows."""

from __future__ import annotations

from clearway.errors import CacheError
from clearway.graph.ports import Asked, Clock, PlanRun, Recalled, Redactor
from clearway.plans import Plan
from clearway.stores.history import PlanHistory
from clearway.stores.plan_key import KeyScope, plan_key
from clearway.stores.plan_tier import KeptPlan, PlanTier, TierStats


class TieredPlanCache:
    """Implements `PlanCache` over a fast tier (Redis or this process) and the history.

    A tier that fails is passed over, counted, and named in what is returned or raised.
    """

    def __init__(
        self,
        clock: Clock,
        redactor: Redactor,
        *,
        scope: KeyScope,
        fast: PlanTier,
        history: PlanHistory,
        max_bytes: int = 1_000_000,
    ) -> None:
        """`max_bytes` bounds what the fast tier takes: a plan, and the result it had."""
        self._clock = clock
        self._redactor = redactor
        self._scope = scope
        self.fast = fast
        self.history = history
        self._max_bytes = max_bytes

    def key(self, asked: Asked) -> str:
        """Return what a plan for this question is kept under."""
        return plan_key(asked, self._scope)

    async def recall(self, asked: Asked) -> Recalled:
        """Return the plan from the first tier that has it."""
        key, trouble = self.key(asked), []
        try:
            kept = _counted(self.fast.stats, await self.fast.get(key))
            if kept is not None:
                return Recalled(plan=_again(kept.plan), tier=self.fast.name)
        except CacheError as error:
            trouble.append(error.message)
        try:
            kept = _counted(self.history.stats, await self.history.lookup(key))
            if kept is not None:
                return Recalled(plan=_again(kept.plan), tier="history", trouble=" ".join(trouble))
        except CacheError as error:
            trouble.append(error.message)
        return Recalled(trouble=" ".join(trouble))

    async def remember(self, asked: Asked, plan: Plan, run: PlanRun) -> None:
        """Keep a plan that ran, or count another run of one that was kept.

        What holds a secret or personal data is kept nowhere; what the history had is fast again.
        Raises `CacheError` where a tier failed, after the others have done their part.
        """
        key = self.key(asked)
        if plan.source == "cache":
            await self._used(key, asked, plan, run)
            return
        kept = KeptPlan(plan=plan, question=asked.frame.text, kept_at=self._clock.now())
        if not self._clean(kept):
            return
        trouble = "" if run.bypassed else await self._put(key, kept, run)
        await self.history.record(key, asked, kept, run)
        self.history.stats.sets += 1
        if trouble:
            raise CacheError(trouble)

    async def forget(self, asked: Asked) -> None:
        """Drop a plan everywhere; raises `CacheError` where a tier could not."""
        await self.drop(self.key(asked))

    async def drop(self, *keys: str) -> int:
        """Drop plans everywhere and return how many there were; raises `CacheError`."""
        trouble: list[CacheError] = []
        dropped = 0
        for tier in (self.fast, self.history):
            try:
                gone = await tier.drop(*keys)
            except CacheError as error:
                trouble.append(error)
                continue
            tier.stats.evictions += gone
            dropped = max(dropped, gone)
        if trouble:
            raise trouble[0]
        return dropped

    async def _used(self, key: str, asked: Asked, plan: Plan, run: PlanRun) -> None:
        """Count a run; a plan the history lost was taken away by someone, and goes here too."""
        if not await self.history.used(key, run):
            self.fast.stats.evictions += await self.fast.drop(key)
        elif run.tier == "history":
            found = await self.history.lookup(key)
            trouble = "" if found is None else await self._put(key, found, run)
            if trouble:
                raise CacheError(trouble)

    async def _put(self, key: str, kept: KeptPlan, run: PlanRun) -> str:
        """Give a plan to the fast tier, if it is small enough; return what went wrong."""
        size = len(kept.model_dump_json().encode())
        if max(size, run.result_bytes) > self._max_bytes:
            self.fast.stats.too_large += 1
            return ""
        try:
            await self.fast.put(key, kept)
        except CacheError as error:
            return error.message
        self.fast.stats.sets += 1
        return ""

    def _clean(self, kept: KeptPlan) -> bool:
        text = f"{kept.question}\n{kept.plan.model_dump_json()}"
        return self._redactor.redact(text) == text


def _again(plan: Plan) -> Plan:
    return plan.model_copy(update={"source": "cache"})


def _counted(stats: TierStats, kept: KeptPlan | None) -> KeptPlan | None:
    if kept is None:
        stats.misses += 1
    else:
        stats.hits += 1
    return kept
