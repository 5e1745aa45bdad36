"""Fallback: the model failed; the rules answer instead, through the same gate, and it is said."""

from __future__ import annotations

from typing import Literal

from langgraph.types import Command

from clearway.graph.context import Context
from clearway.graph.ports import Services
from clearway.graph.state import State
from clearway.graph.turn import abstention_state, inquiry_of, noted, planned_text, tool_of
from clearway.outcome import Degradation
from clearway.semantics.types import Abstention

WORTH_WAITING_S = 120.0
"""So long a model that is limited is waited for; beyond it, asking back helps more."""


async def fallback(state: State, context: Context, services: Services) -> Command[Literal["gate"]]:
    """Propose what the rules can, or leave the reason why they cannot."""
    tool = services.tools[tool_of(state)]
    by_rules = tool.by_rules(inquiry_of(state, services.clock.now()))
    if isinstance(by_rules, Abstention):
        limited = state.get("abstention") or {}
        wait_s = limited.get("retry_after_s")
        ask_back = wait_s is None or (by_rules.readings and wait_s > WORTH_WAITING_S)
        why = abstention_state(by_rules) if ask_back else limited
        return Command(goto="gate", update={"plan": None, "abstention": why})
    note = Degradation(kind="fallback", detail="planned by rules, without a model")
    made = by_rules.model_dump(mode="json")
    return Command(
        goto="gate",
        update={
            "plan": made,
            "plan_seal": services.seal.sign(planned_text(state, made)),
            "abstention": None,
            "degradations": noted(state, note),
        },
    )
