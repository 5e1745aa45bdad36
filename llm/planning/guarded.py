"""A planner model that never sees personal data or secrets, and plans with them all the same."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from clearway.graph.ports import ModelRequest, PlannerModel
from clearway.llm.guards.binding import bound
from clearway.llm.ports import Guardrails
from clearway.outcome import Usage
from clearway.plans import SqlPlan
from clearway.semantics.types import Abstention


class GuardedPlanner:
    """Implements `PlannerModel` over another: hides before it asks, binds back what it is told."""

    def __init__(self, planner: PlannerModel, guardrails: Guardrails) -> None:
        """Whatever the planner does to be answered, it does with the hidden texts."""
        self._planner = planner
        self._guardrails = guardrails

    async def propose(self, request: ModelRequest) -> tuple[SqlPlan | Abstention, Usage]:
        """Return the plan with the asker's own values in its literals."""
        question = self._guardrails.hide(request.question)
        told = self._guardrails.hide(request.instructions, known=question.secrets)
        hidden = replace(request, question=question.text, instructions=told.text)
        proposal, usage = await self._planner.propose(hidden)
        return (self._restored(proposal, told.secrets) if told.secrets else proposal), usage

    def _restored(
        self, proposal: SqlPlan | Abstention, secrets: Mapping[str, str]
    ) -> SqlPlan | Abstention:
        def plain(text: str) -> str:
            return self._guardrails.restore(text, secrets)

        if isinstance(proposal, Abstention):
            return replace(
                proposal,
                reason=plain(proposal.reason),
                unclear=tuple(map(plain, proposal.unclear)),
            )
        return proposal.model_copy(
            update={
                "sql": bound(proposal.sql, secrets),
                "explanation": plain(proposal.explanation),
                "assumptions": tuple(map(plain, proposal.assumptions)),
            }
        )
