from __future__ import annotations

import asyncio
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from datetime import timedelta

import pytest

from clearway.llm.guards.guardrails import PatternRedactor
from clearway.stores.audit.read import get_audit_records
from clearway.stores.audit.trail import PostgresAuditTrail
from clearway.stores.audit.verify import verify_audit
from clearway.stores.instance import Instance
from clearway.stores.keys import Keys, load_keys
from clearway.stores.postgres import VARIABLE, Database
from clearway.stores.sweep import count_interrupted, sweep

from .test_audit import CLOCK, intent, outcome

pytestmark = [pytest.mark.integration, pytest.mark.anyio]

BEGIN_AND_HANG = """
import asyncio, sys
from datetime import UTC, datetime
from clearway.graph.ports import AuditEvent
from clearway.identity import Principal
from clearway.llm.guards.guardrails import PatternRedactor
from clearway.stores.audit.trail import PostgresAuditTrail
from clearway.stores.instance import Instance
from clearway.stores.keys import Keys

async def main():
    async with Instance(sys.argv[1], "CLEARWAY_DATABASE_URL") as instance:
        keys = Keys(bytes.fromhex(sys.argv[2]))
        trail = PostgresAuditTrail(keys=keys, redactor=PatternRedactor(), instance=instance)
        await trail.append(AuditEvent(
            trace_id="killed", step="execute-1", phase="intent", action="execute", tool="sql",
            source_id="warehouse", principal=Principal(user="zoe"), at=datetime.now(UTC),
            input="select 1", statement="select 1",
        ))
        print("begun", flush=True)
        await asyncio.Event().wait()

asyncio.run(main())
"""


@pytest.fixture
async def keys(database: Database) -> Keys:
    return await load_keys(database.pool)


@pytest.fixture
async def instance(database: Database) -> AsyncIterator[Instance]:
    async with Instance(database.addresses.app, VARIABLE) as instance:
        yield instance


def trail_of(instance: Instance, keys: Keys) -> PostgresAuditTrail:
    return PostgresAuditTrail(keys=keys, redactor=PatternRedactor(), instance=instance)


@contextmanager
def process(*arguments: str) -> Iterator[subprocess.Popen[str]]:
    """A process that has begun an execution and never ends it."""
    command = [sys.executable, "-c", BEGIN_AND_HANG, *arguments]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            assert process.stdout.readline() == "begun\n"
            yield process
        finally:
            process.kill()


async def statuses(database: Database) -> dict[str, str]:
    return {r.correlation_id: r.status for r in await get_audit_records(database.pool)}


async def swept(database: Database, instance: Instance) -> int:
    return await sweep(database.pool, instance=await instance.current(), now=CLOCK.now())


async def test_a_killed_process_is_found_at_once_and_its_request_visible(
    database: Database, instance: Instance, keys: Keys
) -> None:
    with process(database.addresses.app, "00" * 32) as other:
        assert await swept(database, instance) == 0
        assert await statuses(database) == {"killed": "open"}

        other.send_signal(signal.SIGKILL)
        await asyncio.to_thread(other.wait)
        while await swept(database, instance) == 0:  # until the server noticed the closed socket
            pass

    (record,) = await get_audit_records(database.pool)
    assert (record.status, record.success, record.user_id) == ("interrupted", False, "zoe")
    assert record.input == "select 1"
    assert await swept(database, instance) == 0
    found = await verify_audit(database.pool, keys=keys)
    assert [p.reason for p in found.problems] == ["its personal part was changed"]  # other keys


async def test_a_living_process_is_left_alone(
    database: Database, instance: Instance, keys: Keys
) -> None:
    async with Instance(database.addresses.app, VARIABLE) as other:
        await trail_of(other, keys).append(intent("theirs"))
        await trail_of(instance, keys).append(intent("ours"))

        assert await swept(database, instance) == 0
    assert await swept(database, instance) == 1
    assert await statuses(database) == {"theirs": "interrupted", "ours": "open"}
    assert (await verify_audit(database.pool, keys=keys)).intact


async def test_two_sweeps_at_once_close_a_request_once(
    database: Database, instance: Instance, keys: Keys
) -> None:
    async with Instance(database.addresses.app, VARIABLE) as other:
        for number in range(20):
            await trail_of(other, keys).append(intent(f"t{number}"))

    closed = await asyncio.gather(*(swept(database, instance) for _ in range(4)))

    assert sum(closed) == 20
    assert set((await statuses(database)).values()) == {"interrupted"}


async def test_an_outcome_that_comes_after_the_sweep_is_not_lost(
    database: Database, instance: Instance, keys: Keys
) -> None:
    async with Instance(database.addresses.app, VARIABLE) as other:
        await trail_of(other, keys).append(intent("t1"))
    await swept(database, instance)

    for _ in range(2):
        await trail_of(instance, keys).append(outcome(intent("t1")))

    records = await get_audit_records(database.pool)
    assert [(r.attempt, r.status) for r in records] == [(2, "succeeded"), (1, "interrupted")]
    assert (await verify_audit(database.pool, keys=keys)).intact


async def test_what_a_living_process_could_not_close_is_closed_after_a_week(
    database: Database, instance: Instance, keys: Keys
) -> None:
    trail = PostgresAuditTrail(keys=keys, redactor=PatternRedactor(), instance=instance)
    await trail.append(old := intent("old"))
    own, then = await instance.current(), old.at
    for days, closed in ((6, 0), (8, 1), (9, 0)):
        now = then + timedelta(days=days)
        assert await count_interrupted(database.pool, instance=own, now=now) == closed
        assert await sweep(database.pool, instance=own, now=now) == closed

    (record,) = await get_audit_records(database.pool, correlation_id="old")
    assert record.status == "interrupted"
    assert (await verify_audit(database.pool, keys=keys)).intact
