"""The audit trail in Postgres: append-only, chained, written before anything is executed."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

from psycopg import OperationalError

from clearway.errors import StoreUnavailable
from clearway.graph.ports import AuditEvent, Redactor
from clearway.stores.audit.facts import Recorder
from clearway.stores.connect import store_errors
from clearway.stores.instance import Instance
from clearway.stores.keys import Keys

APPEND = "select clearway.audit_append(%b::text[], %b::text[], %s)"
"""In binary: as text every quote of every body would be escaped by itself."""


class PostgresAuditTrail:
    """Implements `AuditTrail`: one round trip and one commit for everything that waits.

    While one commit is under way, what comes in meanwhile is gathered for the next: under load the
    cost of a commit is shared, and one connection is enough.
    """

    def __init__(self, *, keys: Keys, redactor: Redactor, instance: Instance) -> None:
        """`instance` stands for this process: while it lives, what it began is not swept."""
        self._recorder = Recorder(keys, redactor)
        self._instance = instance
        self._waiting: list[_Waiting] = []
        self._turn = asyncio.Lock()

    async def append(self, *events: AuditEvent, durable: bool = True) -> None:
        """Commit the events together; when `durable`, they are on disk on return.

        Raises `StoreUnavailable` when they could not be written: the caller must not execute.
        A caller who is cancelled meanwhile, however often, still has its events written first.
        """
        if not events:
            return
        writing = asyncio.create_task(self._append(_Waiting(events, durable)))
        cancelled: asyncio.CancelledError | None = None
        while not writing.done():
            try:
                await asyncio.shield(writing)
            except asyncio.CancelledError as error:
                cancelled = error
            except StoreUnavailable:
                break
        if cancelled is not None:
            raise cancelled
        writing.result()

    def input_hash(self, text: str) -> str:
        """Return the hash under which a question or statement is on record."""
        return self._recorder.input_hash(text)

    async def _append(self, own: _Waiting) -> None:
        self._waiting.append(own)
        try:
            async with self._turn:
                if not own.settled:
                    await self._write(own)
        finally:
            if own in self._waiting:
                self._waiting.remove(own)
        if own.failure is not None:
            raise own.failure

    async def _write(self, own: _Waiting) -> None:
        """Write what waits; a cancelled writer leaves the others to write for themselves."""
        batch = [own, *(other for other in self._waiting if other is not own)]
        self._waiting.clear()
        failure: StoreUnavailable | None = None
        try:
            with store_errors("write the audit, so nothing may execute"):
                await self._commit(batch)
        except StoreUnavailable as error:
            failure = error
        for each in batch:
            each.settled, each.failure = True, failure

    async def _commit(self, batch: list[_Waiting], *, again: bool = True) -> None:
        connection, instance = await self._instance.connection()
        facts = [self._recorder.record(event, instance) for each in batch for event in each.events]
        facts.sort(key=lambda fact: fact.shard)
        bodies, privates = [fact.body for fact in facts], [fact.private for fact in facts]
        durable = any(each.durable for each in batch)
        try:
            await connection.execute(APPEND, [bodies, privates, durable])
        except OperationalError:
            if not (again and connection.closed):
                raise
            # The connection was lost, perhaps long ago: once more, on a new one. Should the first
            # try have arrived, the sweep closes what it began.
            await self._commit(batch, again=False)


@dataclass(eq=False)
class _Waiting:
    """One call of `append` and what became of it."""

    events: tuple[AuditEvent, ...]
    durable: bool
    settled: bool = False
    failure: StoreUnavailable | None = None
