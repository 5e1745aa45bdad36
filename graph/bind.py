"""Give a node its services, and wrap it in a timing and a log line, where the graph is wired."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, TypeVar, get_type_hints

from langgraph.errors import GraphBubbleUp
from langgraph.runtime import Runtime
from langgraph.types import Command

from clearway.errors import ClearwayError, ExecutionError, IdentityError
from clearway.graph.context import Context
from clearway.graph.owner import asks
from clearway.graph.ports import Services
from clearway.graph.record import cancelled, closed, executed
from clearway.graph.runs import BEYOND_AUDIT, Runs
from clearway.graph.state import State
from clearway.graph.turn import principal_state

logger = logging.getLogger("clearway.nodes")

Update = TypeVar("Update", bound=Mapping[str, Any] | Command[Any])
Node = Callable[[State, Context, Services], Awaitable[Update]]
Opening = Callable[[], Awaitable[Services]]
"""Services that are opened on first use: a server imports the graph before it has a loop."""


def bind(
    node: Node[Update], given: Services | Opening, runs: Runs
) -> Callable[[State, Runtime[Context]], Awaitable[Update]]:
    """Return the node LangGraph calls: timed, logged, and failing only with our own errors."""
    name = node.__name__

    async def run(state: State, runtime: Runtime[Context]) -> Update:
        services = given if isinstance(given, Services) else await given()
        context = runtime.context or Context()
        thread_id = runtime.execution_info.thread_id if runtime.execution_info else None
        start, held = services.clock.monotonic(), state
        with runs.node(thread_id), _logged(name, state, services):
            try:
                if name != "admit":
                    held = _by_same_caller(state, context, services)
                    held = runs.held(held, services.clock.now(), thread_id)
                update = await node(held, context, services)
            except GraphBubbleUp:
                runs.put_aside(state.get("request"))
                raise
            except ClearwayError:
                _over(name, state, runs)
                raise
            except asyncio.CancelledError:
                await _close(name, held, runs, services)
                raise
            except Exception as error:
                # Its text may carry data; the log is redacted, the checkpoint must not see it.
                logger.exception("node failed", extra={"node": name})
                _over(name, state, runs)
                raise ExecutionError(
                    f"Clearway failed in its {name} step.", node=name, cause=type(error).__name__
                ) from None
        if (changes := _changes(update)) is not None:
            if held is not state:  # the nodes that follow have the asker and the deadline too
                changes.setdefault("request", held["request"])
            _add_timing(changes, state, name, (services.clock.monotonic() - start) * 1000)
            runs.follow(name, changes.get("request") or held.get("request"), thread_id)
            if name == "execute" and changes.get("result") is not None:
                after: Any = {**held, **changes}
                runs.ran(held["request"], executed(after, services))
        return update

    # Not functools.wraps: LangGraph would follow __wrapped__ and see the node's own signature.
    # The return annotation is what it draws edges from.
    run.__name__, run.__doc__ = name, node.__doc__
    run.__annotations__["return"] = get_type_hints(node)["return"]
    return run


@contextmanager
def _logged(name: str, state: State, services: Services) -> Iterator[None]:
    """Log how long the node took, and whether it failed."""
    start, outcome = services.clock.monotonic(), "error"
    try:
        yield
        outcome = "ok"
    finally:
        elapsed_ms = (services.clock.monotonic() - start) * 1000
        request = state.get("request")
        trace_id = request["trace_id"] if request else None
        logger.info(
            "node",
            extra={"node": name, "outcome": outcome, "ms": elapsed_ms, "trace_id": trace_id},
        )


def _changes(update: Mapping[str, Any] | Command[Any]) -> dict[str, Any] | None:
    """Return what a node changes, to add to."""
    changes = update.update if isinstance(update, Command) else update
    return changes if isinstance(changes, dict) else None


def _add_timing(changes: dict[str, Any], state: State, name: str, elapsed_ms: float) -> None:
    """Add this node's time to the turn's timings; repeated visits add up."""
    # `admit` begins a turn: what is in the state then is the previous turn's.
    before = {} if name == "admit" else state.get("timings_ms") or {}
    changes["timings_ms"] = {**before, name: round(before.get(name, 0.0) + elapsed_ms, 3)}


def _by_same_caller(state: State, context: Context, services: Services) -> State:
    """Return the state as its asker's, whose name a checkpoint may have blacked out.

    Raises `IdentityError` where it speaks for somebody other than who calls now: a client that may
    edit a thread's state, or enter the graph in the middle, gains nothing by it.
    """
    request = state.get("request")
    caller = services.identity.caller()
    asker = caller.on_behalf_of(context.user) or caller
    if request is None or not asks(asker, request, services.seal):
        raise IdentityError("There is no such conversation.")
    named = principal_state(asker)
    if request["principal"] == named:
        return state
    return {**state, "request": {**request, "principal": named}}


def _over(name: str, state: State, runs: Runs) -> None:
    """Forget a request that ends where it failed: nothing more can be put on record of it."""
    if name in BEYOND_AUDIT and name != "admit":  # the state's is the last turn's
        runs.put_aside(state.get("request"))


async def _close(name: str, state: State, runs: Runs, services: Services) -> None:
    """Close the record of a request whose caller went away while this node ran."""
    request = state.get("request")
    if request is None or name == "admit":  # `admit` closes its own; the state's is the last turn's
        return
    ran = runs.put_aside(request)
    if name == "audit":  # cancelled or not, its events are written
        return
    await closed(services, *ran, cancelled(request, services))
