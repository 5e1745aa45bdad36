from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
import pytest

from clearway.errors import StoreUnavailable
from clearway.graph.ports import AuditEvent
from clearway.identity import Principal
from clearway.llm.guards.guardrails import PatternRedactor
from clearway.resilience.clock import FakeClock
from clearway.stores.audit.read import AuditRecord, get_audit_records
from clearway.stores.audit.trail import PostgresAuditTrail
from clearway.stores.instance import Instance
from clearway.stores.keys import load_keys
from clearway.stores.postgres import VARIABLE, Database

pytestmark = [pytest.mark.integration, pytest.mark.anyio]

ZOE = Principal(user="zoe", tenant="north", roles=frozenset({"analyst"}))
CLOCK = FakeClock(datetime(2026, 1, 15, 12, 0, tzinfo=UTC))


def intent(trace_id: str = "t1", step: str = "execute-1", **changes: Any) -> AuditEvent:
    event = AuditEvent(
        trace_id=trace_id,
        step=step,
        phase="intent",
        action="execute",
        tool="sql",
        source_id="warehouse",
        principal=ZOE,
        at=CLOCK.now(),
        input="revenue for zoe@example.com",
        statement="select 1",
    )
    return replace(event, **changes)


def outcome(of: AuditEvent, **changes: Any) -> AuditEvent:
    ended = replace(
        of,
        phase="outcome",
        at=of.at + timedelta(seconds=1),
        success=True,
        status="succeeded",
        duration_ms=12.5,
        columns=("region", "revenue"),
        row_count=3,
        result_hash="ab" * 32,
        details={"cost_usd": "0.01", "message": "mail zoe@example.com"},
    )
    return replace(ended, **changes)


def disconnect(database: Database, *, for_good: bool = False) -> None:
    """End every connection to the database from outside, as a restart does."""
    name = psycopg.conninfo.conninfo_to_dict(database.addresses.admin)["dbname"]
    elsewhere = psycopg.conninfo.make_conninfo(database.addresses.admin, dbname="postgres")
    with psycopg.connect(elsewhere, autocommit=True) as connection:
        connection.execute(f"alter database {name} allow_connections {not for_good}")
        connection.execute(
            "select pg_terminate_backend(pid, 5000) from pg_stat_activity where datname = %s",
            [name],
        )


@pytest.fixture
async def instance(database: Database) -> AsyncIterator[Instance]:
    async with Instance(database.addresses.app, VARIABLE) as instance:
        yield instance


@pytest.fixture
async def trail(database: Database, instance: Instance) -> PostgresAuditTrail:
    keys = await load_keys(database.pool)
    return PostgresAuditTrail(keys=keys, redactor=PatternRedactor(), instance=instance)


async def test_a_step_reads_back_as_one_typed_record(
    database: Database, trail: PostgresAuditTrail
) -> None:
    event = intent()
    await trail.append(event)
    await trail.append(outcome(event))

    assert await get_audit_records(database.pool, correlation_id="t1") == [
        AuditRecord(
            correlation_id="t1",
            step="execute-1",
            attempt=1,
            action="execute",
            tool="sql",
            source_id="warehouse",
            created_at=CLOCK.now(),
            finished_at=CLOCK.now() + timedelta(seconds=1),
            success=True,
            status="succeeded",
            duration_ms=12.5,
            input="revenue for [EMAIL]",
            input_hash=trail.input_hash("revenue for zoe@example.com"),
            user_id="zoe",
            actor=None,
            tenant="north",
            statement="select 1",
            columns=("region", "revenue"),
            row_count=3,
            result_hash="ab" * 32,
            details={"cost_usd": "0.01", "message": "mail [EMAIL]"},
        )
    ]


async def test_an_intent_alone_is_visible_as_open(
    database: Database, trail: PostgresAuditTrail
) -> None:
    await trail.append(intent())

    (record,) = await get_audit_records(database.pool, correlation_id="t1")

    assert (record.status, record.success, record.finished_at) == ("open", None, None)


async def test_a_denied_request_is_on_record(database: Database, trail: PostgresAuditTrail) -> None:
    ask = intent(step="ask", action="ask", tool="none", statement=None)
    await trail.append(ask, outcome(ask, success=False, status="denied"))

    (record,) = await get_audit_records(database.pool, correlation_id="t1")

    assert (record.status, record.success, record.user_id) == ("denied", False, "zoe")


async def test_an_outcome_without_an_intent_is_on_record(
    database: Database, trail: PostgresAuditTrail
) -> None:
    await trail.append(outcome(intent()))

    (record,) = await get_audit_records(database.pool, correlation_id="t1")

    assert (record.status, record.user_id) == ("succeeded", "zoe")


async def test_no_secret_or_address_is_stored_anywhere(
    database: Database, trail: PostgresAuditTrail
) -> None:
    event = intent(input="zoe@example.com", statement="select 'sk-abcdefghijklmnop1234'")
    await trail.append(event, outcome(event))

    async with database.pool.connection() as connection:
        rows = await (
            await connection.execute(
                "select body, payload from clearway.audit_record join clearway.audit_private "
                "using (request_id, step, attempt, phase)"
            )
        ).fetchall()

    assert len(rows) == 2
    for row in rows:
        assert "zoe@example.com" not in row["body"] + row["payload"]
        assert "sk-abc" not in row["body"] + row["payload"]
        assert "zoe" not in row["body"]  # the chain knows a pseudonym only


async def test_records_are_found_by_input_hash(
    database: Database, trail: PostgresAuditTrail
) -> None:
    await trail.append(intent("t1", input="a"), intent("t2", input="b"), intent("t3", input=" a "))

    found = await get_audit_records(database.pool, input_hash=trail.input_hash("a"))

    assert {record.correlation_id for record in found} == {"t1", "t3"}


async def test_writing_twice_is_writing_once(database: Database, trail: PostgresAuditTrail) -> None:
    event = intent()
    for _ in range(2):
        await trail.append(event)
    for _ in range(2):
        await trail.append(outcome(event))

    assert len(await get_audit_records(database.pool)) == 1
    async with database.pool.connection() as connection:
        row = await (
            await connection.execute("select sum(seq) as links from clearway.audit_head")
        ).fetchone()
    assert row == {"links": 2}


async def test_a_correlation_id_that_comes_again_gets_records_of_its_own(
    database: Database, trail: PostgresAuditTrail
) -> None:
    first, second = intent(request_id="r1"), intent(request_id="r2", input="another")
    await trail.append(first)
    await trail.append(second)
    await trail.append(outcome(second))

    records = await get_audit_records(database.pool, correlation_id="t1")

    assert {(r.input, r.status) for r in records} == {
        ("revenue for [EMAIL]", "open"),
        ("another", "succeeded"),
    }


async def test_a_step_that_ended_and_runs_again_is_another_attempt(
    database: Database, trail: PostgresAuditTrail
) -> None:
    event = intent()
    await trail.append(event, outcome(event, status="interrupted", success=False))
    await trail.append(event)
    await trail.append(outcome(event))

    records = await get_audit_records(database.pool, correlation_id="t1")

    assert [(r.attempt, r.status) for r in records] == [(2, "succeeded"), (1, "interrupted")]


async def test_many_at_once_lose_nothing_and_keep_every_chain_whole(
    database: Database, trail: PostgresAuditTrail
) -> None:
    async def one(number: int) -> None:
        event = intent(f"t{number}")
        await trail.append(event, durable=False)
        await trail.append(outcome(event), durable=False)

    await asyncio.gather(*(one(number) for number in range(100)))

    async with database.pool.connection() as connection:
        row = await (
            await connection.execute(
                "select count(*) as records, "
                "(select sum(seq)::int from clearway.audit_head) as links, "
                "(select count(*) from clearway.audit_open) as open from clearway.audit_record"
            )
        ).fetchone()
    assert row == {"records": 200, "links": 200, "open": 0}


@pytest.mark.parametrize(
    "text", ["nul \0 inside", "half \ud800 pair", "\\u0000", "雪 ☃", "'; drop table x; --", "%s %%"]
)
async def test_any_text_can_be_on_record(
    database: Database, trail: PostgresAuditTrail, text: str
) -> None:
    event = intent(input=text, details={"note": text, "rate": float("nan")})
    await trail.append(event)

    (record,) = await get_audit_records(database.pool, input_hash=trail.input_hash(text))

    assert record.input == text.replace("\0", "\ufffd").replace("\ud800", "?")
    assert record.details["rate"] == "nan"


async def test_a_lost_connection_is_replaced_and_nothing_is_lost(
    database: Database, trail: PostgresAuditTrail, instance: Instance
) -> None:
    before = await instance.current()
    await trail.append(intent("t1"))
    disconnect(database)

    await trail.append(intent("t2"), outcome(intent("t1")))

    records = await get_audit_records(database.pool)
    assert {(r.correlation_id, r.status) for r in records} == {("t1", "succeeded"), ("t2", "open")}
    assert await instance.current() != before


async def test_when_postgres_is_gone_every_caller_is_told_not_to_execute(
    database: Database, trail: PostgresAuditTrail
) -> None:
    disconnect(database, for_good=True)

    results = await asyncio.gather(
        *(trail.append(intent(f"t{number}")) for number in range(5)), return_exceptions=True
    )

    assert [type(result) for result in results] == [StoreUnavailable] * 5
    assert "CLEARWAY_DATABASE_URL" in str(results[0])


async def test_a_caller_that_gives_up_is_on_record_with_the_others(
    database: Database, trail: PostgresAuditTrail
) -> None:
    tasks = [asyncio.create_task(trail.append(intent(f"t{number}"))) for number in range(5)]
    await asyncio.sleep(0)
    for _ in range(20):
        tasks[0].cancel()
        await asyncio.sleep(0)

    results = await asyncio.gather(*tasks, return_exceptions=True)

    assert isinstance(results[0], asyncio.CancelledError)
    assert results[1:] == [None] * 4
    written = {record.correlation_id for record in await get_audit_records(database.pool)}
    assert written == {"t0", "t1", "t2", "t3", "t4"}


FORBIDDEN = [
    "update clearway.audit_record set body = '{}'",
    "delete from clearway.audit_record",
    "truncate clearway.audit_record cascade",
    "insert into clearway.audit_record select * from clearway.audit_record",
    "update clearway.audit_head set seq = 0",
    "delete from clearway.audit_head",
    "delete from clearway.audit_private",
    "update clearway.audit_private set payload = ''",
    "delete from clearway.audit_open",
    "drop table clearway.audit_record cascade",
    "alter table clearway.audit_record disable trigger all",
    "alter table clearway.audit_record owner to clearway_app",
    "create or replace view clearway.audit_step as select 1",
    "create table clearway.mine ()",
    "drop function clearway.audit_append",
    "select clearway.audit_erase('x', '{}')",
    "select clearway.audit_prune(now(), '{}', 1)",
    "update clearway.secret set value = ''",
    "delete from clearway.schema_version",
]


async def test_the_application_cannot_change_the_record(
    database: Database, trail: PostgresAuditTrail
) -> None:
    await trail.append(intent())
    allowed = []

    async with database.pool.connection() as connection:
        role = await (await connection.execute("select current_user as name")).fetchone()
        for statement in FORBIDDEN:
            try:
                await connection.execute(statement.encode())
                allowed.append(statement)
            except psycopg.errors.InsufficientPrivilege:
                pass

    assert (role, allowed) == ({"name": "clearway_app"}, [])


async def test_the_application_owns_nothing(database: Database) -> None:
    async with database.pool.connection() as connection:
        rows = await (
            await connection.execute(
                "select relname from pg_class where relowner = 'clearway_app'::regrole "
                "union all select proname from pg_proc where proowner = 'clearway_app'::regrole "
                "union all select nspname from pg_namespace "
                "where nspowner = 'clearway_app'::regrole"
            )
        ).fetchall()
    assert rows == []


async def test_the_body_is_canonical_json(database: Database, trail: PostgresAuditTrail) -> None:
    await trail.append(intent())

    async with database.pool.connection() as connection:
        row = await (await connection.execute("select body from clearway.audit_record")).fetchone()

    assert row is not None
    body = json.loads(row["body"])
    assert row["body"] == json.dumps(body, sort_keys=True, separators=(",", ":"))
    assert body["step"] == "execute-1"
