"""Marks and corrections on record, and the questions an owner has verified by accepting them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Literal

from psycopg import AsyncConnection
from psycopg.rows import DictRow, class_row
from psycopg_pool import AsyncConnectionPool

from clearway.errors import StoreUnavailable
from clearway.graph.ports import Interlock, VerifiedQuery
from clearway.identity import Principal
from clearway.plans import CheckedSql
from clearway.semantics.words.tokens import words_of_text
from clearway.stores.connect import store_errors
from clearway.stores.plans.wording import wording_of

Mark = Literal["up", "down"]
Status = Literal["unreviewed", "accepted", "rejected"]

LATEST = 500
"""Verified questions of a tenant that are looked through, the newest first."""

IN_CONTEXT = "… "
"""Stands before a question that says what it means only where it was asked."""

_GIVE = """
insert into feedback (
    trace_id, source_id, tenant, user_id, given_by, mark, question, plan_sql, sql, note, given_at
) values (
    %(trace_id)s, %(source_id)s, %(tenant)s, %(user_id)s, %(given_by)s, %(mark)s, %(question)s,
    %(plan_sql)s, %(sql)s, %(note)s, %(given_at)s
)
on conflict (tenant, user_id, trace_id) do update set
    given_by = excluded.given_by, mark = excluded.mark, sql = excluded.sql, note = excluded.note,
    status = 'unreviewed', given_at = excluded.given_at, decided_by = null, decided_at = null
returning *
"""
_LIST = """
select * from feedback
where (%(status)s::text is null or status = %(status)s) and tenant = %(tenant)s
order by status = 'unreviewed' desc, given_at desc, feedback_id desc
"""
_ONE = "select * from feedback where feedback_id = %(feedback_id)s and tenant = %(tenant)s"
_DECIDE = """
update feedback set status = %(status)s, decided_by = %(by)s, decided_at = %(at)s
where feedback_id = %(feedback_id)s and tenant = %(tenant)s
"""
_VERIFIED = """
select question, coalesce(nullif(sql, ''), plan_sql) as sql from feedback
where status = 'accepted' and source_id = %(source_id)s and tenant = %(tenant)s
    and (sql <> '' or mark = 'up') and coalesce(nullif(sql, ''), plan_sql) <> ''
order by given_at desc, feedback_id desc
limit %(limit)s
"""
_CORRECTED = """
select question, sql, user_id, given_at from feedback
where status = 'accepted' and source_id = %(source_id)s and tenant = %(tenant)s and sql <> ''
order by given_at desc, feedback_id desc
limit %(limit)s
"""


@dataclass(frozen=True, kw_only=True)
class Feedback:
    """One mark on one answer, and what became of it. Texts are redacted."""

    feedback_id: int
    trace_id: str
    source_id: str
    tenant: str
    user_id: str
    """Who asked."""
    given_by: str
    mark: Mark
    question: str
    plan_sql: str
    """What ran; empty where nothing did."""
    sql: str
    """The correction; empty where there is none."""
    note: str
    status: Status
    given_at: datetime
    decided_by: str | None
    decided_at: datetime | None


class PostgresFeedback:
    """Implements `VerifiedQueries`. Other methods raise `StoreUnavailable` without Postgres."""

    def __init__(
        self,
        pool: AsyncConnectionPool[AsyncConnection[DictRow]],
        interlock: Interlock,
        *,
        source_id: str,
    ) -> None:
        """`interlock` decides which verified statements an asker may see at all."""
        self._pool = pool
        self._interlock = interlock
        self._source_id = source_id

    async def give(
        self,
        asker: Principal,
        *,
        given_by: str,
        trace_id: str,
        mark: Mark,
        question: str,
        plan_sql: str,
        sql: str,
        note: str,
        at: datetime,
    ) -> Feedback:
        """Keep a mark; a second one on the same answer takes the first one's place, unreviewed."""
        values = {
            "trace_id": trace_id,
            "source_id": self._source_id,
            "tenant": asker.tenant,
            "user_id": asker.user,
            "given_by": given_by,
            "mark": mark,
            "question": question,
            "plan_sql": plan_sql,
            "sql": sql,
            "note": note,
            "given_at": at,
        }
        with store_errors("keep the feedback"):
            async with self._pool.connection() as connection:
                cursor = connection.cursor(row_factory=class_row(Feedback))
                await cursor.execute(_GIVE, values)
                kept = await cursor.fetchone()
        assert kept is not None  # noqa: S101 - an insert returns its row
        return kept

    async def entries(self, tenant: str, status: Status | None = None) -> list[Feedback]:
        """Return what was given in a tenant, what is unreviewed first, then the newest."""
        with store_errors("read the feedback"):
            async with self._pool.connection() as connection:
                cursor = connection.cursor(row_factory=class_row(Feedback))
                await cursor.execute(_LIST, {"tenant": tenant, "status": status})
                return await cursor.fetchall()

    async def one(self, feedback_id: int, tenant: str) -> Feedback | None:
        """Return an entry of a tenant, if there is one."""
        with store_errors("read the feedback"):
            async with self._pool.connection() as connection:
                cursor = connection.cursor(row_factory=class_row(Feedback))
                await cursor.execute(_ONE, {"feedback_id": feedback_id, "tenant": tenant})
                return await cursor.fetchone()

    async def decide(
        self, feedback_id: int, tenant: str, status: Status, *, by: str, at: datetime
    ) -> bool:
        """Accept or reject an entry, or take that back; return whether there is one."""
        values = {
            "feedback_id": feedback_id,
            "tenant": tenant,
            "status": status,
            "by": by,
            "at": at,
        }
        with store_errors("decide about feedback"):
            async with self._pool.connection() as connection:
                return (await connection.execute(_DECIDE, values)).rowcount > 0

    async def examples(
        self, question: str, principal: Principal, *, limit: int
    ) -> Sequence[VerifiedQuery]:
        """Return verified questions of the asker's tenant that are most like this one.

        Only those the asker could run: the interlock must pass the statement for them. None where
        no word is shared, and none where Postgres is away: a plan is made without.
        """
        rows = await self._accepted(_VERIFIED, principal)
        ranked = sorted(
            ((likeness(question, row["question"]), row) for row in rows),
            key=lambda pair: -pair[0],
        )
        likely = (row for score, row in ranked if score > 0)
        found: list[VerifiedQuery] = []
        for row in likely:
            if isinstance(self._interlock.check(row["sql"], principal), CheckedSql):
                found.append(VerifiedQuery(question=row["question"], sql=row["sql"]))
            if len(found) == limit:
                break
        return found

    async def worded_alike(self, question: str, principal: Principal) -> Sequence[VerifiedQuery]:
        """Return the accepted corrections for a question in these words, newest first."""
        rows = await self._accepted(_CORRECTED, principal)
        wanted = _worded(question) if rows else ""
        return [
            VerifiedQuery(
                question=row["question"], sql=row["sql"], user=row["user_id"], at=row["given_at"]
            )
            for row in rows
            if _worded(row["question"]) == wanted
            and not row["question"].startswith(IN_CONTEXT)
            and isinstance(self._interlock.check(row["sql"], principal), CheckedSql)
        ]

    async def _accepted(self, statement: str, principal: Principal) -> list[DictRow]:
        """Return the latest that were accepted in the asker's tenant; none without Postgres."""
        wanted = {"source_id": self._source_id, "tenant": principal.tenant, "limit": LATEST}
        try:
            with store_errors("read the feedback"):
                async with self._pool.connection(timeout=1.0) as connection:
                    return await (await connection.execute(statement, wanted)).fetchall()
        except StoreUnavailable:
            return []


@lru_cache(maxsize=4 * LATEST)
def _worded(question: str) -> str:
    """Return the words of a question as the plan cache tells them apart, but for capitals."""
    return wording_of(question).casefold()


def likeness(one: str, other: str) -> float:
    """Return the share of words two questions have in common; 0 is none, 1 the same words."""
    mine, theirs = frozenset(words_of_text(one)), frozenset(words_of_text(other))
    return len(mine & theirs) / max(1, len(mine | theirs))
