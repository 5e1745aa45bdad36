"""The parts of an answer, each by itself: nothing here executes a statement."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

from langgraph.types import Command

from clearway.graph.context import Context
from clearway.graph.ports import Asked, Services
from clearway.graph.state import State
from clearway.graph.turn import abstention_of, inquiry_of
from clearway.graph.verified import verified_plan
from clearway.identity import Principal
from clearway.nodes.admit import new_request
from clearway.nodes.fallback import fallback
from clearway.nodes.plan import plan as plan_node
from clearway.nodes.route import dead_end, route_state
from clearway.nodes.route import route as route_node
from clearway.plans import PLAN, CheckedSql, Evidence, Plan, Proof, Rejection, SqlPlan
from clearway.semantics.types import Abstention, Frame, Route

if TYPE_CHECKING:
    from clearway.tools.sql.guard.interlock import LayerReport
    from clearway.wiring import Wired


@dataclass(frozen=True, kw_only=True)
class Weighed:
    """A plan, and what was known of it before anything ran."""

    plan: Plan
    evidence: tuple[Evidence, ...]
    confidence: float
    objection: Rejection | None
    """Why it may not run, where it may not."""


STATED = 0.9
"""What a statement without a planner's own word is taken to say of itself."""


def _as_a_model(sql: str, services: Services) -> SqlPlan:
    return SqlPlan(
        source="model", source_id=services.policy.source_id, sql=sql, stated_confidence=STATED
    )


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

    async def plan(self, question: str, *, user: str | None = None) -> Plan | Abstention:
        """Return what would be proposed: raw SQL as it is, else by rules or a model."""
        principal = self._principal(user)
        frame = self.read(question, user=user)
        route = self.services.semantics.route(question, frame, principal)
        ending = dead_end(route, self.services.tools)
        if ending is not None:
            return Abstention(reason=ending["reason"], remedy=ending.get("remedy", ""))
        state: State = {
            "request": new_request(question, principal, Context(), self.services),
            "route": route_state(route),
            "frame": frame.to_json(),
        }
        return await self._proposed(state)

    async def verified(self, question: str, *, user: str | None = None) -> SqlPlan | None:
        """Return the statement a reviewer verified for this very question, if there is one."""
        request = new_request(question, self._principal(user), Context(), self.services)
        return await verified_plan(request, self.read(question, user=user), self.services)

    async def weigh(
        self, question: str, *, sql: str | None = None, user: str | None = None
    ) -> Weighed | Abstention:
        """Return a plan with all evidence for and against it; nothing but look-ups and EXPLAIN run.

        The plan is the one that would be proposed, or `sql` as a model would propose it. Names are
        looked up in the data under the asker's rights, on record.
        """
        principal = self._principal(user)
        request = new_request(question, principal, Context(), self.services)
        # Read as one question, whatever a request would make of it.
        state: State = {"request": {**request, "part": 0}, "rejected": []}
        state = {
            **state,
            **cast("State", (await route_node(state, Context(), self.services)).update),
        }
        if state.get("ending") is not None and sql is None:
            return Abstention(reason=str((state["ending"] or {"reason": ""})["reason"]))
        proposal = await self._proposed(state) if sql is None else _as_a_model(sql, self.services)
        if isinstance(proposal, Abstention):
            return proposal
        tool = self.services.tools[proposal.tool]
        found = await tool.weigh(proposal, inquiry_of(state, self.services.clock.now()))
        return Weighed(
            plan=proposal,
            evidence=found.evidence,
            confidence=tool.confidence(found.evidence),
            objection=found.objection,
        )

    async def _proposed(self, state: State) -> Plan | Abstention:
        proposed: Command[Any] = await plan_node(state, Context(), self.services)
        if proposed.goto == "fallback":
            proposed = await fallback(state, Context(), self.services)
        update = cast("State", proposed.update)
        if plan := update.get("plan"):
            return PLAN.validate_python(plan)
        return abstention_of(update.get("abstention") or {})

    def check_sql(self, sql: str, *, user: str | None = None) -> CheckedSql | Rejection:
        """Return the statement as it would run, or the layer and rule that refuse it."""
        return self.wired.interlock.check(sql, self._principal(user))

    def trace_sql(self, sql: str, *, user: str | None = None) -> list[LayerReport]:
        """Return what each layer of the interlock says of a statement, and its time."""
        return self.wired.interlock.trace(sql, self._principal(user))[1]

    async def prove_sql(self, checked: CheckedSql, *, user: str | None = None) -> Proof | Rejection:
        """Return the database's own word on a checked statement: EXPLAIN, nothing is executed.

        Raises `StoreUnavailable` when the warehouse cannot be reached.
        """
        timeout_s = self.wired.settings.statement_timeout_s
        return await self.wired.prover.prove(checked, self._principal(user), timeout_s=timeout_s)

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
