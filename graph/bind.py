"""Give a node its services, and wrap it in a timing and a log line, where the graph is wired."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, TypeVar, get_type_hints

from clearway.graph.context import Context
from clearway.graph.ports import Services
from clearway.graph.state import State
from langgraph.errors import GraphBubbleUp
from langgraph.runtime import Runtime
from langgraph.types import Command

from clearway.errors import ClearwayError, ExecutionError

logger = logging.getLogger("clearway.nodes")

Update = TypeVar("Update", bound=Mapping[str, Any] | Command[Any])
Node = Callable[[State, Context, Services], Awaitable[Update]]


def bind(
    node: Node[Update], services: Services
) -> Callable[[State, Runtime[Context]], Awaitable[Update]]:
    """Return the node LangGraph calls: timed, logged, and failing only with our own errors."""
    name = node.__name__

    async def run(state: State, runtime: Runtime[Context]) -> Update:
        start, outcome = services.clock.monotonic(), "error"
        try:
            update = await node(state, runtime.context or Context(), services)
            outcome = "ok"
        except (ClearwayError, GraphBubbleUp):
            raise
        except Exception as error:
            # Its text may carry data; the log is redacted, the checkpoint must not see it.
            logger.exception("node failed", extra={"node": name})
            raise ExecutionError(
                f"Clearway failed in its {name} step.", node=name, cause=type(error).__name__
            ) from None
        finally:
            elapsed_ms = (services.clock.monotonic() - start) * 1000
            trace_id = (state.get("request") or {}).get("trace_id")
            logger.info(
                "node",
                extra={"node": name, "outcome": outcome, "ms": elapsed_ms, "trace_id": trace_id},
            )
        return _with_timing(update, state, name, elapsed_ms)

    # Not functools.wraps: LangGraph would follow __wrapped__ and see the node's own signature.
    # The return annotation is what it draws edges from.
    run.__name__, run.__doc__ = name, node.__doc__
    run.__annotations__["return"] = get_type_hints(node)["return"]
    return run


def _with_timing(update: Update, state: State, name: str, elapsed_ms: float) -> Update:
    """Add this node's time to the turn's timings; repeated visits add up."""
    changes = update.update if isinstance(update, Command) else update
    if not isinstance(changes, dict):
        return update
    # `admit` begins a turn: what is in the state then is the previous turn's.
    before = {} if name == "admit" else state.get("timings_ms") or {}
    changes["timings_ms"] = {**before, name: round(before.get(name, 0.0) + elapsed_ms, 3)}
    return update
