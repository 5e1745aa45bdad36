"""The sweep: close what was begun by processes that are gone."""

from __future__ import annotations

import json
from datetime import datetime

from psycopg import AsyncConnection
from psycopg.rows import DictRow
from psycopg_pool import AsyncConnectionPool

from clearway.stores.audit.facts import canonical, shard_of
from clearway.stores.audit.trail import APPEND
from clearway.stores.connect import store_errors

INTERRUPTED = "interrupted"

_OTHERS = "select distinct instance from clearway.audit_open where instance <> %s"
_GONE = "select pg_try_advisory_xact_lock(%s) as gone"
_OPEN = """
select request_id, attempt, audit_record.body
from clearway.audit_open
join clearway.audit_record using (request_id, step, attempt)
where audit_open.instance = %s and audit_record.phase = 'intent'
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

    A process counts as dead when its advisory lock can be taken; a living one is never touched, and
    `instance` is this one. Idempotent, and safe to run in several processes at once.
    """
    closed = 0
    with store_errors("look for interrupted requests"):
        async with pool.connection() as connection:
            others = await (await connection.execute(_OTHERS, [instance])).fetchall()
            for other in others:
                closed += await _close(connection, other["instance"], now)
    return closed


async def count_interrupted(
    pool: AsyncConnectionPool[AsyncConnection[DictRow]], *, instance: int
) -> int:
    """Return how many intents of dead processes wait for their outcome."""
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
    return found


async def _close(connection: AsyncConnection[DictRow], instance: int, now: datetime) -> int:
    async with connection.transaction():
        taken = await (await connection.execute(_GONE, [instance])).fetchone()
        if not taken or not taken["gone"]:
            return 0
        rows = await (await connection.execute(_OPEN, [instance])).fetchall()
        # In the order of the chains, as everybody locks them: nobody waits in a circle.
        rows.sort(key=lambda row: shard_of(row["request_id"]))
        bodies = [_interrupted(json.loads(row["body"]), row["attempt"], now) for row in rows]
        cursor = await connection.execute(APPEND, [bodies, [None] * len(bodies), True])
        added = await cursor.fetchone()
    return int(added["audit_append"]) if added else 0


def _interrupted(intent: dict[str, object], attempt: int, now: datetime) -> str:
    kept = {name: intent[name] for name in _KEPT if name in intent}
    ended = {"phase": "outcome", "success": False, "status": INTERRUPTED, "at": now.isoformat()}
    return canonical({**kept, **ended, "attempt": attempt, "swept": True})
