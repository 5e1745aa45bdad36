"""Retention of feedback: what nobody accepted goes; of what was accepted, who gave it."""

from __future__ import annotations

from datetime import datetime

from clearway.stores.connect import store_errors
from clearway.stores.erasure import NOBODY
from clearway.stores.postgres import Pool

_NOBODYS = "%(nobody)s || '-' || feedback_id"
"""One for each entry: an answer has one mark of each user."""
_NAMED = f"(user_id, given_by, note) <> ({_NOBODYS}, %(nobody)s, '')"
_COUNT = f"""
select count(*) as found from feedback
where given_at < %(before)s and (status <> 'accepted' or {_NAMED})
"""
_REMOVE = "delete from feedback where given_at < %(before)s and status <> 'accepted'"
_ANONYMISE = f"""
update feedback set user_id = {_NOBODYS}, given_by = %(nobody)s, note = ''
where given_at < %(before)s and status = 'accepted' and {_NAMED}
"""


async def count_old_feedback(pool: Pool, *, before: datetime) -> int:
    """Return how many entries given before would be removed or lose their names."""
    values = {"before": before, "nobody": NOBODY}
    with store_errors("look for old feedback"):
        async with pool.connection() as connection:
            row = await (await connection.execute(_COUNT, values)).fetchone()
    return int(row["found"]) if row else 0


async def prune_feedback(pool: Pool, *, before: datetime) -> tuple[int, int]:
    """Return how many entries given before were removed, and how many accepted ones lost names.

    A verified question and its statement are the owner's: they stay.
    """
    values = {"before": before, "nobody": NOBODY}
    with store_errors("remove old feedback"):
        async with pool.connection() as connection, connection.transaction():
            removed = (await connection.execute(_REMOVE, values)).rowcount
            return removed, (await connection.execute(_ANONYMISE, values)).rowcount
