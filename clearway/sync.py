"""The same Clearway for code without an event loop."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Literal, Unpack

from anyio.from_thread import BlockingPortal, start_blocking_portal

from clearway.app import Clearway
from clearway.asking import AskOptions, Step
from clearway.identity import Principal
from clearway.outcome import Outcome
from clearway.plans import CheckedSql, Plan, Rejection
from clearway.semantics.types import Abstention, Frame, Route
from clearway.settings import Settings

if TYPE_CHECKING:
    from clearway.stores.audit.read import AuditRecord
    from clearway.stores.feedback import Feedback


class SyncClearway:
    """`with SyncClearway.open() as cw: cw.ask("…")`; the loop runs in a thread of its own."""

    def __init__(self, opened: Clearway, portal: BlockingPortal) -> None:
        """Made by `open`."""
        self._opened = opened
        self._portal = portal

    @classmethod
    @contextmanager
    def open(
        cls, settings: Settings | None = None, *, principal: Principal | None = None
    ) -> Iterator[SyncClearway]:
        """Start what is needed and stop it again; see `Clearway.open`."""
        with (
            start_blocking_portal() as portal,
            portal.wrap_async_context_manager(
                Clearway.open(settings, principal=principal)
            ) as opened,
        ):
            yield cls(opened, portal)

    def ask(self, question: str, **options: Unpack[AskOptions]) -> Outcome:
        """Answer one question; see `Clearway.ask`."""

        async def work() -> Outcome:
            return await self._opened.ask(question, **options)

        return self._portal.call(work)

    def stream(self, question: str, **options: Unpack[AskOptions]) -> Iterator[Step | Outcome]:
        """Yield a `Step` as each node finishes, and the Outcome last."""
        events = self._opened.stream(question, **options)

        async def following() -> Step | Outcome | None:
            return await anext(events, None)

        while (event := self._portal.call(following)) is not None:
            yield event

    def approve(
        self,
        thread_id: str,
        approved: bool | Mapping[str, bool] = True,
        *,
        user: str | None = None,
    ) -> Outcome:
        """Settle what waits for a person in a conversation; see `Clearway.approve`."""

        async def work() -> Outcome:
            return await self._opened.approve(thread_id, approved, user=user)

        return self._portal.call(work)

    def read(self, question: str, *, user: str | None = None) -> Frame:
        """Return what the question says; see `Clearway.read`."""
        return self._opened.read(question, user=user)

    def route(self, question: str, *, user: str | None = None) -> Route:
        """Return which tool the question is for; see `Clearway.route`."""
        return self._opened.route(question, user=user)

    def plan(self, question: str, *, user: str | None = None) -> Plan | Abstention:
        """Return what would be proposed; see `Clearway.plan`."""

        async def work() -> Plan | Abstention:
            return await self._opened.plan(question, user=user)

        return self._portal.call(work)

    def check_sql(self, sql: str, *, user: str | None = None) -> CheckedSql | Rejection:
        """Return the statement as it would run, or why not; see `Clearway.check_sql`."""
        return self._opened.check_sql(sql, user=user)

    def cache_key(self, question: str, *, user: str | None = None) -> str:
        """Return the key of a plan for this question; see `Clearway.cache_key`."""
        return self._opened.cache_key(question, user=user)

    def feedback(
        self,
        trace_id: str,
        mark: Literal["up", "down"],
        *,
        sql: str = "",
        note: str = "",
        user: str | None = None,
    ) -> Feedback:
        """Mark an answer; see `Clearway.feedback`."""

        async def work() -> Feedback:
            return await self._opened.feedback(trace_id, mark, sql=sql, note=note, user=user)

        return self._portal.call(work)

    def get_audit_records(self, correlation_id: str | None = None) -> list[AuditRecord]:
        """Return what is on record; see `Clearway.get_audit_records`."""
        return self._portal.call(self._opened.get_audit_records, correlation_id)
