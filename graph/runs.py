"""The requests that run in this process: their deadlines, and what a cancelled one leaves open."""

from __future__ import annotations

import asyncio
from collections import OrderedDict, defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any

from clearway.graph.ports import AuditEvent
from clearway.graph.state import Request, State

BEYOND_AUDIT = frozenset({"admit", "respond", "audit"})
"""Nodes without which the ordinary way to an Outcome is not open."""

MAX_LIVE = 10_000
"""Requests remembered at once; of those forgotten the deadline would be renewed, once."""


class Runs:
    """Knows which requests run in this process, and which nodes on which thread.

    A request that is met in the middle of the graph and is not among them was put aside: it waited
    for an approval, for an answer, or for a process to take the place of one that died. That time
    is not its own, so it has its whole allowance again.
    """

    def __init__(self) -> None:
        """Begin with no run."""
        self._live: OrderedDict[str, tuple[str | None, Request]] = OrderedDict()
        self._ran: dict[str, AuditEvent] = {}
        self._nodes: defaultdict[str | None, set[asyncio.Task[Any]]] = defaultdict(set)

    @contextmanager
    def node(self, thread_id: str | None) -> Iterator[None]:
        """Hold the thread while one of its nodes runs."""
        task = asyncio.current_task()
        if task is None:  # pragma: no cover - nodes are coroutines, which run in tasks
            raise RuntimeError
        self._nodes[thread_id].add(task)
        try:
            yield
        finally:
            self._nodes[thread_id].discard(task)
            if not self._nodes[thread_id]:
                del self._nodes[thread_id]

    def follow(self, node: str, request: Request | None, thread_id: str | None) -> None:
        """Take note of a request when `admit` has begun it, and forget it after `audit`."""
        if node == "audit":
            self.put_aside(request)
        elif request is not None:
            self._began(request, thread_id)

    def ran(self, request: Request, event: AuditEvent) -> None:
        """Take note of an execution that `audit` has yet to put on record."""
        self._ran[request["request_id"]] = event

    def put_aside(self, request: Request | None) -> list[AuditEvent]:
        """Forget a request: it waits for somebody, or is done; return what ran for it."""
        if request is None:
            return []
        self._live.pop(request["request_id"], None)
        ran = self._ran.pop(request["request_id"], None)
        return [] if ran is None else [ran]

    def held(self, state: State, now: datetime, thread_id: str | None) -> State:
        """Return the state as it is, or with the deadline of a run that is taken up again."""
        request = state.get("request")
        if request is None or request["request_id"] in self._live:
            return state
        deadline_at = (now + timedelta(seconds=request["timeout_s"])).isoformat()
        renewed: Request = {**request, "deadline_at": deadline_at}
        self._began(renewed, thread_id)
        return {**state, "request": renewed}

    async def left_open(self, thread_id: str | None) -> list[tuple[Request, list[AuditEvent]]]:
        """Wait until the thread's last node has ended; return and forget what nobody closed.

        Each request comes with what ran for it.

        LangGraph does not wait for a node it cancelled: it may still be writing its record.
        """
        while nodes := self._nodes.get(thread_id):
            await asyncio.wait(nodes)
        left = [request for thread, request in self._live.values() if thread == thread_id]
        return [(request, self.put_aside(request)) for request in left]

    def _began(self, request: Request, thread_id: str | None) -> None:
        self._live[request["request_id"]] = thread_id, request
        if len(self._live) > MAX_LIVE:
            forgotten, _ = self._live.popitem(last=False)
            self._ran.pop(forgotten, None)
