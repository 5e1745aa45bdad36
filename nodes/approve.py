"""Approve: stop for a person where policy says so; otherwise let the plan through."""

from __future__ import annotations

from typing import Literal

from langgraph.types import Command, interrupt

from clearway.graph.context import Context
from clearway.graph.ports import Services
from clearway.graph.state import Ending, Json, State
from clearway.identity import APPROVE
from clearway.plans import CHECKED, Proof


async def approve(
    state: State, context: Context, services: Services
) -> Command[Literal["execute", "respond"]]:
    """Interrupt with what is to be approved; only a caller with the scope may say yes."""
    proof, checked = state.get("proof"), CHECKED.validate_python(state["checked"])
    told = Proof.model_validate(proof) if proof else None
    reason = services.tools[checked.tool].approval(checked, told)
    if not reason:
        return Command(goto="execute", update={})
    said = " ".join([f"{reason}.", *checked.notes])
    verdict = interrupt(_asked(state, checked.statement, said))
    if approved(verdict) and APPROVE in services.identity.caller().scopes:
        return Command(goto="execute", update={"approved": True})
    why = f"{reason} and was not approved by someone who may approve it."
    if declined(verdict):
        why = f"You declined; nothing was {'sent' if checked.tool == 'rest' else 'run'}."
    ending: Ending = {"kind": "needs_review", "reason": why}
    return Command(goto="respond", update={"ending": ending})


def _asked(state: State, statement: str, said: str) -> Json:
    """Return what is to be approved: for programs, and in the form in which chat clients ask."""
    name = str((state["checked"] or {}).get("tool", ""))
    return {
        "kind": "approve",
        "checked": state["checked"],
        "proof": state.get("proof"),
        "question": state["request"]["text"],
        "part": state["request"].get("part", 0),
        "action_requests": [{"name": name, "args": {"statement": statement}, "description": said}],
        "review_configs": [{"action_name": name, "allowed_decisions": ["approve", "reject"]}],
    }


def approved(verdict: object) -> bool:
    """Return whether a reply to the interrupt is a plain yes, also in the form of chat clients."""
    return _said(verdict) is True


def declined(verdict: object) -> bool:
    """Return whether a reply to the interrupt is a plain no, also in the form of chat clients."""
    return _said(verdict) is False


def _said(verdict: object) -> object:
    """Return the yes or no of a reply; anything else is neither."""
    if isinstance(verdict, dict):
        decisions = verdict.get("decisions")
        if isinstance(decisions, list) and len(decisions) == 1 and isinstance(decisions[0], dict):
            return {"approve": True, "reject": False}.get(str(decisions[0].get("type")))
        return verdict.get("approved")
    return verdict
