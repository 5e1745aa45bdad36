"""Validate: the authoritative word on the plan that will run, sealed for this request."""

from __future__ import annotations

from typing import Literal

from langgraph.types import Command

from clearway.graph.context import Context
from clearway.graph.keeping import forgotten
from clearway.graph.ports import Services
from clearway.graph.state import Ending, State
from clearway.graph.turn import NOT_OURS, noted, principal_of, sealed_text, weighed_text
from clearway.outcome import Degradation
from clearway.plans import PLAN, Plan, Rejection


async def validate(
    state: State, context: Context, services: Services
) -> Command[Literal["approve", "plan", "respond"]]:
    """Check it as it will run; send a model's plan back with the reason, refuse anyone else's."""
    request = state["request"]
    proposal = PLAN.validate_python(state["plan"])
    tool = services.tools[proposal.tool]
    checked = await tool.check(proposal, principal_of(request))
    objection = state.get("objection")
    if objection is not None and not isinstance(checked, Rejection):
        checked = Rejection.model_validate(objection)
    if isinstance(checked, Rejection):
        update = await forgotten(state, services)
        return _rejected({**state, **update}, proposal, checked, services)
    if not services.seal.verify(weighed_text(state), state.get("gate_seal") or ""):
        return Command(goto="respond", update={"ending": NOT_OURS})
    kept = checked.model_dump(mode="json")
    seal = services.seal.sign(sealed_text(request, kept))
    return Command(goto="approve", update={"checked": kept, "seal": seal})


def _rejected(
    state: State, proposal: Plan, rejection: Rejection, services: Services
) -> Command[Literal["approve", "plan", "respond"]]:
    rejected = [*state.get("rejected", []), rejection.model_dump(mode="json")]
    if repairable(proposal, len(rejected), services):
        note = Degradation(kind="repair", detail=f"plan sent back: {rejection.rule}")
        return Command(
            goto="plan", update={"rejected": rejected, "degradations": noted(state, note)}
        )
    ending: Ending = {
        "kind": "refused",
        "reason": rejection.reason,
        "remedy": rejection.remedy,
        "rejection": rejection.model_dump(mode="json"),
    }
    notes = state.get("degradations", [])
    update: State = {"rejected": rejected, "ending": ending, "degradations": notes}
    return Command(goto="respond", update=update)


def repairable(proposal: Plan, attempts: int, services: Services) -> bool:
    """Return whether planning again could help: a model learns from a rejection.

    In the place of a statement that was verified and passes no more, there may be a plan.
    """
    learns = proposal.source in ("model", "cache") and services.tools[proposal.tool].learns
    return (learns or proposal.source == "verified") and attempts <= services.policy.repair_rounds
