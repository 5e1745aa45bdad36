"""What the record says of answers, told to the router: whose plans pass the checks after them."""

from __future__ import annotations

from collections.abc import Mapping

from clearway.graph.ports import AuditEvent, AuditTrail
from clearway.llm.choice.measured import Measured

PASSED = "answered"
JUDGED = (PASSED, "refused", "clarify", "failed")
"""Endings that say something of a plan; a limit, a denial or a cancelled request does not."""


def judgement(
    *, step: str, tool: str, status: str | None, details: Mapping[str, object]
) -> tuple[str, bool] | None:
    """Return the model a request was planned with and whether its plan passed; None: says nothing.

    Without tokens of its own the plan was another request's, who is judged for it.
    """
    model, paid = details.get("model"), details.get("completion_tokens")
    planning = step == "ask" and tool != "docs"  # there it writes the answer
    if not (planning and status in JUDGED and paid and isinstance(model, str)):
        return None
    return model, details.get("plan_source") == "model" and status == PASSED


class JudgedTrail:
    """Implements `AuditTrail` over another: what is on record is learned from, and nothing else."""

    def __init__(self, trail: AuditTrail, measured: Measured) -> None:
        """`measured` is a router's; answers count for the model that planned them."""
        self._trail = trail
        self._measured = measured

    async def append(self, *events: AuditEvent, durable: bool = True) -> None:
        """Commit the events; then count each answer a model had planned."""
        await self._trail.append(*events, durable=durable)
        for event in events:
            said = judgement(
                step=event.step, tool=event.tool, status=event.status, details=event.details
            )
            if said is not None:
                self._measured.judge(said[0], accepted=said[1], on_record=True)
