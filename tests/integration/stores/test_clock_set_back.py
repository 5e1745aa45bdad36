"""A server's clock that was ahead, and is set back: nothing waits for a time that was not."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any

import psycopg
import pytest
import redis as sync_redis
from psycopg.types.json import Jsonb

from clearway.resilience.breaker import PROFILES
from clearway.stores.models.redis_counts import SCRIPT

pytestmark = pytest.mark.integration

NOW = 1_800_000_000.0
YEAR_S = 365 * 86_400.0
SECONDS, LIMIT = 60, 5
PROFILE = PROFILES["planner"]  # five failures within a minute, in a row or not


@pytest.fixture
def machine(database_url: str) -> Iterator[psycopg.Connection[tuple[Any, ...]]]:
    with psycopg.connect(database_url, autocommit=True) as connection:
        yield connection


class InPostgres:
    def __init__(self, connection: psycopg.Connection[tuple[Any, ...]]) -> None:
        self._connection = connection

    def count(self, now: float) -> float | None:
        window = {"key": "k", "counts": "requests", "of_limit": LIMIT, "seconds": SECONDS}
        (refused,) = self._row(
            "select refused from clearway.llm_count(%s, 0, %s)", Jsonb([window]), _at(now)
        )
        return refused and float(refused["retry_after_s"])

    def enter(self, now: float, name: str) -> bool:
        (refused,) = self._row(
            "select refused from clearway.llm_pass_circuit('p', 'e', %s, 30, %s)",
            name,
            _at(now),
        )
        return refused is None

    def leave(self, now: float, name: str, verdict: str) -> str:
        statement = "select clearway.llm_tell('p', 'e', %s, %s, %s, %s) ->> 'now'"
        profile = Jsonb(asdict(PROFILE))
        return str(self._row(statement, name, verdict, profile, _at(now))[0])

    def _row(self, statement: str, *values: object) -> tuple[Any, ...]:
        row = self._connection.execute(statement.encode(), values).fetchone()
        assert row is not None
        return row


class InRedis:
    def __init__(self, client: sync_redis.Redis) -> None:
        self._client = client

    def count(self, now: float) -> float | None:
        window = {"key": "k", "counts": "requests", "limit": LIMIT, "seconds": SECONDS}
        answer = self._told(["w"], now, op="admit", windows=[window])
        return answer["retry_after_s"] if answer else None

    def enter(self, now: float, name: str) -> bool:
        return "reason" not in self._told(["c"], now, op="enter", attempt_id=name)

    def leave(self, now: float, name: str, verdict: str) -> str:
        told = {"attempt_id": name, "verdict": verdict, "profile": asdict(PROFILE), "places": []}
        return str(self._told(["c"], now, op="leave", **told)["now"])

    def _told(self, keys: list[str], now: float, **asked: object) -> Any:
        request = {"windows": [], "provider": "p", "endpoint": "e", "lease_s": 30, **asked}
        return json.loads(
            self._client.eval(SCRIPT, len(keys), *keys, json.dumps(request), repr(now))
        )


@pytest.fixture(params=["postgres", "redis"])
def store(
    request: pytest.FixtureRequest,
    machine: psycopg.Connection[tuple[Any, ...]],
    redis: sync_redis.Redis,
) -> InPostgres | InRedis:
    return InPostgres(machine) if request.param == "postgres" else InRedis(redis)


def _at(now: float) -> datetime:
    return datetime.fromtimestamp(now, UTC)


@pytest.mark.parametrize("ahead_s", [7200.0, YEAR_S])
def test_a_window_counts_what_it_holds_as_of_now_and_empties(
    store: InPostgres | InRedis, ahead_s: float
) -> None:
    for _ in range(LIMIT):
        assert store.count(NOW + ahead_s) is None

    waits = [store.count(NOW + second) for second in range(0, 61, 20)]

    assert all(wait is not None for wait in waits)
    assert waits[0] == pytest.approx(SECONDS, abs=2)
    assert store.count(NOW + SECONDS + 2) is None


def test_a_circuit_that_opened_while_the_clock_was_ahead_may_be_tried(
    store: InPostgres | InRedis,
) -> None:
    for number in range(5):
        state = store.leave(NOW + YEAR_S, str(number), "failure")
    assert state == "open"
    assert not store.enter(NOW + YEAR_S + 1, "too early")

    assert store.enter(NOW, "probe")
    assert not store.enter(NOW, "another")
    assert store.leave(NOW, "probe", "success") == "closed"


def test_a_probe_that_died_while_the_clock_was_ahead_gives_its_place_up(
    store: InPostgres | InRedis,
) -> None:
    for number in range(5):
        store.leave(NOW + YEAR_S, str(number), "failure")
    assert store.enter(NOW + YEAR_S + 31, "died")

    assert store.enter(NOW, "probe")


def test_failures_while_the_clock_was_ahead_are_no_failures_of_this_minute(
    store: InPostgres | InRedis,
) -> None:
    for number in range(4):
        store.leave(NOW + YEAR_S, str(number), "failure")
    states = [store.leave(NOW + 90 * number, f"later {number}", "failure") for number in range(6)]

    assert states == ["closed"] * 6
