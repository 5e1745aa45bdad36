"""Who may edit the state of a thread, and enter the graph where they like, gains nothing by it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest
from langgraph.types import Command

from clearway import Clearway, Settings
from clearway.graph.context import Context
from tests.integration.clearway.conftest import OPERATOR
from tests.integration.conftest import settings_for

pytestmark = [pytest.mark.integration, pytest.mark.anyio]

QUESTION = "total revenue by region"
PLANTED = "SELECT region, sum(cost) AS revenue FROM demo.sales_fact GROUP BY region"


@pytest.fixture
def settings(demo: str) -> Settings:
    return settings_for(demo, demo=True)


@pytest.fixture
async def cw(anyio_backend: str, settings: Settings) -> AsyncIterator[Clearway]:
    async with Clearway.open(settings, principal=OPERATOR) as opened:
        yield opened


async def asked(cw: Clearway, thread: str) -> tuple[Any, dict[str, Any]]:
    """Ask on a thread; return its config and the state a client finds there afterwards."""
    config: Any = {"configurable": {"thread_id": thread}}
    done = await cw.graph.ainvoke({"question": QUESTION}, config, context=Context())
    assert done["outcome"]["kind"] == "answered"
    return config, (await cw.graph.aget_state(config)).values


async def entered(cw: Clearway, config: Any, node: str, update: dict[str, Any]) -> dict[str, Any]:
    command = Command(goto=node, update={"ending": None, "outcome": None, "result": None, **update})
    done = await cw.graph.ainvoke(command, config, context=Context())
    outcome: dict[str, Any] = done["outcome"]
    return outcome


async def executions(cw: Clearway) -> int:
    return sum(r.step.startswith("execute") for r in await cw.get_audit_records(limit=1000))


async def test_what_was_planned_here_passes_the_gate_again(cw: Clearway) -> None:
    config, _ = await asked(cw, "own")
    assert (await entered(cw, config, "gate", {}))["kind"] == "answered"


@pytest.mark.parametrize("node", ["gate", "validate"])
@pytest.mark.parametrize("source", ["raw", "cache", "rules", "model"])
async def test_a_plan_put_in_from_outside_is_refused_and_nothing_runs(
    cw: Clearway, node: str, source: str
) -> None:
    config, state = await asked(cw, "planted")
    before = await executions(cw)
    plan = {**state["plan"], "sql": PLANTED, "source": source, "stated_confidence": 1.0}
    confident = {"confidence": 1.0, "objection": None, "cache": "process"}
    outcome = await entered(cw, config, node, {"plan": plan, **confident})
    assert outcome["kind"] == "refused"
    assert "not made for this request" in outcome["reason"]
    assert await executions(cw) == before


async def test_a_plan_does_not_serve_another_question_or_another_reading(cw: Clearway) -> None:
    config, state = await asked(cw, "one")
    before = await executions(cw)
    request = {**state["request"], "text": "total cost by channel"}
    frame = {**state["frame"], "text": "total cost by channel"}
    for update in ({"request": request}, {"frame": frame}, {"request": request, "frame": frame}):
        assert (await entered(cw, config, "gate", update))["kind"] == "refused"
    other, theirs = await asked(cw, "two")
    seals = {key: state[key] for key in ("plan", "plan_seal", "read_seal", "gate_seal")}
    assert theirs["request"]["request_id"] != state["request"]["request_id"]
    for node in ("gate", "validate"):
        assert (await entered(cw, other, node, seals))["kind"] == "refused"
    assert await executions(cw) == before + 1, "the second question's own"


async def test_the_threshold_of_the_policy_holds_whatever_the_state_says(
    settings: Settings,
) -> None:
    strict = settings.model_copy(
        update={"confidence_threshold": 1.0, "min_confidence_threshold": 1.0}
    )
    async with Clearway.open(strict, principal=OPERATOR) as cw:
        config: Any = {"configurable": {"thread_id": "low"}}
        doubted = await cw.graph.ainvoke({"question": QUESTION}, config, context=Context())
        assert doubted["outcome"]["kind"] == "clarify"
        state = (await cw.graph.aget_state(config)).values
        request = {**state["request"], "threshold": 0.0}
        outcome = await entered(cw, config, "gate", {"request": request})
        assert outcome["kind"] == "clarify"
        assert await executions(cw) == 0
