"""The plan cache: a fast tier, then the history. Plans that passed every check and ran; no rows."""

from __future__ import annotations

from functools import lru_cache, partial

from clearway.errors import CacheError
from clearway.graph.ports import Asked, Clock, PlanRun, Recalled, Redactor
from clearway.outcome import CacheMatch
from clearway.plans import Plan, SqlPlan
from clearway.stores.plans.history import PlanHistory
from clearway.stores.plans.key import KeyScope, PlanKeys, plan_key, plan_keys
from clearway.stores.plans.template import Template, bound, clock_in, template_of, values_of
from clearway.stores.plans.tier import KeptPlan, PlanTier


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
        # A request asks twice: before it plans, and after it ran.
        self._keys = lru_cache(maxsize=64)(partial(plan_keys, scope=scope))

    def key(self, asked: Asked) -> str:
        """Return what a plan for this very question is kept under."""
        return plan_key(asked, self._scope)

    def keys(self, asked: Asked) -> PlanKeys:
        """Return every key under which a plan may serve this question."""
        return self._keys(asked)

    async def recall(self, asked: Asked) -> Recalled:
        """Return the plan from the first tier that has it, bound to what is asked."""
        keys, trouble = self.keys(asked), []
        tiers = ((self.fast, self.fast.get), (self.history, self.history.lookup))
        for tier, look in tiers:
            try:
                kept = await look(*keys.all)
            except CacheError as error:
                trouble.append(error.message)
                continue
            served = None if kept is None else served_by(kept, keys)
            if served is None:
                tier.stats.misses += 1
                continue
            plan, match = served
            tier.stats.hits += 1
            tier.stats.template_hits += match == "template"
            return Recalled(plan=plan, tier=tier.name, match=match, trouble=" ".join(trouble))
        return Recalled(trouble=" ".join(trouble))

    async def remember(self, asked: Asked, plan: Plan, run: PlanRun) -> None:
        """Keep a plan that ran, or count another run of one that was kept.

        As a template where it is certain what in it came from where, else for this very question.
        What holds a secret or personal data is kept nowhere, nor is a statement that reads the
        clock for a period the question has resolved; what the history had is fast again.
        Raises `CacheError` where a tier failed, after the others have done their part.
        """
        keys = self.keys(asked)
        if plan.source == "cache":
            await self._used(keys, run)
            return
        if moves_on(asked, plan):
            return
        template = template_for(plan, keys)
        kept = KeptPlan(
            plan=plan, question=asked.frame.text, kept_at=self._clock.now(), template=template
        )
        if not self._clean(kept):
            return
        key = keys.exact if template is None else keys.shape or keys.exact
        trouble = "" if run.bypassed else await self._put(key, kept, run)
        await self.history.record(key, asked, kept, run)
        self.history.stats.sets += 1
        if trouble:
            raise CacheError(trouble)

    async def forget(self, asked: Asked) -> None:
        """Drop what serves a question everywhere; raises `CacheError` where a tier could not."""
        await self.drop(*self.keys(asked).all)

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

    async def _used(self, keys: PlanKeys, run: PlanRun) -> None:
        """Count a run; a plan the history lost was taken away by someone, and goes here too."""
        if not await self.history.used(*keys.all, run=run):
            self.fast.stats.evictions += await self.fast.drop(*keys.all)
        elif run.tier == "history":
            found = await self.history.lookup(*keys.all)
            if found is None:
                return
            key = keys.exact if found.template is None else keys.shape or keys.exact
            trouble = await self._put(key, found, run)
            if trouble:
                raise CacheError(trouble)

    async def _put(self, key: str, kept: KeptPlan, run: PlanRun) -> str:
        """Give a plan to the fast tier, if it is small enough; return what went wrong."""
        size = len(kept.model_dump_json().encode())
        if max(size, run.result_bytes) > self._max_bytes:
            self.fast.stats.too_large += 1
            return ""
        try:
            put = await self.fast.put(key, kept)
        except CacheError as error:
            return error.message
        self.fast.stats.sets += put
        self.fast.stats.full += not put
        return ""

    def _clean(self, kept: KeptPlan) -> bool:
        text = f"{kept.question}\n{kept.model_dump_json(exclude={'question', 'kept_at'})}"
        return self._redactor.redact(text) == text


def served_by(kept: KeptPlan, keys: PlanKeys) -> tuple[Plan, CacheMatch] | None:
    """Return the plan a kept one gives for a question, and how; None where it gives none."""
    plan = kept.plan.model_copy(update={"source": "cache"})
    template = kept.template
    if template is None:
        return plan, "exact"
    if keys.slots is None or not isinstance(plan, SqlPlan):
        return None
    if template.values == values_of(keys.slots):
        return plan, "exact"
    sql = bound(template, keys.slots)
    if sql is None:
        return None
    # What a model said of its plan names the values it was made for; the rules never do.
    said = plan.explanation if kept.plan.source == "rules" else ""
    return plan.model_copy(update={"sql": sql, "explanation": said}), "template"


def template_for(plan: Plan, keys: PlanKeys) -> Template | None:
    """Return the template of a plan that was made for these keys, where there is one."""
    if keys.slots is None or not isinstance(plan, SqlPlan):
        return None
    return template_of(plan, keys.slots)


def moves_on(asked: Asked, plan: Plan) -> bool:
    """Return whether a statement reads the clock where the question was resolved against it.

    `last quarter` is kept as the quarter it was: a statement that asks the clock which quarter that
    is would give another one later on.
    """
    frame = asked.frame
    periods = [frame.period, frame.comparison, *(each.period for each in frame.existence)]
    timed = any(period is not None for period in periods)
    return timed and isinstance(plan, SqlPlan) and clock_in(plan.sql)
