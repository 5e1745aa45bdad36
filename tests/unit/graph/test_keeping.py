"""The plan cache hears of plans this deployment made, and of nothing a client planted."""

from __future__ import annotations

from typing import Any

import pytest
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.types import Command

from clearway.errors import ExecutionError, RequestTimeoutError, StoreUnavailable
from clearway.graph.build import build_graph
from clearway.graph.context import Context
from clearway.graph.ports import Services
from clearway.plans import SqlPlan
from tests.ports import Memory, PhraseBook, ScriptedModel, TableOfOne, plan, services

pytestmark = [pytest.mark.unit, pytest.mark.anyio]

KNOWN = {"revenue": plan("select sum(total)"), "cost": plan("select sum(cost)")}


async def ask(ports: Services, question: str = "revenue", **context: Any) -> dict[str, Any]:
    graph = build_graph(ports).compile()
    state = await graph.ainvoke({"question": question}, context=Context(**context))
    outcome: dict[str, Any] = state["outcome"]
    return outcome


def ports(**changes: Any) -> tuple[Services, Memory]:
    memory = Memory()
    made = services(semantics=PhraseBook(plans=dict(KNOWN)), cache=memory, **changes)
    return made, memory


@pytest.mark.parametrize(
    "edit",
    [
        {"plan": plan("select sum(cost)").model_dump(mode="json")},
        {"plan_seal": "sealed:0"},
        {"read_seal": "sealed:0"},
        {"plan_seal": None},
    ],
    ids=["plan", "forged", "forged reading", "removed"],
)
async def test_a_planted_plan_does_not_pass_the_gate_and_is_not_kept(edit: dict[str, Any]) -> None:
    executor = TableOfOne()
    made, memory = ports(executor=executor)
    graph = build_graph(made).compile(checkpointer=InMemorySaver(), interrupt_before=["gate"])
    config: Any = {"configurable": {"thread_id": "t"}}
    await graph.ainvoke({"question": "revenue"}, config, context=Context())
    await graph.aupdate_state(config, {"cache": "none", **edit}, as_node="plan")
    planted = Command(goto="gate", update={})
    state = await graph.ainvoke(planted, config, context=Context(), interrupt_before=[])
    assert state["outcome"]["kind"] == "refused"
    assert "not made for this request" in state["outcome"]["reason"]
    assert (memory.kept, executor.ran) == ({}, [])


async def test_what_is_left_alone_is_kept() -> None:
    made, memory = ports()
    await ask(made)
    assert [p.sql for p in memory.kept.values() if isinstance(p, SqlPlan)] == ["select sum(total)"]


@pytest.mark.parametrize(
    ("error", "dropped"),
    [
        (ExecutionError("division by zero"), True),
        (RequestTimeoutError("too slow"), True),
        (StoreUnavailable("away"), False),
    ],
)
async def test_a_recalled_plan_that_fails_is_dropped_where_it_may_be_its_fault(
    error: Exception, dropped: bool
) -> None:
    executor = TableOfOne()
    made, memory = ports(executor=executor)
    await ask(made)
    executor.script.append(error)  # type: ignore[arg-type]  # all of them are Clearway's
    assert (await ask(made))["kind"] == "failed"
    assert (memory.kept == {}) == dropped


async def test_a_recalled_plan_that_fails_is_planned_anew_by_a_model() -> None:
    executor, better = TableOfOne(), plan("select better", source="model")
    made, memory = ports(executor=executor, model=ScriptedModel(script=[better]))
    await ask(made)
    executor.script.append(ExecutionError("division by zero"))
    outcome = await ask(made)
    assert (outcome["kind"], outcome["cache"], outcome["plan_source"]) == (
        "answered",
        "none",
        "model",
    )
    assert list(memory.kept.values()) == [better]


async def test_a_cache_in_trouble_is_told_once_and_stops_nothing() -> None:
    made, memory = ports()
    memory.trouble = "Redis does not answer."
    outcome = await ask(made)
    assert outcome["kind"] == "answered"
    assert [note["detail"] for note in outcome["degradations"]] == ["Redis does not answer."]


async def test_what_it_took_is_on_record() -> None:
    made, memory = ports()
    await ask(made)
    await ask(made)
    await ask(made, bypass_cache=True)
    assert [(run.tier, run.bypassed, run.row_count) for run in memory.runs] == [
        ("none", False, 1),
        ("process", False, 1),
        ("none", True, 1),
    ]
