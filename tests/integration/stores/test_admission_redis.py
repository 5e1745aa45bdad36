"""Admission with circuits and windows in a real Redis, and money in a real Postgres."""

from __future__ import annotations

import asyncio
import json
from dataclasses import asdict, replace
from decimal import Decimal
from typing import Any

import pytest
import redis as sync_redis
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from clearway.llm.ports import BreakerProfile, Pass, Purse, Turned, Verdict
from clearway.resilience.breaker import PROFILES, Circuit
from clearway.resilience.clock import SystemClock
from clearway.stores.models.admission import open_admission
from clearway.stores.models.admission_redis import RedisAdmission
from clearway.stores.models.redis_counts import SCRIPT
from clearway.stores.postgres import Database
from tests.attempts import DAY, DONE, FAILED, REQUESTS, TOKENS, attempt, open_circuit
from tests.redis_server import RedisServer, redis_server
from tests.rush import rush

pytestmark = [pytest.mark.integration, pytest.mark.anyio]


def let_time_pass(redis: sync_redis.Redis, seconds: float) -> None:
    """Move what the circuits wait for into the past."""
    for key in redis.scan_iter(match="clearway:llm:circuit:*"):
        circuit = json.loads(redis.get(key) or b"")
        circuit["retry_at"] -= seconds
        circuit["probe_until"] -= seconds
        redis.set(key, json.dumps(circuit))


async def test_money_is_counted_as_without_redis(admission: RedisAdmission) -> None:
    first = attempt()
    assert isinstance(await admission.enter(first), Pass)
    assert isinstance(await admission.enter(first), Pass)
    assert await admission.spent(DAY) == (0, Decimal("0.10"))

    await admission.leave(first.attempt_id, DONE)
    await admission.leave(first.attempt_id, replace(DONE, cost_usd=Decimal(7)))

    assert await admission.spent(DAY) == (Decimal("0.01"), 0)


async def test_who_is_turned_away_leaves_no_trace_anywhere(admission: RedisAdmission) -> None:
    empty = Purse(key="tenant:north", period="day", limit_usd=Decimal("0.05"))
    poor = await admission.enter(attempt(purses=[DAY, empty], windows=[REQUESTS, TOKENS]))
    large = await admission.enter(attempt(tokens=1001, windows=[REQUESTS, TOKENS]))

    assert isinstance(poor, Turned)
    assert (poor.reason, poor.key) == ("budget", "tenant:north")
    assert large == Turned(reason="window", key="provider:p", retry_after_s=None)
    assert await admission.spent(DAY) == (0, 0)
    for _ in range(2):
        assert isinstance(await admission.enter(attempt(windows=[REQUESTS])), Pass)
    turned = await admission.enter(attempt(windows=[REQUESTS]))
    assert isinstance(turned, Turned)
    assert turned.retry_after_s is not None
    assert 0 < turned.retry_after_s <= 61


async def test_tokens_that_were_reserved_and_not_used_are_given_back(
    admission: RedisAdmission,
) -> None:
    first = attempt(tokens=900, windows=[TOKENS])
    await admission.enter(first)
    assert isinstance(await admission.enter(attempt(windows=[TOKENS])), Turned)

    await admission.leave(first.attempt_id, DONE)  # it used 40

    assert isinstance(await admission.enter(attempt(tokens=960, windows=[TOKENS])), Pass)
    assert isinstance(await admission.enter(attempt(tokens=1, windows=[TOKENS])), Turned)


async def test_the_probe_s_place_is_one_and_is_left_to_the_next(
    admission: RedisAdmission, redis: sync_redis.Redis
) -> None:
    await open_circuit(admission)
    shut = await admission.enter(attempt())
    assert isinstance(shut, Turned)
    assert (shut.reason, shut.key) == ("breaker", "p/eu")
    let_time_pass(redis, 60)
    assert [each.state for each in await admission.health()] == ["half_open"]

    poor = replace(DAY, key="nobody", limit_usd=Decimal("0.01"))
    refused = await admission.enter(attempt(purses=[poor]))
    probe, second = await admission.enter(attempt("probe")), await admission.enter(attempt())

    assert isinstance(refused, Turned)
    assert refused.reason == "budget"
    assert isinstance(probe, Pass)
    assert probe.probe
    assert isinstance(second, Turned)
    await admission.leave("probe", FAILED)
    (health,) = await admission.health()
    assert (health.state, health.total_failures) == ("open", 6)
    assert health.last_failure is not None
    assert (await admission.reset("other"), await admission.reset("p")) == (0, 1)
    assert isinstance(await admission.enter(attempt()), Pass)


async def test_without_redis_everything_is_counted_in_postgres_and_said_so(
    database: Database,
) -> None:
    with redis_server() as server:
        async with open_admission(
            database.pool, database.addresses.app, SystemClock(), redis_url=server.url
        ) as opened:
            admission = opened.books
            assert isinstance(admission, RedisAdmission)
            begun = attempt("begun with it", worst_case_usd=Decimal("0.25"))
            await admission.enter(begun)
            assert admission.degraded is None
            server.kill()

            refused = await admission.enter(attempt())
            assert isinstance(refused, Turned)
            assert refused.reason == "budget"
            assert admission.degraded is not None
            await admission.leave("begun with it", DONE)
            assert isinstance(await admission.enter(attempt("begun without")), Pass)
            await admission.leave("begun without", DONE)

            assert await admission.spent(DAY) == (Decimal("0.02"), 0)
            assert [each.total_requests for each in await admission.health()] == [1]


def test_a_budget_for_three_lets_three_of_two_hundred_in_from_four_processes(
    database: Database, redis: sync_redis.Redis, running: RedisServer
) -> None:
    reports = rush(database.addresses.app, processes=4, calls=50, redis_url=running.url)

    assert sum(report["passed"] for report in reports) == 3


async def test_after_recovery_one_of_a_hundred_from_four_processes_reaches_the_endpoint(
    admission: RedisAdmission, database: Database, redis: sync_redis.Redis, running: RedisServer
) -> None:
    await open_circuit(admission)
    let_time_pass(redis, 60)

    reports = await asyncio.to_thread(
        rush, database.addresses.app, processes=4, calls=25, redis_url=running.url
    )

    assert sum(report["passed"] for report in reports) == 1


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


def told(redis: sync_redis.Redis, now: float, keys: list[str], **asked: object) -> dict[str, Any]:
    request = {"windows": [], "provider": "p", "endpoint": "e", "lease_s": 10, **asked}
    reply = redis.eval(SCRIPT, len(keys), *keys, json.dumps(request), repr(now))
    answer: dict[str, Any] = json.loads(reply)
    return answer


@given(
    calls=CALLS,
    profile=st.sampled_from(
        [*PROFILES.values(), BreakerProfile(consecutive=None, minimum_calls=4, adaptive=True)]
    ),
)
@FIXED
def test_the_circuit_is_the_machine_of_the_breaker(
    calls: list[tuple[str, Verdict, float, bool]],
    profile: BreakerProfile,
    redis: sync_redis.Redis,
) -> None:
    redis.flushdb()
    circuit, now = Circuit(), EPOCH
    for name, verdict, pause_s, enters in calls:
        now += pause_s
        if enters and name != circuit.probe:
            refusal_s = circuit.refusal_s(now)
            answer = told(redis, now, ["c"], op="enter", name="p/e", attempt_id=name, tokens=0)
            if refusal_s is None:
                assert answer["probe"] == circuit.begin(name, now, 10)
            else:
                assert answer["retry_after_s"] == pytest.approx(refusal_s, abs=1e-4)
        else:
            circuit.record(name, verdict, profile, now)
            answer = told(
                redis, now, ["c"], op="leave", attempt_id=name, verdict=verdict, used=0,
                profile=asdict(profile), places=[],
            )  # fmt: skip
            assert answer["now"] == circuit.stored
            assert answer["consecutive_failures"] == circuit.consecutive_failures


@given(
    steps=st.lists(
        st.tuples(st.sampled_from([0.0, 0.1, 0.9, 3.0, 10.0]), st.integers(1, 4)),
        min_size=5,
        max_size=60,
    )
)
@FIXED
def test_no_stretch_of_a_window_holds_more_than_its_limit(
    steps: list[tuple[float, int]], redis: sync_redis.Redis
) -> None:
    redis.flushdb()
    window = {"key": "k", "counts": "tokens", "limit": 5, "seconds": 10}
    now, let_in = EPOCH, []
    for pause_s, tokens in steps:
        now += pause_s
        answer = told(
            redis, now, ["c", "w"], op="enter", name="p/e", attempt_id="a", tokens=tokens,
            windows=[window],
        )  # fmt: skip
        if "reason" in answer:
            assert sum(n for at, n in let_in if at > now - 10.2) + tokens > 5
            now += answer["retry_after_s"] + 0.001
        else:
            let_in.append((now, tokens))
            assert sum(n for at, n in let_in if at > now - 10) <= 5
