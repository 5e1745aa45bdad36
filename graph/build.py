"""Wire the graph: the only module that knows which node follows which.

Every node names its successors in its return annotation, so the drawing cannot lie.
"""

from __future__ import annotations

from typing import Any

from langgraph.graph import START, StateGraph
from langgraph.types import RetryPolicy, TimeoutPolicy

from clearway.errors import StoreUnavailable
from clearway.graph.bind import Opening, bind
from clearway.graph.context import Context
from clearway.graph.deadline import Deadlines
from clearway.graph.ports import Services
from clearway.graph.recover import recover
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
    services: Services | Opening, *, request_timeout_s: float = 60.0
) -> StateGraph[State, Context, Input, Output]:
    """Return the uncompiled graph; callers choose the checkpointer."""
    builder = StateGraph(State, context_schema=Context, input_schema=Input, output_schema=Output)
    handler: Any = recover  # LangGraph injects the error by its type, which its own types leave out
    builder.set_node_defaults(
        error_handler=handler,
        timeout=TimeoutPolicy(run_timeout=request_timeout_s + GRACE_S),
    )
    again = RetryPolicy(max_attempts=2, initial_interval=0.05, retry_on=StoreUnavailable)
    deadlines = Deadlines()
    for node in NODES:
        bound: Any = bind(node, services, deadlines)
        retry = again if node.__name__ in IDEMPOTENT else None
        builder.add_node(node.__name__, bound, retry_policy=retry)
    builder.add_edge(START, "admit")
    return builder
