"""Erasure and retention: what an administrator may remove, and the chain says that they did."""

from __future__ import annotations

import secrets
from datetime import UTC, datetime

from psycopg import AsyncConnection
from psycopg.rows import DictRow

from clearway.stores.audit.facts import ERASE, PRUNE, VERSION, Recorder, canonical
from clearway.stores.connect import store_errors
from clearway.stores.retention import AT_ONCE


async def erase_user(
    connection: AsyncConnection[DictRow],
    recorder: Recorder,
    *,
    user: str,
    tenant: str,
    by: str,
    now: datetime,
) -> int:
    """Erase who asked, what and the SQL from every record of a user; return how many rows.

    `connection` works as clearway_owner. The chains stay intact: they hold a pseudonym and digests.
    """
    subject = recorder.subject(user, tenant)
    body = _body(ERASE, recorder.subject(by, tenant), now, {"erased_subject": subject})
    with store_errors("erase personal data from the audit"):
        return await _count(connection, "audit_erase", [subject, body])


async def prune_audit(
    connection: AsyncConnection[DictRow],
    recorder: Recorder,
    *,
    before: datetime,
    by: str,
    now: datetime,
    at_once: int = AT_ONCE,
) -> int:
    """Remove records older than `before` from the beginning of every chain; return how many.

    `connection` works as clearway_owner. What is kept still verifies: each chain remembers the
    record it now begins after. No chain can be extended while a batch goes, so batches are small,
    and each is on record by itself: what is cut short has removed what the chain says.
    """
    subject, removed = recorder.subject(by, ""), 0
    before = min(before, now)  # what a batch puts on record is nothing for the next
    with store_errors("remove old records from the audit"):
        while True:
            body = _body(PRUNE, subject, now, {"before": before.isoformat()})
            batch = await _count(connection, "audit_prune", [before, body, at_once])
            removed += batch
            if not batch:
                return removed


async def count_prunable(connection: AsyncConnection[DictRow], *, before: datetime) -> int:
    """Return how many records are older than `before`; a chain keeps those that have not ended."""
    with store_errors("count old records of the audit"):
        cursor = await connection.execute(
            "select count(*) as old from clearway.audit_record where at < %s", [before]
        )
        row = await cursor.fetchone()
    return int(row["old"]) if row else 0


async def _count(
    connection: AsyncConnection[DictRow], function: str, arguments: list[object]
) -> int:
    values = ", ".join(["%s"] * len(arguments))
    call = f"select clearway.{function}({values}) as removed"
    row = await (await connection.execute(call.encode(), arguments)).fetchone()
    return int(row["removed"]) if row else 0


def _body(action: str, subject: str, now: datetime, facts: dict[str, str]) -> str:
    number = secrets.token_hex(16)
    return canonical(
        {
            "v": VERSION,
            "request_id": number,
            "trace_id": number,
            "step": action,
            "phase": "outcome",
            "instance": 0,
            "at": now.astimezone(UTC).isoformat(),
            "action": action,
            "tool": "none",
            "tenant": "",
            "subject": subject,
            "success": True,
            "status": "succeeded",
            **facts,
        }
    )
