"""What is on record reads the same from Postgres as from one process's memory."""

from __future__ import annotations

from dataclasses import asdict, replace
from datetime import timedelta
from decimal import Decimal

import psycopg
import pytest

from clearway.llm.admission.in_process import MemoryAdmission
from clearway.llm.admission.records import MemoryRecords, Owner, Records, Trace
from clearway.llm.admission.totals import ModelTotals
from clearway.llm.ports import Admission, Attempt, Result
from clearway.resilience.clock import FakeClock
from clearway.stores.models.admission_postgres import PostgresAdmission
from clearway.stores.models.records import PostgresRecords
from clearway.stores.postgres import Database
from tests.attempts import DONE, FAILED, attempt

pytestmark = [pytest.mark.integration, pytest.mark.anyio]

LATENCIES = (0.0, 0.0005, 0.001, 0.0011, 0.0014, 0.0015, 0.09, 1.0, 9.0, 1000.0)
ENDED = [
    *(replace(DONE, latency_s=latency) for latency in LATENCIES),
    FAILED,
    replace(FAILED, status="timeout", http_status=504),
    replace(FAILED, status="cancelled", verdict="ignored", cost_usd=Decimal("0.10")),
    replace(FAILED, status="refused", verdict="ignored", http_status=400),
    replace(DONE, estimated=True, first_token_s=0.2),
]


def calls() -> list[tuple[Attempt, Result | None]]:
    """Return calls of two people at two models, the last of them under way."""
    made: list[tuple[Attempt, Result | None]] = []
    for number, result in enumerate([*ENDED, None]):
        request = f"request-{number // 2}"
        each = attempt(
            f"{request}/{number % 2 + 1}",
            request_id=request,
            trace_id=f"trace-{number // 2}",
            number=number % 2 + 1,
            model="m" if number % 3 else "n",
            user="ada" if number % 4 < 2 else "bob",
            purses=[],
        )
        made.append((each, result))
    return made


async def made(admission: Admission, clock: FakeClock | None = None) -> None:
    for each, result in calls():
        await admission.enter(each)
        if clock is not None:
            clock.advance(0.001)
        if result is not None:
            await admission.leave(each.attempt_id, result)


def plain(totals: ModelTotals) -> dict[str, object]:
    facts = asdict(totals)
    facts["latency_sum_s"] = round(totals.latency_sum_s, 6)
    return facts


def timeless(traces: list[Trace]) -> list[object]:
    return [
        replace(t, steps=[replace(step, began_at=FakeClock().now()) for step in t.steps])
        for t in traces
    ]


async def test_both_ledgers_tell_the_same(database: Database) -> None:
    clock = FakeClock()
    memory = MemoryAdmission(clock)
    postgres = PostgresAdmission(database.pool, database.addresses.app)
    both: list[Records] = [MemoryRecords(memory.ledger, clock), PostgresRecords(database.pool)]
    await made(memory, clock)
    await made(postgres)
    ada = Owner(user="ada", tenant="north")
    told = [
        (
            [plain(each) for each in await records.totals()],
            await records.outcomes(),
            await records.turnouts(),
            timeless(list(await records.traces(owner=None, limit=100))),
            timeless(list(await records.traces(owner=ada, limit=2))),
            timeless(list(await records.traces(owner=None, trace_id="trace-3", limit=9))),
        )
        for records in both
    ]
    await postgres.close()
    assert told[0] == told[1]
    totals, outcomes, turnouts, everything, newest, one = told[1]
    assert sum(each["attempts"] for each in totals) == len(ENDED)  # type: ignore[misc]
    assert outcomes["m"]["timeout"] == 1
    assert turnouts.allowed == 8
    assert (len(everything), len(newest), len(one)) == (8, 2, 1)
    assert "under_way" in str(everything)


async def test_what_is_noted_is_forgotten_after_a_day(database: Database) -> None:
    clock = FakeClock()
    memory = MemoryRecords(MemoryAdmission(clock).ledger, clock)
    postgres = PostgresRecords(database.pool)
    both: list[Records] = [memory, postgres]
    assert [await records.noted("turned_away") for records in both] == [0, 0]
    for records in both:
        for what in ("turned_away", "cache_hit", "turned_away"):
            await records.note(what)  # type: ignore[arg-type]  # literals above
    told = [await records.turnouts() for records in both]
    assert told[0] == told[1]
    assert (told[0].rejected, told[0].cache_hits) == (2, 1)
    clock.advance(timedelta(days=1, minutes=1).total_seconds())
    with psycopg.connect(database.addresses.admin, autocommit=True) as connection:
        connection.execute("update clearway.llm_window set part = part - 61")
    assert [await records.noted("turned_away") for records in both] == [0, 0]


async def test_a_bill_that_comes_late_takes_the_place_of_the_guess() -> None:
    clock = FakeClock()
    admission = MemoryAdmission(clock)
    late = attempt("late", purses=[])
    await admission.enter(late)
    clock.advance(late.lease_s + 1)
    await admission.sweep()
    (guessed,) = admission.ledger.totals()
    await admission.leave("late", DONE)
    (billed,) = admission.ledger.totals()
    assert (guessed.attempts, guessed.other, guessed.cost_usd) == (1, 1, late.worst_case_usd)
    assert (billed.attempts, billed.succeeded, billed.cost_usd) == (1, 1, DONE.cost_usd)
    assert billed.cost_usd == admission.ledger.total_usd
