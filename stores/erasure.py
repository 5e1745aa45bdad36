"""Erasing a person: conversations, feedback, proposals and audit; what is not theirs stays."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from psycopg import AsyncConnection
from psycopg.rows import DictRow

from clearway.stores.audit.erase import erase_user
from clearway.stores.audit.facts import Recorder
from clearway.stores.connect import store_errors
from clearway.stores.conversations.pruning import prune_threads
from clearway.stores.postgres import Pool

NOBODY = "erased"
"""Stands where a name stood that others' rows still need."""

_THREADS = "select thread_id from thread where user_id = %(user)s and tenant = %(tenant)s"
_FEEDBACK = "delete from clearway.feedback where user_id = %(user)s and tenant = %(tenant)s"
_PROPOSALS = """
update clearway.glossary_entry set proposed_by = %(nobody)s, example = ''
where proposed_by = %(user)s and tenant = %(tenant)s
"""
_NAMES = (
    "update clearway.feedback set given_by = %(nobody)s "
    "where given_by = %(user)s and tenant = %(tenant)s",
    "update clearway.feedback set decided_by = %(nobody)s "
    "where decided_by = %(user)s and tenant = %(tenant)s",
    "update clearway.glossary_entry set decided_by = %(nobody)s "
    "where decided_by = %(user)s and tenant = %(tenant)s",
)


@dataclass(frozen=True, kw_only=True)
class Erased:
    """How much was erased."""

    records: int
    """Of the audit: who, what and the SQL; the chains stay."""
    feedback: int
    """Whole: question, mark, correction and note, verified questions among them."""
    meanings: int
    """The example and the name; the meaning itself says nothing about a person."""
    conversations: int


async def erase_person(
    pool: Pool,
    owner: AsyncConnection[DictRow],
    recorder: Recorder,
    *,
    user: str,
    tenant: str,
    by: str,
    now: datetime,
) -> Erased:
    """Erase what is kept of a user; what came of it is all or nothing but for conversations.

    `owner` is a connection of the schema's owner. A conversation whose turn is being answered just
    now is left alone: its lock is held. Kept plans stay: they name nobody, and nothing personal.
    """
    who = {"user": user, "tenant": tenant, "nobody": NOBODY}
    with store_errors("look for conversations"):
        async with pool.connection() as connection:
            rows = await (await connection.execute(_THREADS, who)).fetchall()
    threads = [row["thread_id"] for row in rows]
    conversations = await prune_threads(pool, threads, keep_latest=False)
    with store_errors("erase feedback and proposals"):
        async with owner.transaction():
            feedback = (await owner.execute(_FEEDBACK, who)).rowcount
            meanings = (await owner.execute(_PROPOSALS, who)).rowcount
            for statement in _NAMES:
                await owner.execute(statement, who)
            records = await erase_user(owner, recorder, user=user, tenant=tenant, by=by, now=now)
    return Erased(
        records=records, feedback=feedback, meanings=meanings, conversations=conversations
    )
