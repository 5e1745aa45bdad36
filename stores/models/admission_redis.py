"""Admission with circuits and windows in Redis, and money in Postgres.

Only Postgres reserves, settles and records: losing Redis, or everything in it, never spends a cent
too much. While Redis is away, circuits and windows are counted in Postgres, beginning with none,
and `degraded` says so.
"""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Sequence
from dataclasses import asdict, replace
from datetime import UTC, datetime
from decimal import Decimal
from importlib.resources import files
from typing import Any

from clearway.errors import CacheError
from clearway.llm.admission.alerts import Failing
from clearway.llm.admission.in_process import check_attempt, tell_circuit
from clearway.llm.ports import Admission, Attempt, Health, Pass, Purse, Result, Turned
from clearway.resilience.finish import finish
from clearway.stores.redis_client import RedisClient

log = logging.getLogger(__name__)

PREFIX = "clearway:llm:"
SCRIPT = (files("clearway.stores.models") / "circuit.lua").read_text("utf-8")


class RedisAdmission:
    """Implements `Admission` among all processes of one Redis and one database."""

    def __init__(
        self,
        redis: RedisClient,
        money: Admission,
        whole: Admission,
        *,
        failing: Failing | None = None,
    ) -> None:
        """`money` counts purses and the ledger only; `whole` counts all, while Redis is away."""
        self._redis = redis
        self._failing = failing
        self._money = money
        self._whole = whole
        self._under_way: dict[str, tuple[Attempt, object]] = {}

    @property
    def degraded(self) -> str | None:
        """Return what is worse at the moment, in words for the asker; None where nothing is."""
        if not self._redis.away:
            return None
        return "Redis does not answer: circuits and limits are counted in Postgres, from zero."

    async def enter(self, attempt: Attempt) -> Pass | Turned:
        """Decide: first the circuit and the windows, then the purses; all or nothing."""
        check_attempt(attempt)
        if attempt.attempt_id in self._under_way:
            return await self._money.enter(attempt)
        try:
            answer = await self._ask(attempt, op="enter", tokens=attempt.tokens)
        except CacheError:
            return await self._whole.enter(attempt)
        except asyncio.CancelledError:
            await finish(self._undo(attempt, []))  # it may be the probe; windows count it
            raise
        if "reason" in answer:
            return Turned(**answer)
        places = answer["places"]
        try:
            passed = await self._money.enter(replace(attempt, windows=()))
        except BaseException:
            await finish(self._undo(attempt, places))
            raise
        if isinstance(passed, Turned):
            await self._undo(attempt, places)
            return passed
        self._under_way[attempt.attempt_id] = (attempt, places)
        return replace(passed, probe=answer["probe"])

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
            found = [await self._run([key], {"op": "health"}) for key in await self._circuits()]
        except CacheError:
            return await self._whole.health()
        return sorted(
            (_health(circuit) for circuit in found if circuit),
            key=lambda each: (each.provider, each.endpoint),
        )

    async def reset(self, provider: str | None = None) -> int:
        """Close the circuits of one provider, or of all; return how many were not closed."""
        meanwhile = await self._whole.reset(provider)
        try:
            keys = await self._circuits(provider)
            answers = [await self._run([key], {"op": "reset"}) for key in keys]
        except CacheError:
            return meanwhile
        return meanwhile + sum(int(answer["closed"]) for answer in answers)

    async def _leave(self, attempt: Attempt, places: object, result: Result) -> None:
        await self._money.leave(attempt.attempt_id, result)
        try:
            told = await self._ask(
                attempt,
                op="leave",
                places=places,
                used=result.prompt_tokens + result.completion_tokens,
                verdict=result.verdict,
                profile=asdict(attempt.breaker),
            )
        except CacheError:
            return  # a probe's place is free again when its lease is over
        failures = told["consecutive_failures"]
        moved = (told["was"], told["now"])
        tell_circuit(attempt, *moved, failures, result, failing=self._failing)

    async def _undo(self, attempt: Attempt, places: object) -> None:
        try:
            await self._ask(attempt, op="undo", places=places)
        except CacheError as error:
            log.warning("window_not_given_back", extra={"error": type(error).__name__})

    async def _ask(self, attempt: Attempt, **asked: object) -> dict[str, Any]:
        windows = [
            {"key": w.key, "counts": w.counts, "limit": w.limit, "seconds": w.seconds}
            for w in attempt.windows
        ]
        keys = [_circuit(attempt.provider, attempt.endpoint)]
        keys += [f"{PREFIX}window:{w.counts}:{w.seconds:g}:{w.key}" for w in attempt.windows]
        told = {
            **asked,
            "attempt_id": attempt.attempt_id,
            "provider": attempt.provider,
            "endpoint": attempt.endpoint,
            "name": f"{attempt.provider}/{attempt.endpoint}",
            "lease_s": attempt.lease_s,
            "windows": windows,
        }
        return await self._run(keys, told)

    async def _run(self, keys: Sequence[str], asked: object) -> dict[str, Any]:
        reply = await self._redis.script(SCRIPT, keys, [json.dumps(asked)])
        answer: dict[str, Any] = json.loads(reply)
        return answer or {}

    async def _circuits(self, provider: str | None = None) -> list[str]:
        pattern = _circuit(provider or "*", "*")

        async def scanned(client: Any) -> list[str]:
            return [name.decode() async for name in client.scan_iter(match=pattern, count=500)]

        return await self._redis.ask(scanned)


def _circuit(provider: str, endpoint: str) -> str:
    return f"{PREFIX}circuit:{provider}/{endpoint}"


def _health(circuit: dict[str, Any]) -> Health:
    def when(name: str) -> datetime | None:
        return datetime.fromtimestamp(circuit[name], UTC) if name in circuit else None

    return Health(
        provider=circuit["provider"],
        endpoint=circuit["endpoint"],
        state=circuit["seen"],
        consecutive_failures=circuit["consecutive_failures"],
        total_requests=circuit["total_requests"],
        total_failures=circuit["total_failures"],
        last_success=when("last_success"),
        last_failure=when("last_failure"),
        retry_after_s=circuit.get("retry_after_s"),
    )
