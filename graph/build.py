"""Wire the graph: the only module that knows which node follows which.

Every node names its successors in its return annotation, so the drawing cannot lie.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any, cast

from langgraph.graph import START, StateGraph
from langgraph.types import RetryPolicy, TimeoutPolicy

from clearway.errors import StoreUnavailable
from clearway.graph.bind import Node, Opening, bind
from clearway.graph.context import Context
from clearway.graph.gathering import part_of
from clearway.graph.ports import Services
from clearway.graph.recover import recover
from clearway.graph.runs import Runs
from clearway.graph.state import Input, Output, State
from clearway.nodes.admit import admit
from clearway.nodes.approve import approve
from clearway.nodes.audit import audit
from clearway.nodes.clarify import clarify
from clearway.nodes.execute import execute
from clearway.nodes.fallback import fallback
from clearway.nodes.gate import gate
from clearway.nodes.plan import plan
from clearway.nodes.recall import recall
from clearway.nodes.respond import respond
from clearway.nodes.route import route
from clearway.nodes.validate import validate

NODES = (
    admit, route, recall, plan, fallback, gate, clarify, validate, approve, execute, respond, audit
)  # fmt: skip
IDEMPOTENT = ("gate", "audit")
"""Nodes that may run again when the database was away for a moment; executions never are."""

GRACE_S = 5.0
"""Past the request's deadline, when LangGraph itself stops a node that did not keep to it."""


def build_graph(
    services: Services | Opening, *, request_timeout_s: float = 60.0, runs: Runs | None = None
) -> StateGraph[State, Context, Input, Output]:
    """Return the uncompiled graph; callers choose the checkpointer, and may share its `runs`."""
    timeout, runs = TimeoutPolicy(run_timeout=request_timeout_s + GRACE_S), runs or Runs()
    builder = StateGraph(State, context_schema=Context, input_schema=Input, output_schema=Output)
    one = StateGraph(State, context_schema=Context)
    for each in (builder, one):
        handler: Any = recover  # LangGraph injects the error by its type, which its types leave out
        each.set_node_defaults(error_handler=handler, timeout=timeout)
    _add(builder, NODES, services, runs)
    # A part goes the same way, and is not split again.
    ends = {"route": ("recall", "gate", "clarify", "respond"), "respond": ("audit", "execute")}
    _add(one, NODES[1:], services, runs, ends)
    one.add_edge(START, "route")
    part: Any = part_of(one.compile())
    builder.add_node("part", part)
    builder.add_edge("part", "respond")
    builder.add_edge(START, "admit")
    return builder


def _add(
    builder: StateGraph[State, Context, Any, Any],
    nodes: Sequence[Node[Any]],
    services: Services | Opening,
    runs: Runs,
    ends: Mapping[str, tuple[str, ...]] = MappingProxyType({}),
) -> None:
    """Bind the nodes; `ends` are those of nodes that lead to less than they say."""
    again = RetryPolicy(max_attempts=2, initial_interval=0.05, retry_on=StoreUnavailable)
    for node in nodes:
        name, bound = node.__name__, cast("Any", bind(node, services, runs))
        retry = again if name in IDEMPOTENT else None
        builder.add_node(name, bound, retry_policy=retry, destinations=ends.get(name))
