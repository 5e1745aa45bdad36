"""How a question is put to the graph, and what its run says to whoever asked."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any, TypedDict

from langgraph.errors import GraphDrained
from langgraph.types import Interrupt

from clearway.approvals import review_of, to_approve
from clearway.errors import ClearwayError, ExecutionError, StoreUnavailable
from clearway.graph.context import Context
from clearway.identity import Principal
from clearway.outcome import OUTCOME, Clarify, Outcome


@dataclass(frozen=True, kw_only=True)
class Step:
    """One node of the graph has finished."""

    node: str
    elapsed_ms: float
    detail: str = ""


class AskOptions(TypedDict, total=False):
    """How to ask."""

    user: str | None
    """Who is asked for, where the caller may act for others."""
    user_id: str | None
    """The same."""
    principal: Principal | None
    """Who calls, in place of the principal Clearway was opened with."""
    thread_id: str | None
    """The conversation: follow-ups, and the answer to a clarification."""
    correlation_id: str | None
    """Becomes the trace id."""
    bypass_cache: bool
    timeout: float | None
    """Seconds; may only shorten the operator's."""
    confidence_threshold: float | None
    """Never below the operator's minimum."""
    timezone: str | None
    """IANA name; resolves "today"."""


def context_of(options: AskOptions) -> Context:
    """Return the options as the graph's per-run context; `TypeError` where one is unknown.

    A misspelt option that was passed over would be a request that asks for something else.
    """
    known = sorted(AskOptions.__annotations__)
    for name in options.keys() - set(known):
        like = get_close_matches(name, known, n=1, cutoff=0.5)
        meant = f"; did you mean {like[0]!r}?" if like else "."
        raise TypeError(f"There is no option {name!r}{meant} The options are {', '.join(known)}.")
    return Context(
        user=options.get("user") or options.get("user_id"),
        correlation_id=options.get("correlation_id"),
        confidence_threshold=options.get("confidence_threshold"),
        timeout_s=options.get("timeout"),
        timezone=options.get("timezone"),
        bypass_cache=options.get("bypass_cache", False),
    )


def named(outcome: Outcome, thread_id: str | None) -> Outcome:
    """Return the outcome with its conversation: where an answer or an approval goes."""
    return outcome if thread_id is None else outcome.model_copy(update={"thread_id": thread_id})


def step(node: str, update: dict[str, Any]) -> Step:
    """Return the event for one node's update."""
    details: dict[str, Callable[[], object]] = {
        "route": lambda: (update.get("route") or {}).get("tool", ""),
        "plan": lambda: (update.get("plan") or {}).get("source", ""),
        "gate": lambda: f"{update['confidence']:.2f}" if "confidence" in update else "",
        "execute": lambda: f"{update['result']['row_count']} rows" if update.get("result") else "",
    }
    elapsed_ms = (update.get("timings_ms") or {}).get(node, 0.0)
    detail = str(details[node]()) if node in details else ""
    return Step(node=node, elapsed_ms=elapsed_ms, detail=detail)


def outcome_of(
    values: dict[str, Any], waiting: Iterable[Interrupt], clarify_rounds: int
) -> Outcome:
    """Return the Outcome of a finished run, or of one that waits for a person."""
    held = list(waiting)
    if not held:
        return OUTCOME.validate_python(values["outcome"])
    trace_id = values["request"]["trace_id"]
    if approving := to_approve(held):
        return review_of(approving, trace_id)
    asked = held[0].value
    return Clarify(
        trace_id=trace_id,
        message=asked["prompt"],
        prompt=asked["prompt"],
        choices=asked["choices"],
        rounds_left=max(0, clarify_rounds - asked["round"]),
    )


def own(error: Exception) -> ClearwayError:
    """Return any failure of a run as one of our errors, without anyone else's text."""
    import psycopg

    if isinstance(error, ClearwayError):
        return error
    if isinstance(error, GraphDrained):
        return ExecutionError("Clearway is shutting down; the request was put aside.")
    if isinstance(error, psycopg.Error | OSError):
        return StoreUnavailable(
            "Clearway's database went away, so nothing may execute; check CLEARWAY_DATABASE_URL."
        )
    return ExecutionError("Clearway failed unexpectedly.", cause=type(error).__name__)
