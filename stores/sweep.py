"""The sweep: close what was begun by processes that are gone."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime, timedelta

from psycopg import AsyncConnection
from psycopg.rows import DictRow
from psycopg_pool import AsyncConnectionPool

from clearway.stores.audit.facts import canonical, shard_of
from clearway.stores.audit.trail import APPEND
from clearway.stores.connect import store_errors

INTERRUPTED = "interrupted"
LONGEST = timedelta(days=7)
"""What has no outcome after so long is closed though its process lives: that could not write it."""

_OTHERS = "select distinct instance from clearway.audit_open where instance <> %s"
_GONE = "select pg_try_advisory_xact_lock(%s) as gone"
_OPEN = """
select request_id, attempt, audit_record.body
from clearway.audit_open
join clearway.audit_record using (request_id, step, attempt)
where audit_open.instance = %s and audit_record.phase = 'intent'
"""
_FORGOTTEN = """
select request_id, attempt, audit_open.instance, audit_record.body
from clearway.audit_open
join clearway.audit_record using (request_id, step, attempt)
where audit_record.phase = 'intent' and audit_record.at < %s
"""
_KEPT = (
    "v",
    "request_id",
    "trace_id",
    "step",
    "instance",
    "action",
    "tool",
    "source_id",
    "tenant",
    "roles",
    "subject",
)


async def sweep(
    pool: AsyncConnectionPool[AsyncConnection[DictRow]], *, instance: int, now: datetime
) -> int:
    """Record the outcome `interrupted` for every intent of a dead process; return how many.

    A process counts as dead when its advisory lock can be taken; of a living one only what is older
    than `LONGEST` is touched, and `instance` is this one. Idempotent, and safe to run in several
    processes at once.
    """
    closed = 0
    with store_errors("look for interrupted requests"):
        async with pool.connection() as connection:
            others = await (await connection.execute(_OTHERS, [instance])).fetchall()
            for other in others:
                closed += await _close(connection, other["instance"], now)
            cursor = await connection.execute(_FORGOTTEN, [now - LONGEST])
            closed += await _interrupt(connection, await cursor.fetchall(), now)
    return closed


async def count_interrupted(
    pool: AsyncConnectionPool[AsyncConnection[DictRow]], *, instance: int, now: datetime
) -> int:
    """Return how many intents a sweep would close."""
    found = 0
    with store_errors("look for interrupted requests"):
        async with pool.connection() as connection:
            others = await (await connection.execute(_OTHERS, [instance])).fetchall()
            for other in others:
                async with connection.transaction():
                    taken = await (await connection.execute(_GONE, [other["instance"]])).fetchone()
                    if taken and taken["gone"]:
                        cursor = await connection.execute(_OPEN, [other["instance"]])
                        found += len(await cursor.fetchall())
                    else:
                        found += await _forgotten(connection, other["instance"], now)
            found += await _forgotten(connection, instance, now)
    return found


async def _forgotten(connection: AsyncConnection[DictRow], instance: int, now: datetime) -> int:
    cursor = await connection.execute(
        f"select count(*) as found from ({_FORGOTTEN}) as old where instance = %s",
        [now - LONGEST, instance],
    )
    row = await cursor.fetchone()
    return int(row["found"]) if row else 0


async def _close(connection: AsyncConnection[DictRow], instance: int, now: datetime) -> int:
    async with connection.transaction():
        taken = await (await connection.execute(_GONE, [instance])).fetchone()
        if not taken or not taken["gone"]:
            return 0
        rows = await (await connection.execute(_OPEN, [instance])).fetchall()
        return await _interrupt(connection, rows, now)


async def _interrupt(
    connection: AsyncConnection[DictRow], rows: Sequence[DictRow], now: datetime
) -> int:
    if not rows:
        return 0
    # In the order of the chains, as everybody locks them: nobody waits in a circle.
    ordered = sorted(rows, key=lambda row: shard_of(row["request_id"]))
    bodies = [_interrupted(json.loads(row["body"]), row["attempt"], now) for row in ordered]
    cursor = await connection.execute(APPEND, [bodies, [None] * len(bodies), True])
    added = await cursor.fetchone()
    return int(added["audit_append"]) if added else 0


def _interrupted(intent: dict[str, object], attempt: int, now: datetime) -> str:
    kept = {name: intent[name] for name in _KEPT if name in intent}
    ended = {"phase": "outcome", "success": False, "status": INTERRUPTED, "at": now.isoformat()}
    return canonical({**kept, **ended, "attempt": attempt, "swept": True})
