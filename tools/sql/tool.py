"""The SQL tool: plan a statement, weigh it, check it, run it."""

from __future__ import annotations

from collections.abc import Sequence

from clearway.graph.ports import (
    Confidence,
    Inquiry,
    Interlock,
    Policy,
    Proposed,
    Prover,
    Ran,
    Semantics,
    SqlExecutor,
    Weighing,
)
from clearway.identity import Principal
from clearway.plans import CheckedSql, Evidence, Proof, Rejection, SqlPlan
from clearway.semantics.types import Abstention
from clearway.tools.sql.planning import SqlPlanner


class SqlTool:
    """Implements `ToolPort[SqlPlan, CheckedSql]` over the interlock, the prover and a reader."""

    def __init__(
        self,
        *,
        planner: SqlPlanner,
        semantics: Semantics,
        interlock: Interlock,
        prover: Prover,
        executor: SqlExecutor,
        calibration: Confidence,
        policy: Policy,
    ) -> None:
        """Statements that cost more than the policy's `approval_plan_cost` wait for a person."""
        self._planner = planner
        self._semantics = semantics
        self._interlock = interlock
        self._prover = prover
        self.executor = executor
        self._calibration = calibration
        self._approval_plan_cost = policy.approval_plan_cost

    @property
    def learns(self) -> bool:
        """Return whether there is a model: rules would propose the same again."""
        return self._planner.model is not None

    async def plan(self, inquiry: Inquiry) -> Proposed:
        """Propose a statement."""
        return await self._planner.plan(inquiry)

    def by_rules(self, inquiry: Inquiry) -> SqlPlan | Abstention:
        """Return what the rules make of the question."""
        return self._planner.by_rules(inquiry)

    async def weigh(self, plan: SqlPlan, inquiry: Inquiry) -> Weighing:
        """Return the evidence, and the database's word on the statement or the objection to it."""
        principal = inquiry.principal
        checked = self._interlock.check(plan.sql, principal)
        found: Proof | Rejection = (
            checked
            if isinstance(checked, Rejection)
            else await self._prover.prove(checked, principal, timeout_s=inquiry.timeout_s)
        )
        proof = found if isinstance(found, Proof) else None
        return Weighing(
            evidence=(*self._from_question(plan, inquiry, proof), _verdict(found)),
            proof=proof,
            objection=found if isinstance(found, Rejection) else None,
        )

    async def check(self, plan: SqlPlan, principal: Principal) -> CheckedSql | Rejection:
        """Repeat the tree layers on the statement as it will run."""
        return self._interlock.check(plan.sql, principal)

    def confidence(self, evidence: Sequence[Evidence]) -> float:
        """Return what the evidence comes to by the fitted parameters."""
        return self._calibration.of(evidence)

    def approval(self, checked: CheckedSql, proof: Proof | None) -> str:
        """Return that the statement is costly, where it is."""
        ceiling = self._approval_plan_cost
        if ceiling is None or proof is None or proof.cost <= ceiling:
            return ""
        return "This query is costly"

    async def run(self, checked: CheckedSql, inquiry: Inquiry) -> Ran:
        """Return the rows."""
        rows = await self.executor.run(
            checked, inquiry.principal, trace_id=inquiry.trace_id, timeout_s=inquiry.timeout_s
        )
        return Ran(rows=rows)

    def _from_question(
        self, plan: SqlPlan, inquiry: Inquiry, proof: Proof | None
    ) -> tuple[Evidence, ...]:
        if plan.source == "raw":
            return (Evidence(kind="asker", score=1.0, detail="written by the asker as SQL"),)
        if plan.source == "verified":
            return (Evidence(kind="asker", score=1.0, detail="verified by a reviewer"),)
        return self._semantics.evidence(inquiry.asked.frame, plan, inquiry.principal, proof=proof)


def _verdict(found: Proof | Rejection) -> Evidence:
    if isinstance(found, Rejection):
        return Evidence(kind="objection", score=0.0, detail=found.reason)
    planned = f"the database plans it, at a cost of {found.cost:.0f}"
    return Evidence(kind="explain", score=1.0, detail=planned)
