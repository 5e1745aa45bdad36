"""A language model that chooses among the likeliest operations; what it says is only a proposal."""

from __future__ import annotations

import json
from collections.abc import Sequence
from importlib.resources import files
from typing import Any

from pydantic import ValidationError

from clearway.errors import ModelUnavailable
from clearway.graph.ports import Inquiry, ModelRequest, Proposed
from clearway.plans import RestPlan, RestStep
from clearway.semantics.types import Abstention
from clearway.tools.rest.declared.types import Operation
from clearway.tools.rest.planning.chains import Chain
from clearway.tools.rest.planning.dates import When, when_of
from clearway.tools.rest.ports import CallModel

OFFERED = 12
"""Operations a model is shown; with those that bring what they need."""
MAX_DESCRIPTION = 200
SHOWN = ("type", "enum", "format", "minimum", "maximum", "required", "properties", "items")


class ModelPlanner:
    """Asks a model, and reads its reply as data."""

    def __init__(self, model: CallModel, *, source_id: str, timeout_s: float) -> None:
        """`timeout_s` bounds one call, beside the request's own deadline."""
        self._model = model
        self._source_id = source_id
        self._timeout_s = timeout_s
        self._instructions = (files("clearway.tools.rest.planning") / "choose.md").read_text(
            "utf-8"
        )

    async def plan(self, inquiry: Inquiry, chains: Sequence[Chain]) -> Proposed:
        """Return the model's plan over operations the asker may see, or its no."""
        operations = offered(chains)
        if not operations:
            return Proposed(by=Abstention(reason="No operation you may call speaks of this."))
        lessons = "".join(f"\n- {each.reason} {each.remedy}" for each in inquiry.rejected)
        request = ModelRequest(
            instructions=self._instructions
            + _time(when_of(inquiry.asked.frame, inquiry.asked.at))
            + (f"\nYour earlier proposals were rejected:{lessons}" if lessons else ""),
            question=inquiry.text,
            source_id=self._source_id,
            timeout_s=max(min(self._timeout_s, inquiry.timeout_s), 0.0),
        )
        listed = "\n".join(json.dumps(described(each)) for each in operations)
        text, usage = await self._model.write(request, listed)
        return Proposed(by=self.read(text), usage=usage)

    def read(self, text: str) -> RestPlan | Abstention:
        """Return a reply as a plan; raise `ModelUnavailable` where it is none.

        Only operation ids and values are taken over: there is nowhere an address could stand.
        """
        try:
            said: Any = json.loads(text[text.index("{") : text.rindex("}") + 1])
            if not said.get("steps"):
                reason = str(said.get("reason") or "The model knows no call that answers this.")
                return Abstention(reason=reason[:300])
            return RestPlan(
                source="model",
                source_id=self._source_id,
                steps=tuple(RestStep.model_validate(each) for each in said["steps"]),
                stated_confidence=min(max(float(said.get("confidence", 0.5)), 0.0), 1.0),
                explanation=str(said.get("explanation", ""))[:500],
            )
        except (ValueError, TypeError, AttributeError, KeyError, RecursionError, ValidationError):
            raise ModelUnavailable("The model's reply is not a plan of calls.") from None


def _time(when: When | None) -> str:
    """Return the question's stretch of time, resolved: a model has no calendar of its own."""
    if when is None:
        return ""
    start, end = (each.isoformat() if each else "open" for each in (when.start, when.end))
    return f"\nThe question's stretch of time: from {start} until before {end}; zone {when.zone}."


def offered(chains: Sequence[Chain]) -> list[Operation]:
    """Return the likeliest operations and those that bring what they need, each once."""
    found: dict[str, Operation] = {}
    for chain in chains[:OFFERED]:
        for operation in reversed(chain.operations):
            found.setdefault(operation.id, operation)
    return list(found.values())


def described(operation: Operation) -> dict[str, Any]:
    """Return what a model is told of an operation: no address, no credentials."""
    return {
        "operation_id": operation.id,
        "method": operation.method,
        "summary": operation.summary or operation.description[:MAX_DESCRIPTION],
        "parameters": {
            each.name: {
                **{key: each.schema[key] for key in SHOWN if key in each.schema},
                **({"needed": True} if each.required else {}),
                **({"about": each.description[:MAX_DESCRIPTION]} if each.description else {}),
            }
            for each in operation.parameters
        },
        "returns": [each.path for each in operation.returns[:40]],
    }
