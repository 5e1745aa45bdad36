"""The rules each store works by itself, at times it is told: its circuits and its windows."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any, Protocol

import psycopg
import pytest
import redis as sync_redis
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from psycopg.types.json import Jsonb

from clearway.llm.ports import BreakerProfile, Verdict
from clearway.resilience.breaker import PROFILES, Circuit
from clearway.stores.models.redis_counts import SCRIPT
from clearway.stores.postgres import Database

pytestmark = [pytest.mark.integration, pytest.mark.anyio]

LEASE_S = 10
LIMIT = 5
WINDOW_S = 10


class Rules(Protocol):
    """One circuit and one window of `LIMIT` tokens in `WINDOW_S`, in a store."""

    knows_its_probe: bool
    """The one that probes may come again; else its row in the ledger is found before."""
    exact_to_s: float

    def forget(self) -> None:
        """Begin with nothing counted."""
        ...

    def enter(self, name: str, now: float) -> tuple[bool, float | None]:
        """Return whether it probes, and the seconds it is refused for."""
        ...

    def leave(self, name: str, verdict: Verdict, profile: BreakerProfile, now: float) -> object:
        """Return the state it is in afterwards."""
        ...

    def count(self, tokens: int, now: float) -> float | None:
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

    def leave(self, name: str, verdict: Verdict, profile: BreakerProfile, now: float) -> object:
        (told,) = self._ask(
            "select clearway.llm_tell('p', 'e', %s, %s, %s, %s)",
            [name, verdict, Jsonb(asdict(profile)), _at(now)],
        )
        return told["now"], told["consecutive_failures"]

    def count(self, tokens: int, now: float) -> float | None:
        wanted = {"key": "k", "counts": "tokens", "of_limit": LIMIT, "seconds": WINDOW_S}
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

    def leave(self, name: str, verdict: Verdict, profile: BreakerProfile, now: float) -> object:
        answer = self._ask(
            now, ["c"], op="leave", attempt_id=name, verdict=verdict, used=0,
            profile=asdict(profile), places=[],
        )  # fmt: skip
        return answer["now"], answer["consecutive_failures"]

    def count(self, tokens: int, now: float) -> float | None:
        window = {"key": "k", "counts": "tokens", "limit": LIMIT, "seconds": WINDOW_S}
        answer = self._ask(
            now, ["c", "w"], op="enter", name="p/e", attempt_id="a", tokens=tokens,
            windows=[window],
        )  # fmt: skip
        return float(answer["retry_after_s"]) if "reason" in answer else None

    def _ask(self, now: float, keys: list[str], **asked: object) -> dict[str, Any]:
        request = {"windows": [], "provider": "p", "endpoint": "e", "lease_s": LEASE_S, **asked}
        reply = self._client.eval(SCRIPT, len(keys), *keys, json.dumps(request), repr(now))
        answer: dict[str, Any] = json.loads(reply)
        return answer


def _at(now: float) -> datetime:
    return datetime.fromtimestamp(now, UTC)


@pytest.fixture(params=["postgres", "redis"])
def rules(
    request: pytest.FixtureRequest, database: Database, redis: sync_redis.Redis
) -> Iterator[Rules]:
    if request.param == "redis":
        yield InRedis(redis)
        return
    with psycopg.connect(database.addresses.admin, autocommit=True) as connection:
        yield InPostgres(connection)


EPOCH = 1_800_000_000.0
CALLS = st.lists(
    st.tuples(
        st.sampled_from(["a", "b", "c"]),
        st.sampled_from(["success", "failure", "failure", "ignored"]),
        st.sampled_from([0.0, 0.5, 4.0, 30.0, 61.0]),
        st.booleans(),
    ),
    min_size=10,
    max_size=40,
)
FIXED = settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


@given(
    calls=CALLS,
    profile=st.sampled_from(
        [*PROFILES.values(), BreakerProfile(consecutive=None, minimum_calls=4, adaptive=True)]
    ),
)
@FIXED
def test_the_circuit_is_the_machine_of_the_breaker(
    calls: list[tuple[str, Verdict, float, bool]], profile: BreakerProfile, rules: Rules
) -> None:
    rules.forget()
    circuit, now = Circuit(), EPOCH
    for name, verdict, pause_s, enters in calls:
        now += pause_s
        if enters and not (rules.knows_its_probe and name == circuit.probe):
            refusal_s = circuit.refusal_s(now)
            probing = refusal_s is None and circuit.begin(name, now, LEASE_S)
            told_s = refusal_s and pytest.approx(refusal_s, abs=rules.exact_to_s)
            assert rules.enter(name, now) == (probing, told_s)
        else:
            circuit.record(name, verdict, profile, now)
            told = rules.leave(name, verdict, profile, now)
            assert told == (circuit.stored, circuit.consecutive_failures)


@given(
    steps=st.lists(
        st.tuples(st.sampled_from([0.0, 0.1, 0.9, 3.0, 10.0]), st.integers(1, 4)),
        min_size=5,
        max_size=60,
    )
)
@FIXED
def test_no_stretch_of_a_window_holds_more_than_its_limit(
    steps: list[tuple[float, int]], rules: Rules
) -> None:
    rules.forget()
    now, let_in = EPOCH, []
    for pause_s, tokens in steps:
        now += pause_s
        wait_s = rules.count(tokens, now)
        if wait_s is None:
            let_in.append((now, tokens))
            assert sum(n for at, n in let_in if at > now - WINDOW_S) <= LIMIT
        else:
            assert 0 < wait_s <= 10.2
            # It is refused for what the last ten seconds, and a sixtieth more, hold.
            assert sum(n for at, n in let_in if at > now - 10.2) + tokens > LIMIT
            now += wait_s + 0.001
