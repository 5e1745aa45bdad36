"""Circuits and windows in Redis: one script, so that each question is one atomic step."""

from __future__ import annotations

import json
import logging
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from importlib.resources import files
from typing import Any

from clearway.errors import CacheError
from clearway.llm.ports import Attempt, Health, Result, Turned
from clearway.stores.redis_client import RedisClient

log = logging.getLogger(__name__)

PREFIX = "clearway:llm:"
SCRIPT = (files("clearway.stores.models") / "circuit.lua").read_text("utf-8")


@dataclass(frozen=True, kw_only=True)
class Counted:
    """An attempt its circuit and windows let in."""

    probe: bool
    places: object
    """Where the windows counted it, in the script's own words."""


class RedisCounts:
    """What all processes of one Redis count of attempts; where it is away, `CacheError`."""

    def __init__(self, redis: RedisClient) -> None:
        """`redis` may be away."""
        self._redis = redis

    @property
    def away(self) -> bool:
        """Return whether it did not answer last time, and is left alone for now."""
        return self._redis.away

    async def enter(self, attempt: Attempt) -> Counted | Turned:
        """Ask the circuit, and count in all windows or none."""
        answer = await self._ask(attempt, op="enter", tokens=attempt.tokens)
        return Turned(**answer) if "reason" in answer else Counted(**answer)

    async def undo(self, attempt: Attempt, counted: Counted) -> None:
        """Give back what was counted, and the probe's place; without Redis it comes back by age."""
        try:
            await self._ask(attempt, op="undo", places=counted.places)
        except CacheError as error:
            log.warning("window_not_given_back", extra={"error": type(error).__name__})

    async def leave(self, attempt: Attempt, counted: Counted, result: Result) -> dict[str, Any]:
        """Correct the windows, tell the circuit; return how its state moved."""
        return await self._ask(
            attempt,
            op="leave",
            places=counted.places,
            used=result.prompt_tokens + result.completion_tokens,
            verdict=result.verdict,
            profile=asdict(attempt.breaker),
        )

    async def health(self) -> Sequence[Health]:
        """Return every endpoint that has been called."""
        found = [await self._run([key], {"op": "health"}) for key in await self._circuits()]
        return sorted(
            (_health(circuit) for circuit in found if circuit),
            key=lambda each: (each.provider, each.endpoint),
        )

    async def reset(self, provider: str | None) -> int:
        """Close the circuits of one provider, or of all; return how many were not closed."""
        keys = await self._circuits(provider)
        answers = [await self._run([key], {"op": "reset"}) for key in keys]
        return sum(int(answer["closed"]) for answer in answers)

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
            "name": circuit_name(attempt),
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


def circuit_name(attempt: Attempt) -> str:
    """Return what a refusal by the attempt's circuit is signed with."""
    return f"{attempt.provider}/{attempt.endpoint}"


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
