"""Admission over Redis and Postgres decides and counts what the in-process one does.

Redis is told the time of the model's clock; what Postgres waits for is moved into the past with it.
"""

from __future__ import annotations

import random
from collections.abc import AsyncIterator, Iterable, Sequence
from dataclasses import replace
from decimal import Decimal

import pytest
import redis as sync_redis
from redis.asyncio import Redis

from clearway.llm.admission.in_process import MemoryAdmission
from clearway.llm.ports import Attempt, BreakerProfile, Health, Pass, Purse, Turned, Window
from clearway.resilience.clock import FakeClock
from clearway.stores.models.admission_postgres import PostgresAdmission
from clearway.stores.models.admission_redis import RedisAdmission
from clearway.stores.postgres import Database
from clearway.stores.redis_client import RedisClient
from tests.attempts import DONE, TOKENS, attempt
from tests.integration.stores.conftest import age_postgres
from tests.redis_server import RedisServer

pytestmark = [pytest.mark.integration, pytest.mark.anyio]

STEPS = 200
REQUESTS = Window(key="user:ada", counts="requests", limit=4)
WINDOWS = [[], [], [TOKENS], [REQUESTS], [REQUESTS, TOKENS]]
NERVOUS = BreakerProfile(consecutive=2, failure_rate=None, recovery_s=30, successes_to_close=2)

LEASE_S = 3600
PAUSES_S = [7, 31, 31, 61, LEASE_S + 1]
"""No sum of them is the length of a window, where stores differ by a sixtieth in what it holds, and
none but one with the last comes near a lease: so it does not matter how long the test itself takes.
"""


class OnTime(RedisClient):
    """Tells scripts the time of a clock."""

    def __init__(self, client: Redis, clock: FakeClock) -> None:
        super().__init__(client, clock)
        self._told = clock

    async def script(self, text: str, keys: Sequence[str], arguments: Sequence[str]) -> bytes:
        return await super().script(text, keys, [*arguments, repr(self._told.now().timestamp())])


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
async def admission(
    database: Database, redis: sync_redis.Redis, running: RedisServer, clock: FakeClock
) -> AsyncIterator[RedisAdmission]:
    app = database.addresses.app
    books = PostgresAdmission(database.pool, app)
    async with Redis(port=running.port) as client:
        yield RedisAdmission(OnTime(client, clock), books)
    await books.close()


class Beside:
    """Does the same to both: attempts come, come again, leave late, twice or never."""

    def __init__(
        self, seed: int, real: RedisAdmission, clock: FakeClock, database: Database
    ) -> None:
        self.chance = random.Random(seed)
        self.real, self.clock, self.database = real, clock, database
        self.model = MemoryAdmission(clock)
        self.requests = 1
        self.under_way: dict[str, Attempt] = {}
        self.probes: dict[str, float] = {}
        """Until when each may take."""
        self.turned: list[Attempt] = []
        self.closed: list[str] = []
        self.steps: list[str] = []

    def purses(self, request: int) -> list[Purse]:
        """Return two of one request, for in these is no calendar."""
        return [
            Purse(key=f"r{request}", period="call", limit_usd=Decimal("0.40")),
            Purse(key=f"request:r{request}", period="call", limit_usd=Decimal("0.70")),
        ]

    async def step(self) -> None:
        """Do one thing at random, as far as there is something to do it to."""
        steps = {
            self.come: 42,
            self.leave: 30 if self.under_way else 0,
            self.come_again: 4 if self.under_way else 0,
            self.ask_again: 8 if self.turned else 0,
            self.leave_again: 4 if self.closed else 0,
            self.wait: 8,
            self.reset: 2,
            self.next_request: 4,
        }
        (chosen,) = self.chance.choices(list(steps), list(steps.values()))
        await chosen()
        await self.compare_money(self.requests)

    async def come(self) -> None:
        chance = self.chance
        purses = self.purses(self.requests)
        await self.ask(
            attempt(
                f"n{len(self.steps)}",
                request_id=f"r{self.requests}",
                worst_case_usd=Decimal(chance.randint(0, 15)) / 100,
                purses=chance.choice([purses[:1], purses[1:], purses, purses[::-1]]),
                windows=chance.choice(WINDOWS),
                tokens=chance.choice([0, 100, 400, 1001]),
                endpoint=chance.choice(["eu", "eu", "eu", "us"]),
                breaker=NERVOUS,
                lease_s=LEASE_S,
            )
        )

    async def ask_again(self) -> None:
        await self.ask(self.turned.pop(self.chance.randrange(len(self.turned))))

    async def ask(self, wanted: Attempt) -> None:
        expected = await self.model.enter(wanted)
        answer = await self.real.enter(wanted)
        self.steps.append(f"{told(wanted)}: {expected}, {answer}")
        if isinstance(expected, Pass):
            self.under_way[wanted.attempt_id] = wanted
            if expected.probe:
                self.probes[wanted.attempt_id] = self.clock.monotonic() + LEASE_S
            share = pytest.approx(expected.spent_share)
            assert answer == replace(expected, spent_share=share)
            return
        self.turned.append(wanted)
        assert isinstance(answer, Turned)
        if (expected.reason, answer.reason) == ("budget", "window"):
            # Neither has room: the model asks the purses first, and the stores the windows.
            without_money = await self.model.enter(replace(wanted, purses=[]))
            assert isinstance(without_money, Turned)
            expected = without_money
        assert (answer.reason, answer.key) == (expected.reason, expected.key)
        # A window that is counted in sixtieths is full for up to one of them longer.
        late_s = 1.0 if answer.reason == "window" else 0.001
        wait_s = expected.retry_after_s
        assert answer.retry_after_s == (wait_s and pytest.approx(wait_s, abs=late_s))

    async def come_again(self) -> None:
        wanted = self.under_way[self.chance.choice(list(self.under_way))]
        expected, answer = await self.model.enter(wanted), await self.real.enter(wanted)
        self.steps.append(f"{wanted.attempt_id} again: {expected}, {answer}")
        assert isinstance(expected, Pass)
        assert isinstance(answer, Pass)
        assert answer.spent_share == pytest.approx(expected.spent_share)

    async def leave(self) -> None:
        name = self.chance.choice(list(self.under_way))
        wanted = self.under_way.pop(name)
        verdict = self.chance.choice(["success"] * 4 + ["failure"] * 3 + ["ignored"])
        probe_until = self.probes.get(name)
        if probe_until is not None and probe_until < self.clock.monotonic():
            # Stores differ in how soon they forget a probe that is over its lease.
            verdict = "ignored"
        bill = wanted.worst_case_usd * self.chance.randint(0, 8) / 8
        used = self.chance.choice([0, 100, 500])
        self.steps.append(f"{name} leaves: {verdict}, {bill} USD, {used} tokens")
        result = replace(
            DONE, verdict=verdict, cost_usd=bill, prompt_tokens=used, completion_tokens=0
        )
        await self.model.leave(name, result)
        await self.real.leave(name, result)
        self.closed.append(name)
        await self.compare_circuits()

    async def leave_again(self) -> None:
        name = self.chance.choice([*self.closed, "nobody"])
        self.steps.append(f"{name} leaves again")
        for each in (self.model, self.real):
            await each.leave(name, replace(DONE, cost_usd=Decimal(7)))
        await self.compare_circuits()

    async def wait(self) -> None:
        seconds = self.chance.choice(PAUSES_S)
        self.clock.advance(seconds)
        age_postgres(self.database, seconds)
        sweeps = self.chance.random() < 0.5
        self.steps.append(f"{seconds} s pass" + ", and a sweeper" * sweeps)
        if sweeps:
            swept = await self.model.sweep()
            assert await self.real.sweep() == swept
        await self.compare_circuits()

    async def reset(self) -> None:
        provider = self.chance.choice([None, "p", "other"])
        expected = await self.model.reset(provider)
        self.steps.append(f"reset {provider}: {expected}")
        assert await self.real.reset(provider) == expected
        await self.compare_circuits()

    async def next_request(self) -> None:
        self.requests += 1

    async def compare_money(self, request: int) -> None:
        for purse in self.purses(request):
            assert await self.real.spent(purse) == await self.model.spent(purse)

    async def compare_circuits(self) -> None:
        seen, expected = await self.real.health(), await self.model.health()
        assert facts(seen) == facts(expected)


def told(wanted: Attempt) -> str:
    """Return what of an attempt matters here."""
    asked = [each.key for each in (*wanted.purses, *wanted.windows)]
    return (
        f"{wanted.attempt_id} at {wanted.endpoint} for {wanted.worst_case_usd} USD and "
        f"{wanted.tokens} tokens from {', '.join(asked)}"
    )


def facts(endpoints: Iterable[Health]) -> dict[str, tuple[str, int, int]]:
    """Return what is known of endpoints; of one that was never left there is nothing to know."""
    found = {
        each.endpoint: (each.state, each.consecutive_failures, each.total_failures)
        for each in endpoints
    }
    return {name: each for name, each in found.items() if each != ("closed", 0, 0)}


@pytest.mark.parametrize("seed", range(3))
async def test_redis_and_postgres_decide_and_count_as_one_process_does(
    seed: int, admission: RedisAdmission, clock: FakeClock, database: Database
) -> None:
    both = Beside(seed, admission, clock, database)
    try:
        for _ in range(STEPS):
            await both.step()
        while both.under_way:
            await both.leave()
        for request in range(both.requests + 1):
            await both.compare_money(request)
    except AssertionError as error:
        error.add_note("\n".join(both.steps))
        raise
