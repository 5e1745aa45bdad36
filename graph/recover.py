"""When a node fails: the turn still ends with an Outcome that says so."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any, Literal

from clearway.graph.ports import Services
from clearway.graph.state import Ending, State
from langgraph.errors import NodeError, NodeTimeoutError
from langgraph.graph import END
from langgraph.types import Command

from clearway.errors import ClearwayError, ExecutionError, IdentityError, RequestTimeoutError
from clearway.outcome import Failed, Problem

BEYOND_AUDIT = frozenset({"admit", "respond", "audit"})
"""Nodes without which the ordinary way to an Outcome is not open."""


def recovery(
    services: Services,
) -> Callable[[State, NodeError], Awaitable[Command[Literal["respond", "__end__"]]]]:
    """Return LangGraph's error handler: it runs after the retries, and never hides the error."""

    async def recover(state: State, error: NodeError) -> Command[Literal["respond", "__end__"]]:
        problem = own(error)
        if isinstance(problem, IdentityError):
            raise problem
        ending: Ending = {
            "kind": "failed",
            "reason": problem.message,
            "error": problem.to_dict(),
        }
        if error.node in BEYOND_AUDIT:
            trace_id = services.ids.trace_id() if error.node == "admit" else _trace_id(state)
            failed = failure(problem, trace_id)
            update: dict[str, Any] = {"ending": ending, "outcome": failed, "record": failed}
            return Command(goto=END, update=update)
        return Command(goto="respond", update={"ending": ending})

    return recover


def own(error: NodeError) -> ClearwayError:
    """Return the failure as one of our errors, without anyone else's text."""
    if isinstance(error.error, ClearwayError):
        return error.error
    if isinstance(error.error, NodeTimeoutError):
        return RequestTimeoutError(f"The {error.node} step took too long.", node=error.node)
    return ExecutionError(f"Clearway failed in its {error.node} step.", node=error.node)


def failure(problem: ClearwayError, trace_id: str) -> dict[str, Any]:
    """Return the Outcome of a failure, JSON-plain."""
    outcome = Failed(
        trace_id=trace_id,
        message=problem.message,
        error=Problem.model_validate(problem.to_dict()),
    )
    return outcome.model_dump(mode="json")


def _trace_id(state: State) -> str:
    return state["request"]["trace_id"]
