"""Breakers and rates of services among all processes: in Redis, in Postgres, or else each alone.

The circuits are those of models, by the same script and the same functions; the machine is that of
`clearway.resilience.breaker`, step by step.
"""

from __future__ import annotations

import json
import logging
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import asdict
from typing import Any

from clearway.errors import CacheError, StoreUnavailable
from clearway.graph.ports import Clock
from clearway.resilience.callee import Callee, CallGuard, ProcessCalls, Refusal, Verdict
from clearway.resilience.finish import finish
from clearway.settings import Settings
from clearway.stores.connect import store_errors
from clearway.stores.models.redis_counts import SCRIPT
from clearway.stores.postgres import Pool
from clearway.stores.redis_client import RedisClient, open_redis

log = logging.getLogger(__name__)

PREFIX = "clearway:service:"

_ENTER = "select clearway.service_enter(%s, %s, %s, %s, %s) as refused"
_LEAVE = "select clearway.service_leave(%s, %s, %s, %s::jsonb)"


class RedisCalls:
    """Implements `CallGuard` among all processes of one Redis; raises `CacheError`."""

    def __init__(self, redis: RedisClient) -> None:
        """`redis` may be away."""
        self._redis = redis

    async def enter(self, callee: Callee, attempt_id: str) -> Refusal | None:
        """Ask circuit and window in one step."""
        return _refusal(await self._ask(callee, attempt_id, op="enter", tokens=0))

    async def leave(self, callee: Callee, attempt_id: str, verdict: Verdict) -> None:
        """Tell the circuit."""
        profile = asdict(callee.profile)
        told = {"op": "leave", "places": [], "verdict": verdict, "profile": profile}
        await self._ask(callee, attempt_id, **told)

    async def _ask(self, callee: Callee, attempt_id: str, **asked: object) -> dict[str, Any]:
        window = {
            "key": callee.name,
            "counts": "requests",
            "limit": callee.requests,
            "seconds": callee.window_s,
        }
        told = {
            **asked,
            "attempt_id": attempt_id,
            "provider": "service:",
            "endpoint": callee.name,
            "name": callee.name,
            "lease_s": callee.lease_s,
            "windows": [window],
        }
        keys = [
            f"{PREFIX}circuit:{callee.name}",
            f"{PREFIX}window:{callee.window_s:g}:{callee.name}",
        ]
        reply = await self._redis.script(SCRIPT, keys, [json.dumps(told)])
        answer: dict[str, Any] = json.loads(reply) or {}
        return answer


class PostgresCalls:
    """Implements `CallGuard` among all processes of one database; raises `StoreUnavailable`."""

    def __init__(self, pool: Pool) -> None:
        """`pool` is of the application's role."""
        self._pool = pool

    async def enter(self, callee: Callee, attempt_id: str) -> Refusal | None:
        """Ask circuit and window in one round trip, which waits for no disk."""
        wanted = [callee.name, attempt_id, callee.lease_s, callee.requests, callee.window_s]
        with store_errors("count a call of a service"):
            async with self._pool.connection() as connection:
                row = await (await connection.execute(_ENTER, wanted)).fetchone()
        return _refusal((row or {}).get("refused") or {})

    async def leave(self, callee: Callee, attempt_id: str, verdict: Verdict) -> None:
        """Tell the circuit."""
        told = [callee.name, attempt_id, verdict, json.dumps(asdict(callee.profile))]
        with store_errors("put on record what came of a call of a service"):
            async with self._pool.connection() as connection:
                await connection.execute(_LEAVE, told)


class SharedCalls:
    """Implements `CallGuard` over several stores: the first that answers counts."""

    def __init__(self, shared: Sequence[CallGuard], alone: CallGuard) -> None:
        """`alone` counts for this process while no store answers."""
        self._guards = (*shared, alone)
        self._under_way: dict[str, CallGuard] = {}

    async def enter(self, callee: Callee, attempt_id: str) -> Refusal | None:
        """Ask the first store that answers."""
        for guard in self._guards:
            try:
                refusal = await guard.enter(callee, attempt_id)
            except (CacheError, StoreUnavailable) as error:
                log.warning("calls_not_shared", extra={"error": type(error).__name__})
                continue
            except BaseException:  # it may be the probe, and nobody would say how it went
                await finish(_told(guard, callee, attempt_id, "ignored"))
                raise
            if refusal is None:
                self._under_way[attempt_id] = guard
            return refusal
        raise AssertionError("a process counts by itself where nobody else does")

    async def leave(self, callee: Callee, attempt_id: str, verdict: Verdict) -> None:
        """Tell the store that let the call in; it is told though the caller is cancelled."""
        await finish(_told(self._under_way.pop(attempt_id), callee, attempt_id, verdict))


async def _told(guard: CallGuard, callee: Callee, attempt_id: str, verdict: Verdict) -> None:
    try:
        await guard.leave(callee, attempt_id, verdict)
    except (CacheError, StoreUnavailable) as error:  # a probe's place is free after its lease
        log.warning("call_not_told", extra={"error": type(error).__name__})


def _refusal(answer: dict[str, Any]) -> Refusal | None:
    if "reason" not in answer:
        return None
    return Refusal(reason=answer["reason"], retry_after_s=float(answer["retry_after_s"] or 0.0))


@asynccontextmanager
async def open_service_calls(
    settings: Settings, pool: Pool, clock: Clock
) -> AsyncIterator[SharedCalls]:
    """Yield what all processes of these settings share: Redis where there is one, then Postgres."""
    async with AsyncExitStack() as stack:
        shared: list[CallGuard] = [PostgresCalls(pool)]
        if settings.redis_url is not None:
            url = settings.redis_url.get_secret_value()
            redis = await stack.enter_async_context(open_redis(url, clock, patient=True))
            shared.insert(0, RedisCalls(redis))
        yield SharedCalls(shared, ProcessCalls(clock))
