"""What is particular to admission in Postgres: its rows, its locks, and what breaks under it."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import psycopg
import pytest

from clearway.errors import StoreUnavailable
from clearway.llm.ports import Pass
from clearway.stores.models.admission_postgres import PostgresAdmission
from clearway.stores.postgres import Database
from tests.attempts import ATTEMPT, DAY, DONE, TOKENS, attempt, open_circuit
from tests.integration.stores.conftest import age_postgres, as_owner, someone_waits, without

pytestmark = [pytest.mark.integration, pytest.mark.anyio]


@pytest.fixture
async def admission(database: Database) -> AsyncIterator[PostgresAdmission]:
    opened = PostgresAdmission(database.pool, database.addresses.app)
    yield opened
    await opened.close()


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


async def test_a_late_bill_takes_the_place_of_the_sweeper_s_guess_in_reports_and_windows(
    admission: PostgresAdmission, database: Database
) -> None:
    await open_circuit(admission)
    age_postgres(database, 60)
    await admission.enter(attempt("dead", windows=[TOKENS]))
    age_postgres(database, 31)
    assert await admission.sweep() == 1

    await admission.leave("dead", DONE)

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
    while not someone_waits(database):
        await asyncio.sleep(0)

    entering.cancel()
    with pytest.raises(asyncio.CancelledError):
        await entering  # a deadline is kept though what was asked is still undecided
    blocker.close()

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
    with without(database, "llm_leave"):
        await admission.leave("a", DONE)
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
    with without(database, "llm_enter"), pytest.raises(StoreUnavailable, match="none may be made"):
        await admission.enter(ATTEMPT)


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
    age_postgres(database, 31)

    assert await admission.sweep() == 1
    assert await admission.spent(DAY) == (Decimal("0.10"), 0)
    assert as_owner(database, "select status, swept, cost_usd from clearway.llm_attempt") == [
        ("interrupted", True, Decimal("0.10"))
    ]
