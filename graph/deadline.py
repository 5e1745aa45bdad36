"""One deadline for a request, and a new one for a run that waited for a person or a new process."""

from __future__ import annotations

from collections import OrderedDict
from datetime import datetime, timedelta

from clearway.graph.state import Request, State

MAX_LIVE = 10_000
"""Runs remembered at once; of those forgotten the deadline would be renewed, once."""


class Deadlines:
    """Knows which requests run in this process.

    A request that is met in the middle of the graph and is not among them was put aside: it waited
    for an approval, for an answer, or for a process to take the place of one that died. That time
    is not its own, so it has its whole allowance again.
    """

    def __init__(self) -> None:
        """Begin with no run."""
        self._live: OrderedDict[str, None] = OrderedDict()

    def follow(self, node: str, request: Request | None) -> None:
        """Take note of a request when `admit` has begun it, and forget it after `audit`."""
        if node == "audit":
            self.put_aside(request)
        elif request is not None:
            self._began(request)

    def put_aside(self, request: Request | None) -> None:
        """Forget a request: it waits for somebody, or is done."""
        if request is not None:
            self._live.pop(request["request_id"], None)

    def held(self, state: State, now: datetime) -> State:
        """Return the state as it is, or with the deadline of a run that is taken up again."""
        request = state.get("request")
        if request is None or request["request_id"] in self._live:
            return state
        self._began(request)
        deadline_at = (now + timedelta(seconds=request["timeout_s"])).isoformat()
        return {**state, "request": {**request, "deadline_at": deadline_at}}

    def _began(self, request: Request) -> None:
        self._live[request["request_id"]] = None
        if len(self._live) > MAX_LIVE:
            self._live.popitem(last=False)
