from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from typing import TypeVar

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from clearway.llm.admission.in_process import MemoryAdmission
from clearway.llm.ports import Attempt, Pass, Purse, Turned
from clearway.resilience.clock import FakeClock
from tests.attempts import ATTEMPT, DAY, DONE, FAILED, REQUESTS, TOKENS, attempt

pytestmark = [pytest.mark.unit, pytest.mark.anyio]

T = TypeVar("T")


async def test_a_budget_worth_three_calls_lets_three_of_two_hundred_in() -> None:
    admission = MemoryAdmission(FakeClock())

    answers = await asyncio.gather(*(admission.enter(attempt(str(n))) for n in range(200)))

    assert sum(isinstance(answer, Pass) for answer in answers) == 3
    turned = next(answer for answer in answers if isinstance(answer, Turned))
    assert (turned.reason, turned.key) == ("budget", "user:ada")
    assert turned.retry_after_s == 12 * 3600  # noon now; the purse is full at midnight


async def test_a_purse_is_full_again_on_the_next_day_and_the_monthly_one_is_not() -> None:
    clock = FakeClock(datetime(2026, 1, 30, 23, 0, tzinfo=UTC))
    admission = MemoryAdmission(clock)
    month = replace(DAY, period="month", limit_usd=Decimal("0.35"))
    for name in "abc":
        await admission.enter(attempt(name, purses=[DAY, month]))
    clock.advance(3600)

    turned = await admission.enter(attempt("d", purses=[DAY, month]))

    assert isinstance(turned, Turned)
    assert turned.retry_after_s == 24 * 3600  # the rest of the last day of January
    assert await admission.spent(DAY) == (0, 0)


async def test_a_full_window_says_when_there_is_room() -> None:
    admission = MemoryAdmission(FakeClock())
    await admission.enter(attempt("a", tokens=900, windows=[TOKENS]))

    turned = await admission.enter(attempt("b", windows=[TOKENS]))

    assert turned == Turned(reason="window", key="provider:p", retry_after_s=60)


async def test_a_request_counts_in_its_window_however_it_ended() -> None:
    clock = FakeClock()
    admission = MemoryAdmission(clock)
    for name in "ab":
        await admission.enter(attempt(name, windows=[REQUESTS]))
        await admission.leave(name, FAILED)
        clock.advance(10)

    turned = await admission.enter(attempt("c", windows=[REQUESTS]))
    assert turned == Turned(reason="window", key="user:ada", retry_after_s=40)

    clock.advance(40)
    assert isinstance(await admission.enter(attempt("c", windows=[REQUESTS])), Pass)


async def test_an_open_circuit_lets_one_of_a_hundred_probe() -> None:
    clock = FakeClock()
    admission = MemoryAdmission(clock)
    for number in range(5):
        await admission.enter(attempt(f"f{number}"))
        await admission.leave(f"f{number}", FAILED)
    turned = await admission.enter(attempt("x"))
    assert turned == Turned(reason="breaker", key="p/eu", retry_after_s=60)
    clock.advance(60)

    answers = [await admission.enter(attempt(str(number))) for number in range(100)]

    assert [answer.probe for answer in answers if isinstance(answer, Pass)] == [True]
    assert [each.state for each in await admission.health()] == ["half_open"]


async def test_health_tells_when() -> None:
    clock = FakeClock()
    admission = MemoryAdmission(clock)
    await admission.enter(attempt("a"))
    await admission.leave("a", FAILED)
    failed_at = clock.now()
    clock.advance(1)
    await admission.enter(attempt("b"))
    await admission.leave("b", DONE)

    (health,) = await admission.health()

    assert (health.last_failure, health.last_success) == (failed_at, clock.now())


async def test_a_dead_owner_s_attempt_is_closed_at_its_worst_case_until_the_bill_comes() -> None:
    clock = FakeClock()
    admission = MemoryAdmission(clock)
    await admission.enter(ATTEMPT)
    clock.advance(29)
    assert await admission.sweep() == 0
    clock.advance(2)

    assert await admission.sweep() == 1
    assert await admission.spent(DAY) == (Decimal("0.10"), 0)
    assert [entry.status for entry in admission.ledger] == ["interrupted"]

    await admission.leave("a", DONE)
    assert await admission.spent(DAY) == (Decimal("0.01"), 0)
    assert [entry.status for entry in admission.ledger] == ["succeeded"]
    assert admission.ledger.total_usd == Decimal("0.01")


async def test_the_ledger_forgets_entries_and_never_totals() -> None:
    admission = MemoryAdmission(FakeClock(), max_entries=3)
    rich = replace(DAY, limit_usd=Decimal(100))
    for number in range(10):
        await admission.enter(attempt(str(number), purses=[rich]))
        await admission.leave(str(number), DONE)

    assert [entry.attempt.attempt_id for entry in admission.ledger] == ["7", "8", "9"]
    assert (admission.ledger.attempts, admission.ledger.total_usd) == (10, Decimal("0.10"))


LIMITS = {"user:ada": Decimal("0.30"), "global": Decimal("0.70")}


class Money(RuleBasedStateMachine):
    """A provider bills what it likes up to the worst case; owners die, leave late or twice."""

    def __init__(self) -> None:
        super().__init__()
        self.clock = FakeClock()
        self.admission = MemoryAdmission(self.clock)
        self.number = 0
        self.under_way: dict[str, Attempt] = {}
        self.billed: dict[str, Decimal] = {}
        self.probes: set[str] = set()

    def run(self, step: Coroutine[None, None, T]) -> T:
        """Take a step that waits for nothing, without an event loop."""
        with pytest.raises(StopIteration) as ended:
            step.send(None)
        value: T = ended.value.value
        return value

    @rule(cents=st.integers(0, 20), user=st.sampled_from(["user:ada", "user:bob"]))
    def enter(self, cents: int, user: str) -> None:
        self.number += 1
        purses = [
            Purse(key=key, period="day", limit_usd=LIMITS.get(key, Decimal("0.30")))
            for key in (user, "global")
        ]
        wanted = attempt(str(self.number), worst_case_usd=Decimal(cents) / 100, purses=purses)
        answer = self.run(self.admission.enter(wanted))
        if isinstance(answer, Pass):
            self.under_way[wanted.attempt_id] = wanted
            if answer.probe:
                assert not self.probes
                self.probes.add(wanted.attempt_id)

    @precondition(lambda self: self.under_way)
    @rule(data=st.data(), share=st.integers(0, 8), again=st.booleans())
    def leave(self, data: st.DataObject, share: int, again: bool) -> None:
        name = data.draw(st.sampled_from(sorted(self.under_way)))
        wanted = self.under_way.pop(name)
        bill = wanted.worst_case_usd * share / 8
        verdict = data.draw(st.sampled_from(["success", "failure", "failure", "ignored"]))
        result = replace(DONE, cost_usd=bill, verdict=verdict)
        for _ in range(2 if again else 1):
            self.run(self.admission.leave(name, result))
        self.billed[name] = bill
        self.probes.discard(name)

    @rule(seconds=st.sampled_from([1, 20, 60]))
    def wait_and_sweep(self, seconds: int) -> None:
        self.clock.advance(seconds)
        self.run(self.admission.sweep())
        for name in list(self.probes):
            entry = self.admission.ledger.get(name)
            if entry is not None and entry.swept:
                self.probes.discard(name)

    @invariant()
    def no_purse_is_overdrawn(self) -> None:
        for key in ("user:ada", "user:bob", "global"):
            limit = LIMITS.get(key, Decimal("0.30"))
            settled, reserved = self.run(
                self.admission.spent(Purse(key=key, period="day", limit_usd=limit))
            )
            assert settled >= 0
            assert reserved >= 0
            assert settled + reserved <= limit

    @invariant()
    def the_ledger_is_the_bill(self) -> None:
        guessed = sum(
            entry.result.cost_usd
            for entry in self.admission.ledger
            if entry.swept and entry.result is not None
        )
        assert self.admission.ledger.total_usd == sum(self.billed.values()) + guessed


TestMoney = Money.TestCase
