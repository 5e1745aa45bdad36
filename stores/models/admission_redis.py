"""Admission with circuits and windows in Redis, and money in Postgres.

Only Postgres reserves, settles and records: losing Redis, or everything in it, never spends a cent
too much. While Redis is away, circuits and windows are counted in Postgres, beginning with none,
and `degraded` says so.
"""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Sequence
from dataclasses import replace
from decimal import Decimal
from typing import Any, TypeVar

from clearway.errors import CacheError
from clearway.llm.admission.alerts import Failing
from clearway.llm.admission.in_process import check_attempt, tell_circuit
from clearway.llm.ports import Admission, Attempt, Health, Pass, Purse, Result, Turned
from clearway.resilience.finish import finish
from clearway.stores.models.admission_postgres import PostgresAdmission
from clearway.stores.models.redis_counts import NOWHERE, Counted, RedisCounts, circuit_name
from clearway.stores.redis_client import RedisClient

T = TypeVar("T")

MAX_CLEAR = 10_000
"""Circuits and windows remembered to have let the last attempt of this process in."""


class RedisAdmission:
    """Implements `Admission` among all processes of one Redis and one database.

    Both are asked at once where the last answer lets expect a pass; what only one of them let in is
    taken back. Where a circuit or a window is new or has refused, Postgres is asked after it: so an
    open circuit costs no transaction.
    """

    def __init__(
        self,
        redis: RedisClient,
        money: PostgresAdmission,
        whole: Admission,
        *,
        failing: Failing | None = None,
    ) -> None:
        """`money` counts purses and the ledger only; `whole` counts all, while Redis is away."""
        self._counts = RedisCounts(redis)
        self._failing = failing
        self._money = money
        self._whole = whole
        self._under_way: dict[str, tuple[Attempt, Counted]] = {}
        self._clear: set[str] = set()

    @property
    def degraded(self) -> str | None:
        """Return what is worse at the moment, in words for the asker; None where nothing is."""
        if not self._counts.away:
            return None
        return "Redis does not answer: circuits and limits are counted in Postgres, from zero."

    async def enter(self, attempt: Attempt) -> Pass | Turned:
        """Decide by circuit, windows and purses; all or nothing."""
        check_attempt(attempt)
        if attempt.attempt_id in self._under_way:
            return await self._money.enter(attempt)
        at_once = self._clear.issuperset(_doors(attempt)) and not self._counts.away
        try:
            return await (self._at_once(attempt) if at_once else self._in_turn(attempt))
        except CacheError:
            return await self._whole.enter(attempt)

    async def leave(self, attempt_id: str, result: Result) -> None:
        """Settle in Postgres, then tell Redis; an attempt begun without Redis ends without it."""
        known = self._under_way.pop(attempt_id, None)
        if known is None:
            await self._whole.leave(attempt_id, result)
            return
        await finish(self._leave(*known, result))

    async def sweep(self) -> int:
        """Close what dead owners left, at its worst case; Redis forgets them by their lease."""
        return await self._money.sweep() + await self._whole.sweep()

    async def spent(self, purse: Purse) -> tuple[Decimal, Decimal]:
        """Return what is settled and what is reserved in the current period, in USD."""
        return await self._money.spent(purse)

    async def health(self) -> Sequence[Health]:
        """Return every endpoint that has been called."""
        try:
            return await self._counts.health()
        except CacheError:
            return await self._whole.health()

    async def reset(self, provider: str | None = None) -> int:
        """Close the circuits of one provider, or of all; return how many were not closed."""
        meanwhile = await self._whole.reset(provider)
        try:
            return meanwhile + await self._counts.reset(provider)
        except CacheError:
            return meanwhile

    async def _in_turn(self, attempt: Attempt) -> Pass | Turned:
        try:
            counted = await self._count(attempt)
        except asyncio.CancelledError:
            await finish(self._counts.undo(attempt, NOWHERE))
            raise
        if isinstance(counted, Turned):
            return counted
        try:
            passed = await self._money.enter(_unguarded(attempt))
        except BaseException:
            await finish(self._counts.undo(attempt, counted))
            raise
        return await self._decided(attempt, counted, passed)

    async def _at_once(self, attempt: Attempt) -> Pass | Turned:
        reserving = asyncio.create_task(self._money.enter(_unguarded(attempt)))
        counting = asyncio.create_task(_next_turn(self._count(attempt)))
        try:
            await asyncio.wait((counting, reserving))
            counted, passed = counting.result(), reserving.result()
        except BaseException:
            await finish(self._take_back(attempt, counting, reserving))
            raise
        if isinstance(counted, Counted):
            return await self._decided(attempt, counted, passed)
        if isinstance(passed, Pass):
            await finish(self._money.withdraw(attempt.attempt_id))
        return counted

    async def _count(self, attempt: Attempt) -> Counted | Turned:
        """Ask Redis, and remember who may be expected to let the next attempt in."""
        counted = await self._counts.enter(attempt)
        if isinstance(counted, Turned):
            self._clear.discard(counted.key)
            return counted
        if len(self._clear) > MAX_CLEAR:
            self._clear.clear()
        self._clear.update(_doors(attempt))
        return counted

    async def _decided(
        self, attempt: Attempt, counted: Counted, passed: Pass | Turned
    ) -> Pass | Turned:
        if isinstance(passed, Turned):
            await finish(self._counts.undo(attempt, counted))
            return passed
        self._under_way[attempt.attempt_id] = (attempt, counted)
        return replace(passed, probe=counted.probe)

    async def _take_back(
        self,
        attempt: Attempt,
        counting: asyncio.Task[Counted | Turned],
        reserving: asyncio.Task[Pass | Turned],
    ) -> None:
        """Undo what of the two came about, whatever became of the other."""
        counted, passed = await asyncio.gather(counting, reserving, return_exceptions=True)
        if isinstance(counted, Counted):
            await self._counts.undo(attempt, counted)
        if isinstance(passed, Pass):
            await self._money.withdraw(attempt.attempt_id)

    async def _leave(self, attempt: Attempt, counted: Counted, result: Result) -> None:
        await self._money.leave(attempt.attempt_id, result)
        try:
            told = await self._counts.leave(attempt, counted, result)
        except CacheError:
            return  # a probe's place is free again when its lease is over
        failures = told["consecutive_failures"]
        moved = (told["was"], told["now"])
        tell_circuit(attempt, *moved, failures, result, failing=self._failing)


async def _next_turn(work: Coroutine[Any, Any, T]) -> T:
    """Begin when what was started before has been sent: who takes longest is asked first."""
    await asyncio.sleep(0)
    return await work


def _unguarded(attempt: Attempt) -> Attempt:
    return replace(attempt, windows=())


def _doors(attempt: Attempt) -> set[str]:
    """Return the names those are known by in a refusal who may turn the attempt away."""
    return {circuit_name(attempt), *(window.key for window in attempt.windows)}
