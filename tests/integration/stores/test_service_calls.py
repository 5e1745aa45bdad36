"""One breaker and one rate for a service, whichever process calls it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import replace
from ipaddress import ip_network
from typing import Any

import pytest

from clearway.errors import CircuitBreakerError, ExecutionError, StoreUnavailable
from clearway.plans import RestStep
from clearway.resilience.breaker import PROFILES
from clearway.resilience.callee import Callee, CallGuard, ProcessCalls, Refusal, Verdict
from clearway.resilience.clock import FakeClock, SystemClock
from clearway.settings import Settings
from clearway.stores.models.admission_postgres import PostgresAdmission
from clearway.stores.postgres import Database
from clearway.stores.redis_client import open_redis
from clearway.stores.service_calls import (
    PostgresCalls,
    RedisCalls,
    SharedCalls,
    open_service_calls,
)
from clearway.tools.rest.calling.client import Client
from clearway.tools.rest.declared.registry import Registry
from clearway.tools.rest.declared.types import Bounds, Operation, Service
from tests.redis_server import RedisServer
from tests.rest_server import says, serving

pytestmark = [pytest.mark.integration, pytest.mark.anyio]

AT_ONCE = replace(PROFILES["service"], recovery_s=0.0)
"""Half open as soon as it is open: no test waits."""
PAYMENTS = Callee(
    name="payments", profile=PROFILES["service"], requests=1000, window_s=600, lease_s=60
)


@pytest.fixture(params=["process", "postgres", "redis"])
async def two(
    request: pytest.FixtureRequest, database: Database, running: RedisServer
) -> AsyncIterator[tuple[CallGuard, CallGuard]]:
    """Give the guards of two workers; within one process both are the same."""
    clock = SystemClock()
    if request.param == "process":
        alone = ProcessCalls(clock)
        yield alone, alone
    elif request.param == "postgres":
        yield PostgresCalls(database.pool), PostgresCalls(database.pool)
    else:
        async with AsyncExitStack() as stack:
            one, other = [
                RedisCalls(await stack.enter_async_context(open_redis(running.url, clock)))
                for _ in range(2)
            ]
            yield one, other


def called(name: str, **changed: Any) -> Callee:
    return replace(PAYMENTS, name=name, **changed)


async def call(guard: CallGuard, callee: Callee, name: str, verdict: Verdict) -> None:
    assert await guard.enter(callee, name) is None
    await guard.leave(callee, name, verdict)


async def fail(guard: CallGuard, callee: Callee) -> None:
    for number in range(5):
        await call(guard, callee, f"f{number}", "failure")


async def test_what_fails_for_one_is_left_alone_by_the_other(
    two: tuple[CallGuard, CallGuard],
) -> None:
    one, other = two
    callee = called("failing")
    for number, guard in enumerate((one, other, one, other, one)):
        await call(guard, callee, f"a{number}", "failure")
    refusal = await other.enter(callee, "b")
    assert refusal is not None
    assert refusal.reason == "breaker"
    assert 0 < refusal.retry_after_s <= 30
    assert await other.enter(called("fine"), "c") is None


async def test_half_open_one_probe_passes_among_all(two: tuple[CallGuard, CallGuard]) -> None:
    one, other = two
    callee = called("probed", profile=AT_ONCE)
    await fail(one, callee)
    names = [f"p{number}" for number in range(20)]
    guards = [one, other] * 10
    told = await asyncio.gather(
        *(guard.enter(callee, name) for guard, name in zip(guards, names, strict=True))
    )
    passed = [number for number, refusal in enumerate(told) if refusal is None]
    assert len(passed) == 1
    assert {each.reason for each in told if each} == {"breaker"}
    await guards[passed[0]].leave(callee, names[passed[0]], "success")
    assert await asyncio.gather(one.enter(callee, "x"), other.enter(callee, "y")) == [None, None]


async def test_a_probe_that_fails_opens_it_again_and_one_that_says_nothing_frees_its_place(
    two: tuple[CallGuard, CallGuard],
) -> None:
    one, other = two
    callee = called("again", profile=AT_ONCE)
    await fail(one, callee)
    await call(one, callee, "p1", "ignored")
    await call(other, callee, "p2", "failure")
    longer = called("again")
    await call(one, longer, "p3", "failure")
    assert isinstance(await other.enter(longer, "p4"), Refusal)


async def test_the_place_of_a_probe_whose_process_died_is_given_on(
    two: tuple[CallGuard, CallGuard],
) -> None:
    one, other = two
    callee = called("died", profile=AT_ONCE, lease_s=0.0)
    await fail(one, callee)
    assert await one.enter(callee, "dead") is None
    assert await other.enter(callee, "alive") is None


async def test_a_rate_is_one_for_all(two: tuple[CallGuard, CallGuard]) -> None:
    callee = called("paced", requests=10)
    guards = [*two] * 10
    told = await asyncio.gather(
        *(guard.enter(callee, f"r{number}") for number, guard in enumerate(guards))
    )
    refused = [each for each in told if each is not None]
    assert len(refused) == 10
    assert {each.reason for each in refused} == {"window"}
    assert all(590 < each.retry_after_s <= 610 for each in refused)


async def test_what_the_rate_turns_away_takes_no_probe(two: tuple[CallGuard, CallGuard]) -> None:
    one, other = two
    callee = called("both", profile=AT_ONCE, requests=5)
    await fail(one, callee)
    refusal = await other.enter(callee, "p1")
    assert refusal is not None
    assert refusal.reason == "window"
    assert await one.enter(called("both", profile=AT_ONCE, requests=6), "p2") is None


class Away:
    """A store that does not answer."""

    async def enter(self, callee: Callee, attempt_id: str) -> Refusal | None:
        raise StoreUnavailable("away")

    async def leave(self, callee: Callee, attempt_id: str, verdict: Verdict) -> None:
        raise StoreUnavailable("away")


async def test_without_redis_postgres_counts_and_without_either_each_alone(
    database: Database,
) -> None:
    gone = Settings(_env_file=None, redis_url="redis://127.0.0.1:1/0")
    callee = called("degraded")
    async with open_service_calls(gone, database.pool, SystemClock()) as calls:
        await fail(calls, callee)
    assert isinstance(await PostgresCalls(database.pool).enter(callee, "x"), Refusal)
    alone = SharedCalls([Away()], ProcessCalls(FakeClock()))
    await fail(alone, callee)
    assert isinstance(await alone.enter(callee, "x"), Refusal)


async def test_a_caller_that_goes_away_while_it_enters_leaves_no_probe_behind(
    database: Database,
) -> None:
    inner = PostgresCalls(database.pool)
    callee = called("left", profile=AT_ONCE)
    entered = asyncio.Event()

    class Slow:
        async def enter(self, callee: Callee, attempt_id: str) -> Refusal | None:
            await inner.enter(callee, attempt_id)
            entered.set()
            return await asyncio.Future[None]()

        async def leave(self, callee: Callee, attempt_id: str, verdict: Verdict) -> None:
            await inner.leave(callee, attempt_id, verdict)

    await fail(inner, callee)
    going = asyncio.create_task(SharedCalls([Slow()], inner).enter(callee, "gone"))
    await entered.wait()
    going.cancel()
    with pytest.raises(asyncio.CancelledError):
        await going
    assert await inner.enter(callee, "next") is None


async def test_circuits_of_services_are_none_of_the_models(database: Database) -> None:
    await fail(PostgresCalls(database.pool), called("apart"))
    admission = PostgresAdmission(database.pool, database.addresses.app)
    assert await admission.health() == []
    await admission.close()


THING = Operation(id="shop.thing", service="shop", method="GET", path="/thing")


@asynccontextmanager
async def worker(database: Database, url: str) -> AsyncIterator[Client]:
    """Give the client of one worker, whose counts are the database's."""
    service = Service(
        id="shop",
        base_url=url,
        networks=(ip_network("127.0.0.0/8"),),
        bounds=Bounds(retries=0),
    )
    registry = Registry(services=(service,), operations=(THING,))
    clock = SystemClock()
    calls = SharedCalls([PostgresCalls(database.pool)], ProcessCalls(clock))
    async with Client(registry, clock, dict, calls=calls) as client:
        yield client


async def test_a_service_that_fails_one_worker_is_not_called_by_another(
    database: Database,
) -> None:
    step = RestStep(operation_id=THING.id)
    async with (
        serving({"/thing": says({}, 500)}) as server,
        worker(database, server.url) as one,
        worker(database, server.url) as other,
    ):
        for _ in range(5):
            with pytest.raises(ExecutionError):
                await one.call(step, THING, timeout_s=10)
        with pytest.raises(CircuitBreakerError):
            await other.call(step, THING, timeout_s=10)
    assert len(server.asked) == 5
