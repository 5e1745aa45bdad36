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
from clearway.llm.ports import Attempt, Health, Pass, Purse, Result, Turned
from clearway.resilience.behind import Behind
from clearway.resilience.finish import finish
from clearway.stores.models.admission_postgres import PostgresAdmission
from clearway.stores.models.redis_counts import Counted, RedisCounts, circuit_name
from clearway.stores.redis_client import RedisClient

T = TypeVar("T")
Counting = asyncio.Task[Counted | Turned]
Reserving = asyncio.Task[Pass | Turned]

MAX_CLEAR = 10_000
"""Circuits and windows remembered to have let the last attempt of this process in."""


class RedisAdmission:
    """Implements `Admission` among all processes of one Redis and one database.

    Both are asked at once where the last answer lets expect a pass; what only one of them let in is
    taken back. Where a circuit or a window is new or has refused, Postgres is asked after it: so an
    open circuit costs no transaction.
    """

    def __init__(
        self, redis: RedisClient, books: PostgresAdmission, *, failing: Failing | None = None
    ) -> None:
        """`books` reserve and record, and count everything else too while Redis is away."""
        self._counts = RedisCounts(redis)
        self._failing = failing
        self._books = books
        self._under_way: dict[str, tuple[Attempt, Counted]] = {}
        self._clear: set[str] = set()
        self._undecided: set[asyncio.Future[None]] = set()
        """One for each that is asked of both: its reservation may yet be withdrawn."""
        self._withdrawn = 0
        self._behind = Behind()

    @property
    def degraded(self) -> str | None:
        """Return what is worse at the moment, in words for the asker; None where nothing is."""
        if not self._counts.away:
            return None
        return "Redis does not answer: circuits and limits are counted in Postgres, from zero."

    async def enter(self, attempt: Attempt) -> Pass | Turned:
        """Decide by circuit, windows and purses; all or nothing.

        An empty purse refuses only when no reservation of this process was about to be withdrawn.
        """
        check_attempt(attempt)
        if held := self._under_way.get(attempt.attempt_id):
            again = await self._books.reserve(attempt)
            return replace(again, probe=held[1].probe) if isinstance(again, Pass) else again
        before = self._withdrawn
        decided = await self._decided(attempt)
        if isinstance(decided, Turned) and decided.reason == "budget":
            if self._undecided:
                await asyncio.wait(self._undecided)
            if self._withdrawn > before:
                decided = await self._decided(attempt)
        return decided

    async def leave(self, attempt_id: str, result: Result) -> None:
        """Settle in Postgres, then tell Redis; an attempt begun without Redis ends without it."""
        known = self._under_way.pop(attempt_id, None)
        if known is None:
            await self._books.leave(attempt_id, result)
            return
        await finish(self._leave(*known, result))

    async def sweep(self) -> int:
        """Close what dead owners left, at its worst case; Redis forgets them by their lease."""
        await self._behind.all_done()
        return await self._books.sweep()

    async def spent(self, purse: Purse) -> tuple[Decimal, Decimal]:
        """Return what is settled and what is reserved in the current period, in USD."""
        await self._behind.all_done()
        return await self._books.spent(purse)

    async def health(self) -> Sequence[Health]:
        """Return every endpoint that has been called."""
        await self._behind.all_done()
        try:
            return await self._counts.health()
        except CacheError:
            return await self._books.health()

    async def reset(self, provider: str | None = None) -> int:
        """Close the circuits of one provider, or of all; return how many were not closed."""
        meanwhile = await self._books.reset(provider)
        try:
            return meanwhile + await self._counts.reset(provider)
        except CacheError:
            return meanwhile

    async def close(self) -> None:
        """Wait for what is being taken back; the stores are closed by whoever opened them."""
        await self._behind.all_done()

    async def _decided(self, attempt: Attempt) -> Pass | Turned:
        clear = self._clear.issuperset(_refusers(attempt)) and not self._counts.away
        try:
            return await (self._at_once(attempt) if clear else self._in_turn(attempt))
        except CacheError:
            return await self._books.enter(attempt)

    async def _in_turn(self, attempt: Attempt) -> Pass | Turned:
        counting = asyncio.create_task(self._count(attempt))
        await self._done(attempt, counting)
        counted = counting.result()
        if isinstance(counted, Turned):
            return counted
        reserving = asyncio.create_task(self._books.reserve(attempt))
        await self._done(attempt, reserving, counting)
        return await self._let_in(attempt, counted, reserving.result())

    async def _at_once(self, attempt: Attempt) -> Pass | Turned:
        undecided = asyncio.get_running_loop().create_future()
        self._undecided.add(undecided)
        try:
            reserving = asyncio.create_task(self._books.reserve(attempt))
            counting = asyncio.create_task(_after_others(self._count(attempt)))
            await self._done(attempt, reserving, counting)
            counted, passed = counting.result(), reserving.result()
            if isinstance(counted, Counted):
                return await self._let_in(attempt, counted, passed)
            if isinstance(passed, Pass):
                await finish(self._withdraw(attempt))
            return counted
        finally:
            self._undecided.discard(undecided)
            undecided.set_result(None)

    async def _done(self, attempt: Attempt, *asked: Counting | Reserving) -> None:
        """Wait for the stores; where one fails or the caller goes, take back what came about.

        Raises what the first of them raised that did.
        """
        try:
            await asyncio.wait(asked)
            for each in asked:
                each.result()
        except asyncio.CancelledError:
            self._behind.do(self._take_back(attempt, asked))  # it may take longer than who waits
            raise
        except BaseException:
            await finish(self._take_back(attempt, asked))
            raise

    async def _take_back(self, attempt: Attempt, asked: Sequence[Counting | Reserving]) -> None:
        for came in await asyncio.gather(*asked, return_exceptions=True):
            if isinstance(came, Counted):
                await self._counts.undo(attempt, came)
            elif isinstance(came, Pass):
                await self._withdraw(attempt)

    async def _withdraw(self, attempt: Attempt) -> None:
        await self._books.withdraw(attempt.attempt_id)
        self._withdrawn += 1

    async def _count(self, attempt: Attempt) -> Counted | Turned:
        """Ask Redis, and remember who may be expected to let the next attempt in."""
        counted = await self._counts.enter(attempt)
        if isinstance(counted, Turned):
            self._clear.discard(counted.key)
            return counted
        if len(self._clear) > MAX_CLEAR:
            self._clear.clear()
        self._clear.update(_refusers(attempt))
        return counted

    async def _let_in(
        self, attempt: Attempt, counted: Counted, passed: Pass | Turned
    ) -> Pass | Turned:
        if isinstance(passed, Turned):
            await finish(self._counts.undo(attempt, counted))
            return passed
        self._under_way[attempt.attempt_id] = (attempt, counted)
        return replace(passed, probe=counted.probe)

    async def _leave(self, attempt: Attempt, counted: Counted, result: Result) -> None:
        await self._books.leave(attempt.attempt_id, result)
        try:
            told = await self._counts.leave(attempt, counted, result)
        except CacheError:
            return  # a probe's place is free again when its lease is over
        failures = told["consecutive_failures"]
        moved = (told["was"], told["now"])
        tell_circuit(attempt, *moved, failures, result, failing=self._failing)


async def _after_others(work: Coroutine[Any, Any, T]) -> T:
    """Begin one turn of the loop later: by then Postgres has its question, which takes longest."""
    await asyncio.sleep(0)
    return await work


def _refusers(attempt: Attempt) -> set[str]:
    """Return the circuit and the windows, by the keys a refusal names them with."""
    return {circuit_name(attempt), *(window.key for window in attempt.windows)}
