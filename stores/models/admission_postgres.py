"""Admission in Postgres: one round trip and one commit to begin an attempt, and one to end it.

The rules are in the `llm_` functions of `migrations/`, beside the rows they are about; the breaker
there is `clearway.resilience.breaker`, step by step.
"""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict
from decimal import Decimal
from typing import Any, NamedTuple, cast

from psycopg.rows import class_row

from clearway.errors import StoreUnavailable
from clearway.llm.admission.alerts import Failing
from clearway.llm.admission.in_process import check_attempt, check_result, tell_circuit
from clearway.llm.ports import Attempt, BreakerProfile, Health, Pass, Purse, Result, Turned
from clearway.resilience.behind import Behind
from clearway.resilience.finish import finish
from clearway.stores.connect import is_refused, store_errors
from clearway.stores.gather import Gather
from clearway.stores.models.line import Line
from clearway.stores.models.sweeping import counted, sweep_attempts
from clearway.stores.postgres import VARIABLE, Pool

log = logging.getLogger(__name__)

MOST_OWED = 10_000
"""Calls that were not made, to be taken back: Postgres may be away for days."""

_ENTER = "select clearway.llm_enter(%s::jsonb)"
_LEAVE = "select clearway.llm_leave(%s::jsonb)"
_WITHDRAW = "select clearway.llm_withdraw(%s::jsonb)"
_RESET = "select clearway.llm_reset(%s) as closed"
_SPENT = """
select settled_usd, reserved_usd from clearway.llm_purse
where key = %(key)s and period = %(period)s and which = case %(period)s
    when 'day' then to_char(clock_timestamp() at time zone 'UTC', 'YYYY-MM-DD')
    when 'month' then to_char(clock_timestamp() at time zone 'UTC', 'YYYY-MM')
    else %(request)s
end
"""
_HEALTH = """
select provider, endpoint,
    case when stored = 'open' and retry_at <= now() then 'half_open' else stored end as state,
    consecutive_failures, total_requests, total_failures, last_success, last_failure,
    case when stored = 'open' and retry_at > now()
        then extract(epoch from retry_at - now())::double precision
    end as retry_after_s
from clearway.llm_circuit
where provider <> 'service:'  -- those of services, which are called by the same rules
order by provider, endpoint
"""
_NEVER_MADE = Result(status="cancelled", verdict="ignored", cost_usd=Decimal(0))
"""For an attempt whose owner never heard that it may begin."""

Answer = dict[str, Any]


class _Asked(NamedTuple):
    """An attempt, and whether its circuit and windows are counted here too."""

    attempt: Attempt
    guarded: bool


class PostgresAdmission:
    """Implements `Admission` among all processes of one database; Postgres's clock counts.

    Every commit is on disk before anyone is answered. What could not be written when an attempt
    ended is owed, and written at the next `sweep`; until then its worst case stays reserved. What
    Postgres will never take is nobody's but its own: the sweep closes it like a dead owner's.
    """

    def __init__(self, pool: Pool, conninfo: str, *, failing: Failing | None = None) -> None:
        """`conninfo` is the pool's."""
        self._pool = pool
        self._failing = failing
        self._lines = (Line(conninfo, VARIABLE), Line(conninfo, VARIABLE))
        self._entering = Gather(self._send_attempts)
        self._leaving = Gather(self._send_results)
        self._withdrawing = Gather(self._send_withdrawals)
        self._under_way: dict[str, _Asked] = {}
        self._owed: dict[str, Result] = {}
        self._behind = Behind()

    async def enter(self, attempt: Attempt) -> Pass | Turned:
        """Decide atomically, all or nothing; what is let in is in the ledger as begun."""
        return await self._enter(_Asked(attempt, guarded=True))

    async def reserve(self, attempt: Attempt) -> Pass | Turned:
        """Decide by the purses alone: circuit and windows are counted elsewhere."""
        return await self._enter(_Asked(attempt, guarded=False))

    async def leave(self, attempt_id: str, result: Result) -> None:
        """Settle to what was billed, release the rest, tell the breaker, close the ledger's row."""
        check_result(result)
        await finish(self._leave(attempt_id, result))

    async def withdraw(self, attempt_id: str) -> None:
        """Undo a `reserve` whose call will not be made: nothing is reserved, and no row is left."""
        self._under_way.pop(attempt_id, None)
        try:
            await self._withdrawing.ask(attempt_id)
        except StoreUnavailable as error:
            self._owe_nothing(attempt_id, error)

    async def sweep(self) -> int:
        """Write what is owed; close what dead owners left, at its worst case; return how many."""
        await self._behind.all_done()
        await self._pay()
        return await sweep_attempts(self._pool)

    async def spent(self, purse: Purse) -> tuple[Decimal, Decimal]:
        """Return what is settled and what is reserved in the current period, in USD."""
        await self._behind.all_done()
        wanted = {
            "key": purse.key,
            "period": purse.period,
            "request": purse.key.removeprefix("request:"),
        }
        with store_errors("read a budget"):
            async with self._pool.connection() as connection:
                row = await (await connection.execute(_SPENT, wanted)).fetchone()
        return (row["settled_usd"], row["reserved_usd"]) if row else (Decimal(0), Decimal(0))

    async def health(self) -> Sequence[Health]:
        """Return every endpoint that has been called."""
        await self._behind.all_done()
        with store_errors("read the circuits"):
            async with self._pool.connection() as connection:
                cursor = connection.cursor(row_factory=class_row(Health))
                await cursor.execute(_HEALTH)
                return await cursor.fetchall()

    async def reset(self, provider: str | None = None) -> int:
        """Close the circuits of one provider, or of all; return how many were not closed."""
        return await counted(self._pool, _RESET, [provider], "reset circuits")

    async def close(self) -> None:
        """Write what is owed, as far as that is possible, and give the connections back."""
        await self._behind.all_done()
        with suppress(StoreUnavailable):
            await self._pay()
        for line in self._lines:
            await line.close()

    async def _enter(self, asked: _Asked) -> Pass | Turned:
        attempt = asked.attempt
        check_attempt(attempt)
        if self._owed.get(attempt.attempt_id) is _NEVER_MADE:  # it is to be made after all
            del self._owed[attempt.attempt_id]
        answering = self._entering.ask(asked)
        try:
            answer = await asyncio.shield(answering)
        except asyncio.CancelledError:
            self._behind.do(self._take_back(asked, answering))
            raise
        except StoreUnavailable as error:
            self._owe_nothing(attempt.attempt_id, error)
            raise
        if "reason" in answer:
            return Turned(**answer)
        self._under_way[attempt.attempt_id] = asked
        return Pass(attempt_id=attempt.attempt_id, **answer)

    async def _leave(self, attempt_id: str, result: Result) -> None:
        try:
            told = await self._leaving.ask((attempt_id, result))
        except StoreUnavailable as error:
            log.error("attempt_not_closed", extra={"attempt_id": attempt_id, **error.details})
            if is_refused(error):
                self._under_way.pop(attempt_id, None)
            else:
                self._owed[attempt_id] = result
            return
        asked = self._under_way.pop(attempt_id, None)
        if asked is not None and told is not None:
            failures = told["consecutive_failures"]
            moved = (told["was"], told["now"])
            tell_circuit(asked.attempt, *moved, failures, result, failing=self._failing)

    async def _pay(self) -> None:
        """Write what is owed; what is refused holds up nothing else: the sweep will close it."""
        for attempt_id, result in list(self._owed.items()):
            try:
                await self._leaving.ask((attempt_id, result))
            except StoreUnavailable as error:
                if not is_refused(error):
                    raise
                log.error("attempt_not_closed", extra={"attempt_id": attempt_id, **error.details})
            self._owed.pop(attempt_id, None)
            self._under_way.pop(attempt_id, None)

    def _owe_nothing(self, attempt_id: str, error: StoreUnavailable) -> None:
        """Take note that no call was made of an attempt which may have arrived all the same.

        Of more than so many the sweep closes the rest, when their leases are over.
        """
        if not is_refused(error) and len(self._owed) < MOST_OWED:
            self._owed[attempt_id] = _NEVER_MADE

    async def _take_back(self, asked: _Asked, answering: asyncio.Future[Answer]) -> None:
        attempt_id = asked.attempt.attempt_id
        try:
            answer = await answering
        except StoreUnavailable as error:
            self._owe_nothing(attempt_id, error)
            return
        if "reason" in answer:
            return
        if asked.guarded:
            await self._leave(attempt_id, _NEVER_MADE)
        else:
            await self.withdraw(attempt_id)

    async def _send_attempts(self, attempts: Sequence[_Asked]) -> Sequence[Answer]:
        wanted = json.dumps([_wanted(each) for each in attempts])
        doing = "count what a model call may cost, so none may be made"
        return cast(list[Answer], await self._lines[0].ask(_ENTER, wanted, doing=doing))

    async def _send_withdrawals(self, names: Sequence[str]) -> Sequence[None]:
        doing = "take back what was reserved for a model call"
        await self._lines[1].ask(_WITHDRAW, json.dumps(names), doing=doing)
        return [None] * len(names)

    async def _send_results(self, results: Sequence[tuple[str, Result]]) -> Sequence[Answer | None]:
        ended = json.dumps([self._ended(*each) for each in results])
        doing = "put on record what came of a model call"
        told = cast(dict[str, Answer | None], await self._lines[1].ask(_LEAVE, ended, doing=doing))
        return [told.get(attempt_id) for attempt_id, _ in results]

    def _ended(self, attempt_id: str, result: Result) -> Mapping[str, object]:
        known = self._under_way.get(attempt_id)
        profile = known.attempt.breaker if known else BreakerProfile()
        return {
            **vars(result),
            "attempt_id": attempt_id,
            "cost_usd": str(result.cost_usd),
            "profile": asdict(profile) if known is None or known.guarded else None,
        }


def _wanted(asked: _Asked) -> Mapping[str, object]:
    """Return what the database is told; amounts of money as text, so that none is rounded."""
    attempt = asked.attempt
    windows = attempt.windows if asked.guarded else ()
    return {
        "attempt_id": attempt.attempt_id,
        "request_id": attempt.request_id,
        "trace_id": attempt.trace_id,
        "number": attempt.number,
        "user_id": attempt.user,
        "tenant": attempt.tenant,
        "provider": attempt.provider,
        "model": attempt.model,
        "endpoint": attempt.endpoint,
        "task": attempt.task,
        "worst_case_usd": str(attempt.worst_case_usd),
        "tokens": attempt.tokens,
        "lease_s": attempt.lease_s,
        "guarded": asked.guarded,
        "windows": [
            {"key": w.key, "counts": w.counts, "of_limit": w.limit, "seconds": w.seconds}
            for w in windows
        ],
        "purses": [
            {
                "key": p.key,
                "period": p.period,
                "request_id": attempt.request_id,
                "limit_usd": str(p.limit_usd),
            }
            for p in attempt.purses
        ],
    }
