"""Admission in a real Postgres: among tasks, among processes, and when things break."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from psycopg.types.json import Jsonb

from clearway.errors import StoreUnavailable
from clearway.llm.ports import BreakerProfile, Pass, Purse, Turned, Verdict
from clearway.resilience.breaker import PROFILES, Circuit
from clearway.stores.models.admission_postgres import PostgresAdmission
from clearway.stores.postgres import Database
from tests.attempts import ATTEMPT, DAY, DONE, FAILED, REQUESTS, TOKENS, attempt, open_circuit
from tests.rush import rush

pytestmark = [pytest.mark.integration, pytest.mark.anyio]


@pytest.fixture
async def admission(database: Database) -> AsyncIterator[PostgresAdmission]:
    opened = PostgresAdmission(database.pool, database.addresses.app)
    yield opened
    await opened.close()


def as_owner(database: Database, statement: str) -> list[tuple[object, ...]]:
    with psycopg.connect(database.addresses.admin, autocommit=True) as connection:
        cursor = connection.execute(statement.encode())
        return cursor.fetchall() if cursor.description else []


def let_time_pass(database: Database, seconds: int) -> None:
    """Move everything that was counted into the past."""
    shift = f"interval '{seconds} seconds'"
    as_owner(
        database,
        f"update clearway.llm_circuit set retry_at = retry_at - {shift}, "
        f"probe_until = probe_until - {shift}; "
        f"update clearway.llm_attempt set lease_until = lease_until - {shift}",
    )


async def test_leaving_settles_the_bill_and_releases_the_rest(
    admission: PostgresAdmission,
) -> None:
    assert await admission.enter(ATTEMPT) == Pass(attempt_id="a", spent_share=pytest.approx(1 / 3))
    assert await admission.enter(ATTEMPT) == Pass(attempt_id="a", spent_share=pytest.approx(1 / 3))
    assert await admission.spent(DAY) == (0, Decimal("0.10"))

    await admission.leave("a", DONE)
    await admission.leave("a", replace(DONE, cost_usd=Decimal(7)))  # said once is said

    assert await admission.spent(DAY) == (Decimal("0.01"), 0)
    assert await admission.enter(ATTEMPT) == Pass(attempt_id="a", spent_share=pytest.approx(1 / 3))
    assert await admission.spent(DAY) == (Decimal("0.01"), 0)


async def test_every_attempt_is_in_the_ledger_whatever_came_of_it(
    admission: PostgresAdmission, database: Database
) -> None:
    for status, cost in (("succeeded", "0.01"), ("cancelled", "0.000000123"), ("abandoned", "0")):
        each = attempt(status)
        await admission.enter(each)
        await admission.leave(
            status, replace(DONE, status=status, cost_usd=Decimal(cost), estimated=cost != "0.01")
        )
    await admission.enter(attempt("begun", purses=[]))

    rows = as_owner(
        database, "select status, cost_usd, estimated from clearway.llm_attempt order by begun_at"
    )

    assert rows == [
        ("succeeded", Decimal("0.01"), False),
        ("cancelled", Decimal("0.000000123"), True),
        ("abandoned", 0, True),
        ("begun", None, None),
    ]
    totals = as_owner(
        database,
        "select distinct attempts, succeeded, cost_usd, estimated_usd from clearway.llm_spend",
    )
    assert totals == [(3, 1, Decimal("0.010000123"), Decimal("0.000000123"))]


async def test_who_is_turned_away_leaves_no_trace_anywhere(
    admission: PostgresAdmission, database: Database
) -> None:
    empty = Purse(key="tenant:north", period="day", limit_usd=Decimal("0.05"))
    poor = await admission.enter(attempt(purses=[DAY, empty], windows=[REQUESTS]))
    large = await admission.enter(attempt(tokens=1001, windows=[REQUESTS, TOKENS]))

    assert isinstance(poor, Turned)
    assert (poor.reason, poor.key) == ("budget", "tenant:north")
    assert poor.retry_after_s is None  # it is more than the purse ever holds
    assert large == Turned(reason="window", key="provider:p", retry_after_s=None)
    assert await admission.spent(DAY) == (0, 0)
    assert as_owner(database, "select count(*) from clearway.llm_attempt") == [(0,)]
    for _ in range(2):
        assert isinstance(await admission.enter(attempt(windows=[REQUESTS])), Pass)
    turned = await admission.enter(attempt(windows=[REQUESTS]))
    assert isinstance(turned, Turned)
    assert turned.retry_after_s is not None
    assert 0 < turned.retry_after_s <= 61


async def test_attempts_that_come_together_are_decided_one_by_one(
    admission: PostgresAdmission,
) -> None:
    poor = Purse(key="user:bob", period="month", limit_usd=Decimal("0.05"))
    wanted = [attempt(purses=[poor] if n % 2 else [DAY]) for n in range(10)]

    answers = await asyncio.gather(*(admission.enter(each) for each in wanted))

    assert [isinstance(answer, Pass) for answer in answers] == [
        True, False, True, False, True, False, False, False, False, False,
    ]  # fmt: skip


async def test_a_request_s_own_purse_is_shared_by_its_attempts_only(
    admission: PostgresAdmission,
) -> None:
    purse = Purse(key="request:r", period="call", limit_usd=Decimal("0.15"))

    assert isinstance(await admission.enter(attempt("a", purses=[purse])), Pass)
    again = await admission.enter(attempt("b", purses=[purse], number=2))
    other = await admission.enter(attempt("c", purses=[purse], request_id="other"))

    assert again == Turned(reason="budget", key="request:r", retry_after_s=None)
    assert isinstance(other, Pass)
    assert await admission.spent(purse) == (0, Decimal("0.10"))


async def test_tokens_that_were_reserved_and_not_used_are_given_back(
    admission: PostgresAdmission,
) -> None:
    first = attempt(tokens=900, windows=[TOKENS])
    await admission.enter(first)
    assert isinstance(await admission.enter(attempt(windows=[TOKENS])), Turned)

    await admission.leave(first.attempt_id, DONE)  # it used 40

    assert isinstance(await admission.enter(attempt(tokens=960, windows=[TOKENS])), Pass)
    assert isinstance(await admission.enter(attempt(tokens=1, windows=[TOKENS])), Turned)


async def test_what_costs_nothing_passes_an_empty_purse(admission: PostgresAdmission) -> None:
    await admission.enter(attempt(worst_case_usd=Decimal("0.30")))

    assert isinstance(await admission.enter(attempt(worst_case_usd=Decimal("0.01"))), Turned)
    assert isinstance(await admission.enter(attempt(worst_case_usd=Decimal(0))), Pass)


async def test_the_probe_s_place_is_one_and_is_left_to_the_next(
    admission: PostgresAdmission, database: Database
) -> None:
    await open_circuit(admission)
    shut = await admission.enter(attempt())
    assert isinstance(shut, Turned)
    assert (shut.reason, shut.key) == ("breaker", "p/eu")
    let_time_pass(database, 60)
    assert [each.state for each in await admission.health()] == ["half_open"]

    poor = replace(DAY, key="nobody", limit_usd=Decimal("0.01"))
    refused = await admission.enter(attempt(purses=[poor]))
    probe, second = await admission.enter(attempt("probe")), await admission.enter(attempt())

    assert isinstance(refused, Turned)
    assert refused.reason == "budget"
    assert isinstance(probe, Pass)
    assert probe.probe
    assert isinstance(second, Turned)
    await admission.leave("probe", replace(FAILED, verdict="ignored"))
    assert isinstance(await admission.enter(attempt("again")), Pass)
    await admission.leave("again", FAILED)
    assert [each.state for each in await admission.health()] == ["open"]
    assert await admission.reset("other") == 0
    assert await admission.reset("p") == 1
    assert isinstance(await admission.enter(attempt()), Pass)


async def test_dead_owners_are_swept_at_their_worst_case_until_the_bill_comes(
    admission: PostgresAdmission, database: Database
) -> None:
    await open_circuit(admission)
    let_time_pass(database, 60)
    await admission.enter(attempt("dead", windows=[TOKENS]))
    assert await admission.sweep() == 0
    let_time_pass(database, 31)

    assert await admission.sweep() == 1
    assert await admission.spent(DAY) == (Decimal("0.10"), 0)
    next_probe = await admission.enter(attempt("next"))
    assert isinstance(next_probe, Pass)
    assert next_probe.probe

    await admission.leave("dead", DONE)
    assert await admission.spent(DAY) == (Decimal("0.01"), Decimal("0.10"))
    assert as_owner(
        database,
        "select attempts, succeeded, failed, cost_usd, estimated_usd, prompt_tokens, "
        "(select sum(n) from unnest(latency) as n) from clearway.llm_spend where by = 'model'",
    ) == [(6, 1, 5, Decimal("0.01"), 0, 30, 1)]
    assert as_owner(database, "select total from clearway.llm_window") == [(40,)]


async def test_what_is_over_is_forgotten_and_what_is_not_is_kept(
    admission: PostgresAdmission, database: Database
) -> None:
    for name in ("old", "new"):
        purse, window = replace(DAY, key=name), replace(TOKENS, key=name)
        await admission.enter(attempt(name, purses=[purse], windows=[window]))
        await admission.leave(name, DONE)
    as_owner(
        database,
        "update clearway.llm_purse set ends_at = now() - interval '3 days' where key = 'old'; "
        "update clearway.llm_window set part = part - 200 where key = 'old'",
    )

    await admission.sweep()

    assert as_owner(
        database, "select key from clearway.llm_purse union all select key from clearway.llm_window"
    ) == [("new",), ("new",)]
    used_again = attempt(purses=[replace(DAY, key="old")], windows=[replace(TOKENS, key="old")])
    assert isinstance(await admission.enter(used_again), Pass)


async def test_a_caller_who_goes_away_while_it_is_decided_holds_no_reservation(
    admission: PostgresAdmission, database: Database
) -> None:
    blocker = psycopg.connect(database.addresses.admin)
    blocker.execute("lock table clearway.llm_attempt in exclusive mode")
    entering = asyncio.create_task(admission.enter(ATTEMPT))
    waiting = (
        "select 1 from pg_locks where not granted and relation = 'clearway.llm_attempt'::regclass"
    )
    while not as_owner(database, waiting):
        await asyncio.sleep(0)

    entering.cancel()
    await asyncio.sleep(0)
    entering.cancel()
    blocker.close()

    with pytest.raises(asyncio.CancelledError):
        await entering
    assert await admission.spent(DAY) == (0, 0)
    assert as_owner(database, "select status, cost_usd from clearway.llm_attempt") == [
        ("cancelled", 0)
    ]


async def test_connections_that_were_lost_are_made_again(
    admission: PostgresAdmission, database: Database
) -> None:
    lose = (
        "select pg_terminate_backend(pid, 5000) from pg_stat_activity "
        "where query like '%llm_%' and pid <> pg_backend_pid()"
    )
    await admission.enter(ATTEMPT)
    as_owner(database, lose)
    await admission.leave("a", DONE)
    as_owner(database, lose)

    assert isinstance(await admission.enter(attempt()), Pass)
    assert await admission.spent(DAY) == (Decimal("0.01"), Decimal("0.10"))


async def test_a_result_that_could_not_be_written_is_owed_and_written_later(
    admission: PostgresAdmission, database: Database, caplog: pytest.LogCaptureFixture
) -> None:
    await admission.enter(ATTEMPT)
    as_owner(database, "alter function clearway.llm_leave rename to elsewhere")
    try:
        await admission.leave("a", DONE)
    finally:
        as_owner(database, "alter function clearway.elsewhere rename to llm_leave")
    assert await admission.spent(DAY) == (0, Decimal("0.10"))
    assert "attempt_not_closed" in caplog.messages

    await admission.sweep()

    assert await admission.spent(DAY) == (Decimal("0.01"), 0)


async def test_an_endpoint_that_never_failed_in_its_life_is_still_counted(
    admission: PostgresAdmission, database: Database
) -> None:
    async def succeeds() -> None:
        each = attempt(purses=[])
        await admission.enter(each)
        await admission.leave(each.attempt_id, DONE)

    await succeeds()
    as_owner(database, "update clearway.llm_circuit set usual = 2e-9")
    for _ in range(40):  # 0.98 ^ 40 of it is less than the least
        await succeeds()

    assert as_owner(database, "select usual from clearway.llm_circuit") == [(1e-9,)]


async def test_where_nothing_can_be_counted_no_attempt_may_be_made(
    admission: PostgresAdmission, database: Database
) -> None:
    as_owner(database, "alter function clearway.llm_enter rename to elsewhere")
    try:
        with pytest.raises(StoreUnavailable, match="none may be made"):
            await admission.enter(ATTEMPT)
    finally:
        as_owner(database, "alter function clearway.elsewhere rename to llm_enter")


@pytest.mark.parametrize(
    "statement",
    [
        "update clearway.llm_attempt set cost_usd = 0",
        "delete from clearway.llm_attempt",
        "update clearway.llm_spend set cost_usd = 0",
        "update clearway.llm_purse set settled_usd = 0",
        "select clearway.llm_reserve('[]', 0, '', now())",
        "select clearway.llm_add_up('{}', '{}')",
    ],
)
async def test_the_application_cannot_rewrite_what_was_spent(
    database: Database, statement: str
) -> None:
    async with database.pool.connection() as connection:
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            await connection.execute(statement.encode())


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
EPOCH = 1_800_000_000.0


@given(
    calls=CALLS,
    profile=st.sampled_from(
        [*PROFILES.values(), BreakerProfile(consecutive=None, minimum_calls=4, adaptive=True)]
    ),
)
@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_the_circuit_is_the_machine_of_the_breaker(
    calls: list[tuple[str, Verdict, float, bool]],
    profile: BreakerProfile,
    machine: psycopg.Connection[tuple[object, ...]],
) -> None:
    machine.execute("truncate clearway.llm_circuit")
    circuit, now = Circuit(), EPOCH
    for name, verdict, pause_s, enters in calls:
        now += pause_s
        at = datetime.fromtimestamp(now, UTC)
        if enters:
            refusal_s = circuit.refusal_s(now)
            row = machine.execute(
                "select probing, (refused ->> 'retry_after_s')::float8 "
                "from clearway.llm_pass_circuit('p', 'e', %s, 10, %s)",
                [name, at],
            ).fetchone()
            expected = refusal_s is None and circuit.begin(name, now, 10)
            assert row == (expected, None if refusal_s is None else pytest.approx(refusal_s))
        else:
            circuit.record(name, verdict, profile, now)
            told = {
                "consecutive": profile.consecutive,
                "windowed": profile.windowed,
                "failure_rate": profile.failure_rate,
                "minimum_calls": profile.minimum_calls,
                "window_s": profile.window_s,
                "recovery_s": profile.recovery_s,
                "successes_to_close": profile.successes_to_close,
                "adaptive": profile.adaptive,
            }
            row = machine.execute(
                "select clearway.llm_tell('p', 'e', %s, %s, %s, %s) ->> 'now', "
                "(select (total_requests, total_failures, consecutive_failures)::text "
                "from clearway.llm_circuit)",
                [name, verdict, Jsonb(told), at],
            ).fetchone()
            assert row is not None
            assert row[0] == circuit.stored


@pytest.fixture
def machine(database_url: str) -> object:
    with psycopg.connect(database_url, autocommit=True) as connection:
        yield connection


@given(
    steps=st.lists(
        st.tuples(st.sampled_from([0.0, 0.1, 0.9, 3.0, 10.0]), st.integers(1, 4)),
        min_size=5,
        max_size=60,
    )
)
@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_no_stretch_of_a_window_holds_more_than_its_limit(
    steps: list[tuple[float, int]], machine: psycopg.Connection[tuple[object, ...]]
) -> None:
    machine.execute("truncate clearway.llm_window")
    wanted = Jsonb([{"key": "k", "counts": "tokens", "of_limit": 5, "seconds": 10}])
    now, let_in = EPOCH, []
    for pause_s, tokens in steps:
        now += pause_s
        row = machine.execute(
            "select (refused ->> 'retry_after_s')::float8 from clearway.llm_count(%s, %s, %s)",
            [wanted, tokens, datetime.fromtimestamp(now, UTC)],
        ).fetchone()
        assert row is not None
        recent = sum(amount for at, amount in let_in if at > now - 10)
        if row[0] is None:
            let_in.append((now, tokens))
            assert recent + tokens <= 5
        else:
            wait_s = row[0]
            assert isinstance(wait_s, float)
            assert 0 < wait_s <= 10.2
            # It is refused for what the last ten seconds, and a sixtieth more, hold.
            assert sum(n for at, n in let_in if at > now - 10.2) + tokens > 5
            now += wait_s + 0.001


def test_a_budget_for_three_lets_three_of_two_hundred_in_from_four_processes(
    database: Database,
) -> None:
    reports = rush(database.addresses.app, processes=4, calls=50)

    assert sum(report["passed"] for report in reports) == 3
    assert {reason for report in reports for reason in report["reasons"]} == {"budget"}


async def test_after_recovery_one_of_a_hundred_from_four_processes_reaches_the_endpoint(
    admission: PostgresAdmission, database: Database
) -> None:
    await open_circuit(admission)
    let_time_pass(database, 60)

    reports = await asyncio.to_thread(rush, database.addresses.app, processes=4, calls=25)

    assert sum(report["passed"] for report in reports) == 1
    assert sum(report["probes"] for report in reports) == 1


ENTER_AND_HANG = """
import asyncio, sys
from psycopg.rows import dict_row
from psycopg_pool import AsyncConnectionPool
from clearway.stores.models.admission_postgres import PostgresAdmission
from tests.attempts import ATTEMPT

async def main():
    settings = {"autocommit": True, "row_factory": dict_row}
    async with AsyncConnectionPool(sys.argv[1], open=False, min_size=1, kwargs=settings) as pool:
        await PostgresAdmission(pool, sys.argv[1]).enter(ATTEMPT)
        print("entered", flush=True)
        await asyncio.Event().wait()

asyncio.run(main())
"""


async def test_the_reservation_of_a_killed_process_is_settled_at_its_worst_case(
    admission: PostgresAdmission, database: Database
) -> None:
    child = subprocess.Popen(
        [sys.executable, "-c", ENTER_AND_HANG, database.addresses.app],
        cwd=Path(__file__).parents[3],
        stdout=subprocess.PIPE,
        text=True,
    )
    assert child.stdout is not None
    assert child.stdout.readline() == "entered\n"
    os.kill(child.pid, signal.SIGKILL)
    child.communicate()
    assert await admission.spent(DAY) == (0, Decimal("0.10"))
    let_time_pass(database, 31)

    assert await admission.sweep() == 1
    assert await admission.spent(DAY) == (Decimal("0.10"), 0)
    assert as_owner(database, "select status, swept, cost_usd from clearway.llm_attempt") == [
        ("interrupted", True, Decimal("0.10"))
    ]
