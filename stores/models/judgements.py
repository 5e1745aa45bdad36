"""Whose plans passed the checks after them, in any process: what the audit says of late."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from clearway.llm.judging import judgement
from clearway.stores.connect import store_errors
from clearway.stores.postgres import Pool

MOST = 300
"""Older ones would weigh next to nothing."""

_LAST = """
select step, tool, status, details from clearway.audit_step
where step = 'ask' and created_at >= %s
order by created_at desc
limit %s
"""


async def judged_on_record(pool: Pool, *, since: datetime) -> Sequence[tuple[str, bool]]:
    """Return model and verdict of the last requests a model planned, the oldest first."""
    with store_errors("look at what became of plans"):
        async with pool.connection() as connection:
            rows = await (await connection.execute(_LAST, [since, MOST])).fetchall()
    told = (judgement(**row) for row in reversed(rows))
    return [each for each in told if each is not None]
