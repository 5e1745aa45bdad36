"""Meanings people chose when they were asked back: proposals until the owner accepts one."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from psycopg import AsyncConnection
from psycopg.rows import DictRow, class_row
from psycopg_pool import AsyncConnectionPool

from clearway.graph.ports import Meaning, Redactor
from clearway.semantics.glossary import kind_of
from clearway.stores.connect import store_errors

Status = Literal["proposed", "accepted", "rejected"]
MAX_TERM = 60

_PROPOSE = """
insert into glossary_entry (
    source_id, tenant, term, kind, target, example, proposed_by, first_at, last_at
) values (
    %(source_id)s, %(tenant)s, %(term)s, %(kind)s, %(target)s, %(example)s, %(user)s, %(at)s, %(at)s
)
on conflict (source_id, tenant, term, kind, target) do update set
    uses = glossary_entry.uses + 1, last_at = excluded.last_at
"""
_LIST = """
select entry_id, source_id, tenant, term, kind, target, status, uses, example, proposed_by,
    first_at, last_at, decided_by, decided_at
from glossary_entry
where %(status)s::text is null or status = %(status)s
order by status = 'proposed' desc, uses desc, entry_id
"""
_DECIDE = """
update glossary_entry set status = %(status)s, decided_by = %(by)s, decided_at = %(at)s
where entry_id = %(entry_id)s
"""
_ACCEPTED = """
select distinct term, target from glossary_entry
where status = 'accepted' and source_id = %s
order by term, target
"""


@dataclass(frozen=True, kw_only=True)
class GlossaryEntry:
    """A word, what it was taken to mean, by whom and how often, and what became of it."""

    entry_id: int
    source_id: str
    tenant: str
    term: str
    kind: str
    target: str
    status: Status
    uses: int
    example: str
    proposed_by: str
    first_at: datetime
    last_at: datetime
    decided_by: str | None
    decided_at: datetime | None


class PostgresGlossary:
    """Implements `Glossary`. Every method raises `StoreUnavailable` when Postgres is away."""

    def __init__(
        self, pool: AsyncConnectionPool[AsyncConnection[DictRow]], redactor: Redactor
    ) -> None:
        """Terms the redactor finds something in are never kept."""
        self._pool = pool
        self._redactor = redactor

    async def propose(self, meaning: Meaning) -> None:
        """Keep a meaning for the owner to look at, or count another use of it."""
        term, kind = " ".join(meaning.term.casefold().split()), kind_of(meaning.target)
        if kind is None or not 0 < len(term) <= MAX_TERM or self._redactor.redact(term) != term:
            return
        values = {
            "source_id": meaning.source_id,
            "tenant": meaning.principal.tenant,
            "term": term,
            "kind": kind,
            "target": meaning.target,
            "example": self._redactor.redact(meaning.question),
            "user": meaning.principal.user,
            "at": meaning.at,
        }
        with store_errors("propose a meaning"):
            async with self._pool.connection() as connection:
                await connection.execute(_PROPOSE, values)

    async def entries(self, status: Status | None = None) -> list[GlossaryEntry]:
        """Return what was proposed, what is undecided and used most first."""
        with store_errors("read the glossary"):
            async with self._pool.connection() as connection:
                cursor = connection.cursor(row_factory=class_row(GlossaryEntry))
                await cursor.execute(_LIST, {"status": status})
                return await cursor.fetchall()

    async def decide(self, entry_id: int, status: Status, *, by: str, at: datetime) -> bool:
        """Accept or reject an entry, or take that back; return whether there is one."""
        values = {"entry_id": entry_id, "status": status, "by": by, "at": at}
        with store_errors("decide about a meaning"):
            async with self._pool.connection() as connection:
                return (await connection.execute(_DECIDE, values)).rowcount > 0

    async def accepted(self, source_id: str) -> list[tuple[str, str]]:
        """Return the accepted `(term, target)` pairs of a source."""
        with store_errors("read the glossary"):
            async with self._pool.connection() as connection:
                rows = await (await connection.execute(_ACCEPTED, [source_id])).fetchall()
        return [(row["term"], row["target"]) for row in rows]
