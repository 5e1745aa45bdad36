"""Reading the audit: one typed record per step of a request."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from datetime import datetime

from psycopg import AsyncConnection
from psycopg.rows import DictRow
from psycopg_pool import AsyncConnectionPool

from clearway.errors import Scalar
from clearway.stores.connect import store_errors

_RECORDS = """
select * from clearway.audit_step
where (%(correlation_id)s::text is null or correlation_id = %(correlation_id)s)
    and (%(input_hash)s::text is null or input_hash = %(input_hash)s)
    and (%(user_id)s::text is null or user_id = %(user_id)s)
order by created_at desc, step desc, attempt desc
limit %(limit)s
"""

_EXPORT = """
select
    shard, seq, request_id, step, attempt, phase, opens, body, encode(hash, 'hex') as hash,
    payload as private, erased_by
from clearway.audit_record
left join clearway.audit_private using (request_id, step, attempt, phase)
order by shard, seq
"""


@dataclass(frozen=True, kw_only=True)
class AuditRecord:
    """One step of one request: what was intended, and what came of it. Times are UTC."""

    correlation_id: str
    step: str
    attempt: int
    action: str
    tool: str
    source_id: str | None
    created_at: datetime
    finished_at: datetime | None
    success: bool | None
    """None while it is under way."""
    status: str
    """`open` while it is under way, `interrupted` when its process died."""
    duration_ms: float | None
    input: str | None
    """Redacted; None once erased."""
    input_hash: str | None
    user_id: str | None
    """None once erased."""
    actor: str | None
    tenant: str
    statement: str | None
    """The generated SQL, redacted."""
    columns: tuple[str, ...]
    row_count: int | None
    result_hash: str | None
    details: Mapping[str, Scalar]


async def get_audit_records(
    pool: AsyncConnectionPool[AsyncConnection[DictRow]],
    *,
    correlation_id: str | None = None,
    input_hash: str | None = None,
    user_id: str | None = None,
    limit: int = 100,
) -> list[AuditRecord]:
    """Return the newest records that match everything given, newest first."""
    wanted = {
        "correlation_id": correlation_id,
        "input_hash": input_hash,
        "user_id": user_id,
        "limit": limit,
    }
    with store_errors("read the audit"):
        async with pool.connection() as connection:
            # Not prepared: a generic plan would not use the index of the one thing that is given.
            cursor = await connection.execute(_RECORDS, wanted, prepare=False)
            rows = await cursor.fetchall()
    return [AuditRecord(**{**row, "columns": tuple(row["columns"] or ())}) for row in rows]


async def export_audit(
    pool: AsyncConnectionPool[AsyncConnection[DictRow]],
) -> AsyncIterator[str]:
    """Yield every link of every chain, in order, one JSON object each: enough to verify it."""
    with store_errors("read the audit"):
        async with (
            pool.connection() as connection,
            connection.transaction(),
            connection.cursor("audit_export") as cursor,
        ):
            await cursor.execute(_EXPORT)
            async for row in cursor:
                yield json.dumps(row, ensure_ascii=False)
