"""The audit trail in Postgres: append-only, chained, written before anything is executed."""

from __future__ import annotations

from psycopg import AsyncConnection
from psycopg.rows import DictRow
from psycopg_pool import AsyncConnectionPool

from clearway.graph.ports import AuditEvent, Redactor
from clearway.stores.audit_facts import Recorder
from clearway.stores.connect import store_errors
from clearway.stores.instance import Instance
from clearway.stores.keys import Keys

APPEND = "select clearway.audit_append(%s, %s, %s)"


class PostgresAuditTrail:
    """Implements `AuditTrail`: one round trip and one commit per call, however many events."""

    def __init__(
        self,
        pool: AsyncConnectionPool[AsyncConnection[DictRow]],
        *,
        keys: Keys,
        redactor: Redactor,
        instance: Instance,
    ) -> None:
        """`instance` stands for this process: while it lives, what it began is not swept."""
        self._pool = pool
        self._recorder = Recorder(keys, redactor)
        self._instance = instance

    async def append(self, *events: AuditEvent, durable: bool = True) -> None:
        """Commit the events together; when `durable`, they are on disk on return.

        Raises `StoreUnavailable` when they could not be written: the caller must not execute.
        """
        if not events:
            return
        with store_errors("write the audit, so nothing may execute"):
            instance = await self._instance.current()
            facts = [self._recorder.record(event, instance) for event in events]
            bodies, privates = [fact.body for fact in facts], [fact.private for fact in facts]
            async with self._pool.connection() as connection:
                await connection.execute(APPEND, [bodies, privates, durable])

    def input_hash(self, text: str) -> str:
        """Return the hash under which a question or statement is on record."""
        return self._recorder.input_hash(text)
