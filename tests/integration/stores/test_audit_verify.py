from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import psycopg
import pytest

from clearway.errors import ConfigurationError
from clearway.llm.guards.guardrails import PatternRedactor
from clearway.stores.audit.erase import erase_user, prune_audit
from clearway.stores.audit.facts import Recorder
from clearway.stores.audit.read import export_audit, get_audit_records
from clearway.stores.audit.trail import PostgresAuditTrail
from clearway.stores.audit.verify import (
    Verification,
    audit_heads,
    read_anchors,
    verify_audit,
    write_anchors,
)
from clearway.stores.connect import connect
from clearway.stores.instance import Instance
from clearway.stores.keys import Keys, load_keys
from clearway.stores.postgres import VARIABLE, Database

from .test_audit import CLOCK, intent, outcome

pytestmark = [pytest.mark.integration, pytest.mark.anyio]

SHARD = "t5"
"""All records of these tests are of one request, so that they share a chain."""


@pytest.fixture
async def keys(database: Database) -> Keys:
    return await load_keys(database.pool)


@pytest.fixture
async def record(database: Database, keys: Keys) -> AsyncIterator[None]:
    """Ten records in one chain, two in another."""
    async with Instance(database.addresses.app, VARIABLE) as instance:
        trail = PostgresAuditTrail(keys=keys, redactor=PatternRedactor(), instance=instance)
        for number in range(1, 6):
            event = intent(SHARD, f"execute-{number}")
            await trail.append(event, outcome(event))
        event = intent("other")
        await trail.append(event, outcome(event))
        yield


def tamper(database: Database, statement: str) -> int:
    """Change the record as a superuser, past every privilege; return the rows touched."""
    with psycopg.connect(database.addresses.admin, autocommit=True) as connection:
        connection.execute("set session_replication_role = replica")
        return connection.execute(statement.encode()).rowcount


def reasons(found: Verification) -> list[tuple[int, str]]:
    return [(problem.seq, problem.reason) for problem in found.problems]


async def test_an_untouched_record_verifies(database: Database, keys: Keys, record: None) -> None:
    found = await verify_audit(database.pool, keys=keys)

    assert (found.records, found.problems, found.intact) == (12, (), True)
    assert found.heads == await audit_heads(database.pool)


async def test_an_empty_record_verifies(database: Database, keys: Keys) -> None:
    assert (await verify_audit(database.pool, keys=keys)).intact


@pytest.mark.parametrize(
    ("statement", "expected"),
    [
        (
            "update clearway.audit_record set body = replace(body, '12.5', '99.5') "
            "where step = 'execute-2' and phase = 'outcome'",
            [(4, "its content or its place in the chain was changed")],
        ),
        (
            "delete from clearway.audit_record where step = 'execute-2' and phase = 'outcome'",
            [(4, "missing up to 4")],
        ),
        (
            "delete from clearway.audit_record where step = 'execute-5' and phase = 'outcome'",
            [(10, "the chain does not end where its head says")],
        ),
        (
            "update clearway.audit_record set attempt = 7 where step = 'execute-3' "
            "and phase = 'intent'",
            [(5, "its content or its place in the chain was changed")],
        ),
        (
            "update clearway.audit_record set input_hash = 'x' where step = 'execute-3' "
            "and phase = 'intent'",
            [(5, "its columns do not repeat its body")],
        ),
        (
            "update clearway.audit_record set at = at - interval '1 day' "
            "where step = 'execute-3' and phase = 'intent'",
            [(5, "its columns do not repeat its body")],
        ),
        (
            "update clearway.audit_private set payload = replace(payload, 'zoe', 'eve') "
            "where step = 'execute-1' and phase = 'intent' and request_id = 't5'",
            [(1, "its personal part was changed")],
        ),
        (
            "delete from clearway.audit_private "
            "where step = 'execute-1' and phase = 'intent' and request_id = 't5'",
            [(1, "its personal part is gone and no erasure is on record")],
        ),
    ],
    ids=["body", "middle", "tail", "attempt", "column", "time", "private", "private-gone"],
)
async def test_tampering_is_found(
    database: Database, keys: Keys, record: None, statement: str, expected: list[tuple[int, str]]
) -> None:
    # An attempt that was renumbered takes its personal part along, or that shows as well.
    if "attempt = 7" in statement:
        tamper(database, statement.replace("audit_record", "audit_private"))
    assert tamper(database, statement) == 1

    assert reasons(await verify_audit(database.pool, keys=keys)) == expected


async def test_reordering_is_found(database: Database, keys: Keys, record: None) -> None:
    for old, new in ((3, 1003), (4, 3), (1003, 4)):
        move = f"update clearway.audit_record set seq = {new} where seq = {old}"
        assert tamper(database, f"{move} and trace_id = '{SHARD}'") == 1

    found = await verify_audit(database.pool, keys=keys)

    assert {problem.seq for problem in found.problems} >= {3, 4}


async def test_an_inserted_record_is_found(database: Database, keys: Keys, record: None) -> None:
    tamper(
        database,
        "insert into clearway.audit_record select shard, seq + 1, 'forged', step, attempt, phase, "
        "opens, trace_id, instance, at, input_hash, body, hash from clearway.audit_record "
        "where step = 'execute-5' and phase = 'outcome'",
    )

    found = await verify_audit(database.pool, keys=keys)

    assert (11, "its content or its place in the chain was changed") in reasons(found)


async def test_a_cut_tail_with_its_head_moved_back_shows_against_an_anchor(
    database: Database, keys: Keys, record: None
) -> None:
    anchors = read_anchors(write_anchors(await audit_heads(database.pool)))
    tamper(database, "delete from clearway.audit_record where step = 'execute-5'")
    tamper(database, "delete from clearway.audit_private where step = 'execute-5'")
    tamper(
        database,
        "update clearway.audit_head h set seq = r.seq, hash = r.hash from clearway.audit_record r "
        "where h.shard = r.shard and r.step = 'execute-4' and r.phase = 'outcome'",
    )

    assert (await verify_audit(database.pool, keys=keys)).intact
    found = await verify_audit(database.pool, keys=keys, anchors=anchors)
    assert reasons(found) == [(9, "missing up to 10, by its anchor")]


async def test_a_chain_written_anew_shows_against_an_anchor(
    database: Database, keys: Keys, record: None
) -> None:
    heads = await audit_heads(database.pool)
    anchors = read_anchors(
        write_anchors(heads).replace(next(h.hash for h in heads.values() if h.seq == 10), "0" * 64)
    )

    found = await verify_audit(database.pool, keys=keys, anchors=anchors)

    assert reasons(found) == [(10, "differs from its anchor: the chain was rewritten")]


@pytest.mark.parametrize("text", ["", "[]", '{"0": 1}', '{"x": {"seq": 1, "hash": ""}}'])
async def test_unreadable_anchors_are_refused(text: str) -> None:
    with pytest.raises(ConfigurationError, match="anchors"):
        read_anchors(text)


async def test_erasing_a_person_keeps_the_chain_and_forgets_the_person(
    database: Database, keys: Keys, record: None
) -> None:
    recorder = Recorder(keys, PatternRedactor())
    async with await connect(database.addresses.owner, VARIABLE) as owner:
        erased = await erase_user(
            owner, recorder, user="zoe", tenant="north", by="admin", now=CLOCK.now()
        )

    found = await verify_audit(database.pool, keys=keys)
    records = await get_audit_records(database.pool, correlation_id=SHARD)

    assert (erased, found.erased, found.problems) == (12, 12, ())
    assert {(r.user_id, r.input, r.statement) for r in records} == {(None, None, None)}
    assert {r.status for r in records} == {"succeeded"}
    (erasure,) = [r for r in await get_audit_records(database.pool) if r.action == "erase"]
    assert erasure.success
    assert not any("zoe" in line for line in [line async for line in export_audit(database.pool)])


async def test_pruning_keeps_what_is_left_verifiable(
    database: Database, keys: Keys, record: None
) -> None:
    recorder = Recorder(keys, PatternRedactor())
    async with Instance(database.addresses.app, VARIABLE) as instance:
        trail = PostgresAuditTrail(keys=keys, redactor=PatternRedactor(), instance=instance)
        CLOCK.advance(86_400)
        await trail.append(intent(SHARD, "execute-6"))
    before = CLOCK.now()
    async with await connect(database.addresses.owner, VARIABLE) as owner:
        removed = await prune_audit(owner, recorder, before=before, by="admin", now=before)

    found = await verify_audit(database.pool, keys=keys)

    assert (removed, found.records, found.problems) == (12, 2, ())


async def test_pruning_goes_on_in_batches_and_each_is_on_record(
    database: Database, keys: Keys, record: None
) -> None:
    recorder, now = Recorder(keys, PatternRedactor()), CLOCK.now() + timedelta(days=1)
    async with await connect(database.addresses.owner, VARIABLE) as owner:
        removed = await prune_audit(owner, recorder, before=now, by="admin", now=now, at_once=5)

    found = await verify_audit(database.pool, keys=keys)
    records = await get_audit_records(database.pool)
    assert (removed, found.records, found.problems) == (12, 3, ())
    assert sorted(record.row_count or 0 for record in records) == [2, 5, 5]


async def test_an_erasure_stays_on_record_as_long_as_what_it_erased(
    database: Database, keys: Keys
) -> None:
    recorder, then = Recorder(keys, PatternRedactor()), CLOCK.now()
    later = then + timedelta(days=1)
    async with (
        Instance(database.addresses.app, VARIABLE) as instance,
        await connect(database.addresses.owner, VARIABLE) as owner,
    ):
        trail = PostgresAuditTrail(keys=keys, redactor=PatternRedactor(), instance=instance)
        await trail.append(held := intent(SHARD))  # under way, so its chain is kept
        await erase_user(owner, recorder, user="zoe", tenant="north", by="admin", now=then)
        kept = await prune_audit(owner, recorder, before=later, by="admin", now=later)
        assert (await verify_audit(database.pool, keys=keys)).problems == ()

        await trail.append(outcome(held))
        gone = await prune_audit(owner, recorder, before=later, by="admin", now=later)

    assert (kept, gone) == (0, 3)
    assert (await verify_audit(database.pool, keys=keys)).problems == ()


async def test_a_record_from_the_future_does_not_hold_its_chain(
    database: Database, keys: Keys
) -> None:
    recorder, now = Recorder(keys, PatternRedactor()), CLOCK.now() + timedelta(days=1)
    ahead = datetime(2199, 1, 1, tzinfo=UTC)
    async with (
        Instance(database.addresses.app, VARIABLE) as instance,
        await connect(database.addresses.owner, VARIABLE) as owner,
    ):
        trail = PostgresAuditTrail(keys=keys, redactor=PatternRedactor(), instance=instance)
        for number, at in enumerate([CLOCK.now(), ahead, CLOCK.now(), now, ahead]):
            event = intent(SHARD, f"execute-{number}", at=at)
            await trail.append(event, replace(outcome(event), at=at))
        removed = await prune_audit(owner, recorder, before=now, by="admin", now=now)

    assert removed == 6
    assert (await verify_audit(database.pool, keys=keys)).intact


async def test_an_export_has_every_link_in_order(database: Database, record: None) -> None:
    import json

    links = [json.loads(line) async for line in export_audit(database.pool)]

    assert len(links) == 12
    assert [(link["shard"], link["seq"]) for link in links] == sorted(
        (link["shard"], link["seq"]) for link in links
    )
    assert {"body", "hash", "private"} <= set(links[0])
