"""The whole graph beside the same graph with empty nodes and the same checkpointer, in one run."""

from __future__ import annotations

import statistics
import time
import uuid
from typing import Any

from langgraph.graph import END, START, StateGraph

from clearway.app import Clearway
from clearway.evals.bench.figure import show
from clearway.graph.context import Context
from clearway.graph.state import Input, Output, State
from clearway.settings import Settings, load_settings

RUNS = 400
WARM_UP = 30
QUESTION = "total revenue by region last quarter"
PATH = (
    "admit", "route", "recall", "plan", "gate",
    "validate", "approve", "execute", "respond", "audit",
)  # fmt: skip


async def main() -> None:
    """Print both, their ratio, and where the time goes."""
    settings = unlimited(load_settings())
    async with Clearway.open(settings) as cw:
        empty = empty_graph().compile(checkpointer=cw.wired.checkpointer)
        series: dict[str, list[float]] = {"empty": [], "planned": [], "cached": []}
        nodes: dict[str, list[float]] = {}
        # Interleaved, so that all three see the same machine.
        for number in range(RUNS + WARM_UP):
            samples = {
                "empty": await timed(empty, Context()),
                "planned": await timed(cw.graph, Context(bypass_cache=True)),
                "cached": await timed(cw.graph, Context()),
            }
            if number < WARM_UP:
                continue
            for name, (elapsed_ms, _) in samples.items():
                series[name].append(elapsed_ms)
            for node, elapsed_ms in samples["cached"][1].items():
                nodes.setdefault(node, []).append(elapsed_ms)
    show("graph, empty nodes, Postgres checkpoint", series["empty"])
    show("graph, rules plan, executed, audited", series["planned"], ratio(series, "planned"))
    show("graph, plan-cache hit, executed, audited", series["cached"], ratio(series, "cached"))
    for node, elapsed in nodes.items():
        show(f"  cached: {node}", elapsed)


def ratio(series: dict[str, list[float]], name: str) -> str:
    """Return how many times the empty graph a series takes, by medians."""
    times = statistics.median(series[name]) / statistics.median(series["empty"])
    return f"{times:.2f}x empty"


def unlimited(settings: Settings) -> Settings:
    """Return settings under which the benchmark is not rate limited."""
    return settings.model_copy(update={"rate_limit_requests": 10**9})


def empty_graph() -> StateGraph[State, Context, Input, Output]:
    """Return the path of an answered question, with nodes that do nothing."""
    builder = StateGraph(State, context_schema=Context, input_schema=Input, output_schema=Output)

    async def nothing(state: State) -> State:
        return {"confidence": 1.0}

    for name in PATH:
        builder.add_node(name, nothing)
    for before, after in zip((START, *PATH), (*PATH, END), strict=True):
        builder.add_edge(before, after)
    return builder


async def timed(graph: Any, context: Context) -> tuple[float, dict[str, float]]:
    """Return the milliseconds of one run on a fresh thread, and those of its nodes."""
    config = {"configurable": {"thread_id": uuid.uuid4().hex}}
    began = time.perf_counter()
    out = await graph.ainvoke({"question": QUESTION}, config, context=context, durability="exit")
    elapsed_ms = (time.perf_counter() - began) * 1000
    outcome = out.get("outcome") or {}
    if outcome and outcome["kind"] != "answered":
        raise RuntimeError(f"the benchmark's question was not answered: {outcome['message']}")
    return elapsed_ms, outcome.get("timings_ms", {})
