"""Several questions in one request: each goes the whole way by itself."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any

from langgraph.graph.state import CompiledStateGraph
from langgraph.runtime import Runtime

from clearway.graph.context import Context
from clearway.graph.state import State

Part = Callable[[State, Runtime[Context]], Awaitable[State]]


def part_of(whole: CompiledStateGraph[State, Context, State, State]) -> Part:
    """Return the node that answers one part: the whole way of a question, in a state of its own."""

    async def part(state: State, runtime: Runtime[Context]) -> State:
        """Answer one part; what fails in it is its own outcome, and leaves the others standing."""
        # A part asks back in its outcome: who answers asks that part again, by itself.
        context = replace(runtime.context or Context(), clarify="turn")
        done: Any = await whole.ainvoke(state, context=context)
        kept = {
            "number": state["request"]["part"],
            "question": state["request"]["text"],
            "record": done["record"],
            "message": str(done["messages"][-1].text) if done.get("messages") else "",
        }
        # What a person let through is not run a second time for the sake of its rows.
        again = done["outcome"]["kind"] == "answered" and not done.get("approved")
        settled = {
            "request_id": state["request"]["request_id"],
            "executions": done.get("executions", 0),
            "again": again,
        }
        return {
            "parts": [{**kept, "outcome": done["outcome"]}],
            "settled": [{**kept, **settled}],
        }

    return part
