"""Wire the graph: the only module that knows which node follows which.

Every node names its successors in its return annotation, so the drawing cannot lie.
"""

from __future__ import annotations

from langgraph.graph import START, StateGraph
from langgraph.types import TimeoutPolicy

from clearway.graph.bind import Opening, bind
from clearway.graph.context import Context
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
GRACE_S = 5.0
"""Past the request's deadline, when LangGraph itself stops a node that did not keep to it."""


def build_graph(
    services: Services | Opening, *, request_timeout_s: float = 60.0
) -> StateGraph[State, Context, Input, Output]:
    """Return the uncompiled graph; callers choose the checkpointer."""
    builder = StateGraph(State, context_schema=Context, input_schema=Input, output_schema=Output)
    builder.set_node_defaults(
        error_handler=recover,
        timeout=TimeoutPolicy(run_timeout=request_timeout_s + GRACE_S),
    )
    for node in NODES:
        builder.add_node(node.__name__, bind(node, services))
    builder.add_edge(START, "admit")
    return builder
