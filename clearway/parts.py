"""The parts of an answer, each by itself: nothing here executes a statement."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from langgraph.types import Command

from clearway.graph.context import Context
from clearway.graph.ports import Asked, Services
from clearway.graph.state import State
from clearway.graph.turn import abstention_of
from clearway.identity import Principal
from clearway.nodes.admit import new_request
from clearway.nodes.fallback import fallback
from clearway.nodes.plan import plan as plan_node
from clearway.nodes.route import route_state
from clearway.plans import CheckedSql, Rejection, SqlPlan
from clearway.semantics.types import Abstention, Frame, Route

if TYPE_CHECKING:
    from clearway.tools.sql.guard.interlock import LayerReport
    from clearway.wiring import Wired


class Parts:
    """What the graph does, step by step; for evals, for tools, and for people who want to see."""

    def __init__(self, wired: Wired) -> None:
        """Built by `Clearway.open`."""
        self.wired = wired
        self.services: Services = wired.services

    def read(self, question: str, *, user: str | None = None) -> Frame:
        """Return what the question says, in slots; no model, no I/O."""
        policy, clock = self.services.policy, self.services.clock
        principal = self._principal(user)
        return self.services.semantics.read(
            question, principal, now=clock.now(), zone=policy.timezone
        )

    def route(self, question: str, *, user: str | None = None) -> Route:
        """Return which tool the question is for, and why; no tool is called."""
        principal = self._principal(user)
        frame = self.read(question, user=user)
        return self.services.semantics.route(question, frame, principal)

    async def plan(self, question: str, *, user: str | None = None) -> SqlPlan | Abstention:
        """Return what would be proposed: raw SQL as it is, else by rules or a model."""
        principal = self._principal(user)
        frame = self.read(question, user=user)
        route = self.services.semantics.route(question, frame, principal)
        state: State = {
            "request": new_request(question, principal, Context(), self.services),
            "route": route_state(route),
            "frame": frame.to_json(),
        }
        proposed: Command[Any] = await plan_node(state, Context(), self.services)
        if proposed.goto == "fallback":
            proposed = await fallback(state, Context(), self.services)
        update = cast("State", proposed.update)
        if plan := update.get("plan"):
            return SqlPlan.model_validate(plan)
        return abstention_of(update.get("abstention") or {})

    def check_sql(self, sql: str, *, user: str | None = None) -> CheckedSql | Rejection:
        """Return the statement as it would run, or the layer and rule that refuse it."""
        return self.services.interlock.check(sql, self._principal(user))

    def trace_sql(self, sql: str, *, user: str | None = None) -> list[LayerReport]:
        """Return what each layer of the interlock says of a statement, and its time."""
        return self.wired.interlock.trace(sql, self._principal(user))[1]

    def cache_key(self, question: str, *, user: str | None = None) -> str:
        """Return the key under which a plan for this question would be kept (SHA-256, hex)."""
        asked = Asked(
            frame=self.read(question, user=user),
            principal=self._principal(user),
            at=self.services.clock.now(),
            zone=self.services.policy.timezone,
        )
        return self.services.cache.key(asked)

    def _principal(self, user: str | None) -> Principal:
        caller = self.services.identity.caller()
        return caller.on_behalf_of(user) or caller
