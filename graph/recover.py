"""When a node fails: the turn still ends with an Outcome that says so."""

from __future__ import annotations

import uuid
from typing import Any, Literal

from langgraph.errors import NodeError, NodeTimeoutError
from langgraph.types import Command

from clearway.errors import ClearwayError, ExecutionError, IdentityError, RequestTimeoutError
from clearway.graph.runs import BEYOND_AUDIT
from clearway.graph.state import Ending, State
from clearway.outcome import Failed, Problem


async def recover(state: State, error: NodeError) -> Command[Literal["respond", "__end__"]]:
    """LangGraph's error handler: runs after the retries, and never hides the error."""
    problem = own(error)
    if isinstance(problem, IdentityError):
        raise problem
    ending: Ending = {"kind": "failed", "reason": problem.message, "error": problem.to_dict()}
    if error.node not in BEYOND_AUDIT:
        return Command(goto="respond", update={"ending": ending})
    # Before `admit` has written, the request in the state is an earlier turn's; and where services
    # could not be opened there is no port to ask for an id.
    request = state.get("request")
    known = request is not None and error.node != "admit"
    trace_id = request["trace_id"] if request is not None and known else uuid.uuid4().hex
    failed = failure(problem, trace_id)
    return Command(goto="__end__", update={"ending": ending, "outcome": failed, "record": failed})


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
