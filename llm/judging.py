"""What the record says of answers, told to the router: whose plans pass the checks after them."""

from __future__ import annotations

from clearway.graph.ports import AuditEvent, AuditTrail
from clearway.llm.choice.measured import Measured

PASSED = "answered"
JUDGED = (PASSED, "refused", "clarify", "failed")
"""Endings that say something of a plan; a limit, a denial or a cancelled request does not."""


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
            model = event.details.get("model")
            # Without tokens of its own the plan was another request's, who is judged for it.
            paid = event.details.get("completion_tokens")
            planning = event.step == "ask" and event.tool != "docs"  # there it writes the answer
            if planning and event.status in JUDGED and paid and isinstance(model, str):
                planned = event.details.get("plan_source") == "model"
                self._measured.judge(model, accepted=planned and event.status == PASSED)
