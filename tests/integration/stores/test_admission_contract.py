"""What every admission keeps, wherever it counts: in process, in Postgres, or in Redis as well.

Redis is asked before Postgres as long as nobody knows who lets calls in, and with it from then on.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from decimal import Decimal

import pytest
import redis as sync_redis

from clearway.llm.admission.in_process import MemoryAdmission
from clearway.llm.ports import Admission, Health, Pass, Purse, Turned
from clearway.resilience.clock import FakeClock, SystemClock
from clearway.stores.models.admission import open_admission
from clearway.stores.models.admission_redis import RedisAdmission
from clearway.stores.postgres import Database
from tests.attempts import (
    ATTEMPT,
    DAY,
    DONE,
    FAILED,
    REQUESTS,
    TOKENS,
    attempt,
    let_in,
    open_circuit,
)  # fmt: skip
from tests.integration.stores.conftest import age_postgres, age_redis, as_owner
from tests.redis_server import RedisServer

pytestmark = [pytest.mark.integration, pytest.mark.anyio]

KINDS = ["process", "postgres", "redis", "redis at once"]
EMPTY = Purse(key="tenant:north", period="day", limit_usd=Decimal("0.05"))
THIRD = pytest.approx(1 / 3)


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture(params=KINDS)
async def admission(
    request: pytest.FixtureRequest,
    clock: FakeClock,
    database: Database,
    redis: sync_redis.Redis,
    running: RedisServer,
) -> AsyncIterator[Admission]:
    if request.param == "process":
        yield MemoryAdmission(clock)
        return
    async with open_admission(
        database.pool,
        database.addresses.app,
        SystemClock(),
        redis_url=running.url if "redis" in request.param else None,
    ) as opened:
        if request.param == "redis at once":
            # Under its key a window of tokens that were none is known as one that has room.
            await let_in(opened.books, windows=[TOKENS, replace(REQUESTS, counts="tokens")])
        yield opened.books


@pytest.fixture
def let_time_pass(
    clock: FakeClock, database: Database, redis: sync_redis.Redis
) -> Callable[[int], None]:
    """A function that moves what is waited for, wherever it is, so many seconds into the past."""

    def passed(seconds: int) -> None:
        clock.advance(seconds)
        age_postgres(database, seconds)
        age_redis(redis, seconds)

    return passed


def on_record(admission: Admission, database: Database) -> list[str]:
    """Return the ids in the ledger."""
    if isinstance(admission, MemoryAdmission):
        return [entry.attempt.attempt_id for entry in admission.ledger]
    return [
        str(name) for (name,) in as_owner(database, "select attempt_id from clearway.llm_attempt")
    ]


async def health_of(admission: Admission, endpoint: str = "eu") -> Health:
    (found,) = [each for each in await admission.health() if each.endpoint == endpoint]
    return found


async def test_leaving_settles_the_bill_and_releases_the_rest(admission: Admission) -> None:
    assert await admission.enter(ATTEMPT) == Pass(attempt_id="a", spent_share=THIRD)
    assert await admission.enter(ATTEMPT) == Pass(attempt_id="a", spent_share=THIRD)
    assert await admission.spent(DAY) == (0, Decimal("0.10"))

    await admission.leave("a", DONE)
    await admission.leave("a", replace(DONE, cost_usd=Decimal(7)))  # said once is said

    assert await admission.spent(DAY) == (Decimal("0.01"), 0)
    again = await admission.enter(ATTEMPT)
    assert isinstance(again, Pass)
    assert again.spent_share == (0 if isinstance(admission, MemoryAdmission) else THIRD)
    assert await admission.spent(DAY) == (Decimal("0.01"), 0)


async def test_who_is_turned_away_leaves_no_trace_anywhere(
    admission: Admission, database: Database
) -> None:
    before = on_record(admission, database)
    poor = await admission.enter(attempt(purses=[DAY, EMPTY], windows=[REQUESTS, TOKENS]))
    large = await admission.enter(attempt(tokens=1001, windows=[REQUESTS, TOKENS]))

    assert isinstance(poor, Turned)
    assert (poor.reason, poor.key) == ("budget", "tenant:north")
    assert poor.retry_after_s is None  # it is more than the purse ever holds
    assert large == Turned(reason="window", key="provider:p", retry_after_s=None)
    assert await admission.spent(DAY) == (0, 0)
    assert on_record(admission, database) == before
    all_of_it = attempt("full", tokens=1000, windows=[REQUESTS, TOKENS])
    assert isinstance(await admission.enter(all_of_it), Pass)
    await admission.leave("full", FAILED)
    assert isinstance(await admission.enter(attempt(windows=[REQUESTS])), Pass)
    turned = await admission.enter(attempt(windows=[REQUESTS]))
    assert isinstance(turned, Turned)
    assert (turned.reason, turned.key) == ("window", "user:ada")
    assert turned.retry_after_s is not None
    assert 0 < turned.retry_after_s <= 61


async def test_attempts_that_come_together_fit_together(admission: Admission) -> None:
    poor = Purse(key="user:bob", period="month", limit_usd=Decimal("0.05"))
    wanted = [attempt(purses=[poor] if n % 2 else [DAY]) for n in range(10)]

    answers = await asyncio.gather(*(admission.enter(each) for each in wanted))

    came_in = [isinstance(answer, Pass) for answer in answers]
    assert sum(came_in[::2]) == 3
    assert not any(came_in[1::2])
    if not isinstance(admission, RedisAdmission):  # Redis lets go of them in any order
        assert came_in[:6:2] == [True, True, True]


async def test_a_request_s_own_purse_is_shared_by_its_attempts_only(admission: Admission) -> None:
    purse = Purse(key="request:r", period="call", limit_usd=Decimal("0.15"))

    assert isinstance(await admission.enter(attempt("a", purses=[purse])), Pass)
    again = await admission.enter(attempt("b", purses=[purse], number=2))
    other = await admission.enter(attempt("c", purses=[purse], request_id="other"))

    assert again == Turned(reason="budget", key="request:r", retry_after_s=None)
    assert isinstance(other, Pass)
    assert await admission.spent(purse) == (0, Decimal("0.10"))


async def test_tokens_that_were_reserved_and_not_used_are_given_back(admission: Admission) -> None:
    first = attempt(tokens=900, windows=[TOKENS])
    await admission.enter(first)
    turned = await admission.enter(attempt(windows=[TOKENS]))
    assert isinstance(turned, Turned)
    assert (turned.reason, turned.key) == ("window", "provider:p")

    await admission.leave(first.attempt_id, DONE)  # it used 40

    assert isinstance(await admission.enter(attempt(tokens=960, windows=[TOKENS])), Pass)
    assert isinstance(await admission.enter(attempt(tokens=1, windows=[TOKENS])), Turned)


async def test_what_costs_nothing_passes_an_empty_purse(admission: Admission) -> None:
    await admission.enter(attempt(worst_case_usd=Decimal("0.30")))

    assert isinstance(await admission.enter(attempt(worst_case_usd=Decimal("0.01"))), Turned)
    assert isinstance(await admission.enter(attempt(worst_case_usd=Decimal(0))), Pass)


@pytest.mark.parametrize("cost", ["NaN", "Infinity", "-0.01"])
async def test_money_that_is_no_amount_is_not_counted(admission: Admission, cost: str) -> None:
    with pytest.raises(ValueError, match="worst case"):
        await admission.enter(attempt("a", worst_case_usd=Decimal(cost)))
    await admission.enter(ATTEMPT)
    with pytest.raises(ValueError, match="cost"):
        await admission.leave("a", replace(DONE, cost_usd=Decimal(cost)))

    assert await admission.spent(DAY) == (0, Decimal("0.10"))
    await admission.leave("a", DONE)
    assert await admission.spent(DAY) == (Decimal("0.01"), 0)


async def test_the_probe_s_place_is_one_and_is_left_to_the_next(
    admission: Admission, let_time_pass: Callable[[int], None]
) -> None:
    await open_circuit(admission)
    shut = await admission.enter(attempt())
    assert isinstance(shut, Turned)
    assert (shut.reason, shut.key) == ("breaker", "p/eu")
    assert shut.retry_after_s is not None
    assert 0 < shut.retry_after_s <= 60
    let_time_pass(60)
    assert [each.state for each in await admission.health()] == ["half_open"]

    poor = replace(DAY, key="nobody", limit_usd=Decimal("0.01"))
    refused = await admission.enter(attempt(purses=[poor]))
    probe, second = await admission.enter(attempt("probe")), await admission.enter(attempt())

    assert isinstance(refused, Turned)
    assert refused.reason == "budget"
    assert probe == Pass(attempt_id="probe", probe=True, spent_share=THIRD)
    assert isinstance(second, Turned)
    await admission.leave("probe", replace(FAILED, verdict="ignored"))
    again = await admission.enter(attempt("again"))
    assert isinstance(again, Pass)
    assert again.probe
    await admission.leave("again", FAILED)
    health = await health_of(admission)
    assert (health.state, health.total_failures) == ("open", 6)
    assert health.last_failure is not None
    assert (await admission.reset("other"), await admission.reset("p")) == (0, 1)
    assert isinstance(await admission.enter(attempt()), Pass)


async def test_one_endpoint_that_fails_leaves_the_provider_s_other_ones_open(
    admission: Admission,
) -> None:
    await open_circuit(admission)

    assert isinstance(await admission.enter(attempt("a", endpoint="us")), Pass)
    await admission.leave("a", DONE)
    assert (await health_of(admission, "eu")).state == "open"
    assert (await health_of(admission, "us")).state == "closed"


async def test_an_endpoint_that_keeps_failing_is_counted_and_told_of_once(
    admission: Admission, caplog: pytest.LogCaptureFixture
) -> None:
    before = sum(each.total_requests for each in await admission.health())
    for name, result in zip("abcd", (DONE, FAILED, FAILED, FAILED), strict=True):
        await admission.enter(attempt(name))
        await admission.leave(name, result)

    health = await health_of(admission)

    assert (health.total_requests - before, health.total_failures) == (4, 3)
    assert health.consecutive_failures == 3
    assert health.last_success is not None
    assert health.last_failure is not None
    assert health.last_success <= health.last_failure
    assert [record.message for record in caplog.records] == ["endpoint_keeps_failing"]


async def test_dead_owners_are_swept_at_their_worst_case_until_the_bill_comes(
    admission: Admission, let_time_pass: Callable[[int], None]
) -> None:
    await open_circuit(admission)
    let_time_pass(60)
    await admission.enter(attempt("dead", windows=[TOKENS]))
    assert await admission.sweep() == 0
    let_time_pass(31)

    assert await admission.sweep() == 1
    assert await admission.spent(DAY) == (Decimal("0.10"), 0)
    next_probe = await admission.enter(attempt("next"))
    assert isinstance(next_probe, Pass)
    assert next_probe.probe

    await admission.leave("dead", DONE)
    assert await admission.spent(DAY) == (Decimal("0.01"), Decimal("0.10"))
