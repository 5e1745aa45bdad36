"""What each store works by itself, at times it is told: its circuits and its windows."""

from __future__ import annotations

import json
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any, Protocol

import psycopg
import redis as sync_redis
from psycopg.types.json import Jsonb

from clearway.llm.ports import BreakerProfile, Verdict, Window
from clearway.stores.models.redis_counts import SCRIPT

LEASE_S = 10


class Rules(Protocol):
    """One circuit and some windows in a store, at times it is told."""

    knows_its_probe: bool
    """The one that probes may come again; else its row in the ledger is found before."""
    exact_to_s: float

    def forget(self) -> None:
        """Begin with nothing counted."""
        ...

    def enter(self, name: str, now: float) -> tuple[bool, float | None]:
        """Return whether it probes, and the seconds it is refused for."""
        ...

    def leave(
        self, name: str, verdict: Verdict, profile: BreakerProfile, now: float
    ) -> tuple[str, int]:
        """Return the state it is in afterwards, and how often in a row it has failed."""
        ...

    def count(self, window: Window, tokens: int, now: float) -> float | None:
        """Return the seconds it is refused for."""
        ...


class InPostgres:
    knows_its_probe = False
    exact_to_s = 2e-6

    def __init__(self, connection: psycopg.Connection[tuple[Any, ...]]) -> None:
        self._connection = connection

    def forget(self) -> None:
        self._connection.execute("delete from clearway.llm_circuit")
        self._connection.execute("delete from clearway.llm_window")

    def enter(self, name: str, now: float) -> tuple[bool, float | None]:
        probing, refusal_s = self._ask(
            "select probing, (refused ->> 'retry_after_s')::float8 "
            "from clearway.llm_pass_circuit('p', 'e', %s, %s, %s)",
            [name, LEASE_S, _at(now)],
        )
        return probing, refusal_s

    def leave(
        self, name: str, verdict: Verdict, profile: BreakerProfile, now: float
    ) -> tuple[str, int]:
        (told,) = self._ask(
            "select clearway.llm_tell('p', 'e', %s, %s, %s, %s)",
            [name, verdict, Jsonb(asdict(profile)), _at(now)],
        )
        return told["now"], told["consecutive_failures"]

    def count(self, window: Window, tokens: int, now: float) -> float | None:
        wanted = asdict(window)
        wanted["of_limit"] = wanted.pop("limit")
        (refusal_s,) = self._ask(
            "select (refused ->> 'retry_after_s')::float8 from clearway.llm_count(%s, %s, %s)",
            [Jsonb([wanted]), tokens, _at(now)],
        )
        assert refusal_s is None or isinstance(refusal_s, float)
        return refusal_s

    def _ask(self, statement: str, values: list[object]) -> tuple[Any, ...]:
        row = self._connection.execute(statement.encode(), values).fetchone()
        assert row is not None
        return row


class InRedis:
    knows_its_probe = True
    exact_to_s = 1e-4

    def __init__(self, client: sync_redis.Redis) -> None:
        self._client = client

    def forget(self) -> None:
        self._client.flushdb()

    def enter(self, name: str, now: float) -> tuple[bool, float | None]:
        answer = self._ask(now, ["c"], op="enter", name="p/e", attempt_id=name, tokens=0)
        return answer.get("probe", False), answer.get("retry_after_s")

    def leave(
        self, name: str, verdict: Verdict, profile: BreakerProfile, now: float
    ) -> tuple[str, int]:
        answer = self._ask(
            now, ["c"], op="leave", attempt_id=name, verdict=verdict, used=0,
            profile=asdict(profile), places=[],
        )  # fmt: skip
        return answer["now"], answer["consecutive_failures"]

    def count(self, window: Window, tokens: int, now: float) -> float | None:
        answer = self._ask(
            now, ["c", "w"], op="enter", name="p/e", attempt_id="a", tokens=tokens,
            windows=[asdict(window)],
        )  # fmt: skip
        return float(answer["retry_after_s"]) if "reason" in answer else None

    def _ask(self, now: float, keys: list[str], **asked: object) -> dict[str, Any]:
        request = {"windows": [], "provider": "p", "endpoint": "e", "lease_s": LEASE_S, **asked}
        reply = self._client.eval(SCRIPT, len(keys), *keys, json.dumps(request), repr(now))
        answer: dict[str, Any] = json.loads(reply)
        return answer


def _at(now: float) -> datetime:
    return datetime.fromtimestamp(now, UTC)
