"""Approve: stop for a person where policy says so; otherwise let the plan through."""

from __future__ import annotations

from typing import Literal

from langgraph.types import Command, interrupt

from clearway.graph.context import Context
from clearway.graph.ports import Services
from clearway.graph.state import Ending, State
from clearway.identity import APPROVE
from clearway.plans import Proof


async def approve(
    state: State, context: Context, services: Services
) -> Command[Literal["execute", "respond"]]:
    """Interrupt with what is to be approved; only a caller with the scope may say yes."""
    proof, ceiling = state.get("proof"), services.policy.approval_plan_cost
    if ceiling is None or proof is None or Proof.model_validate(proof).cost <= ceiling:
        return Command(goto="execute", update={})
    verdict = interrupt({"kind": "approve", "checked": state["checked"], "proof": proof})
    if approved(verdict) and APPROVE in services.identity.caller().scopes:
        return Command(goto="execute", update={})
    ending: Ending = {
        "kind": "needs_review",
        "reason": "This query is costly and was not approved by someone who may approve it.",
    }
    return Command(goto="respond", update={"ending": ending})


def approved(verdict: object) -> bool:
    """Return whether a reply to the interrupt is a plain yes."""
    if isinstance(verdict, dict):
        verdict = verdict.get("approved")
    return verdict is True
