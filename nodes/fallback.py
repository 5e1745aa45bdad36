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


async def fallback(state: State, context: Context, services: Services) -> Command[Literal["gate"]]:
    """Propose what the rules can, or leave the reason why they cannot."""
    tool = services.tools[tool_of(state)]
    by_rules = tool.by_rules(inquiry_of(state, services.clock.now()))
    if isinstance(by_rules, Abstention):
        limited = None if by_rules.readings else state.get("abstention")
        why = limited or abstention_state(by_rules)
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
