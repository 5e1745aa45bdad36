"""One contract: every kind of outcome, from Python and from the graph, conforms to the schema."""

from __future__ import annotations

import json
from typing import Any

import pytest

from clearway import Clearway, Principal, Settings
from clearway.graph.context import Context
from clearway.outcome import OUTCOME
from tests.integration.clearway.conftest import OPERATOR
from tests.outcome_schema import conforming

pytestmark = [pytest.mark.integration, pytest.mark.anyio]

FAILING = "SELECT sum(revenue) / (sum(cost) - sum(cost)) AS r FROM demo.sales_fact"
ASKED = {
    "answered": "total revenue by region",
    "clarify": "total churn by region",
    "refused": "drop the sales table",
    "failed": FAILING,
}


async def asked(cw: Clearway, question: str, **options: Any) -> dict[str, Any]:
    outcome = await cw.ask(question, **options)
    read: dict[str, Any] = json.loads(OUTCOME.dump_json(outcome))
    return conforming(read)


async def test_every_kind_that_python_gives_conforms(settings: Settings) -> None:
    found = {}
    async with Clearway.open(settings, principal=OPERATOR) as cw:
        for kind, question in ASKED.items():
            found[kind] = await asked(cw, question)
        found["denied"] = await asked(
            cw, "total revenue", user="ada", principal=Principal(user="mallory")
        )
        again = await asked(cw, ASKED["answered"])
    rules = {"rate_limit_requests": 1, "rate_limit_store": "process", "approval_plan_cost": 0.001}
    strict = settings.model_copy(update=rules)
    async with Clearway.open(strict, principal=OPERATOR) as cw:
        found["needs_review"] = await asked(cw, ASKED["answered"])
        found["limited"] = await asked(cw, ASKED["answered"])
    assert {kind: outcome["kind"] for kind, outcome in found.items()} == {k: k for k in found}
    assert len(found) == 7
    assert (again["cache"], again["cache_match"]) == ("process", "exact")


async def test_what_the_graph_streams_and_keeps_conforms(settings: Settings) -> None:
    limited = settings.model_copy(update={"rate_limit_requests": len(ASKED) + 1})
    async with Clearway.open(limited, principal=OPERATOR) as cw:

        async def streamed(question: str, thread: str, **context: Any) -> dict[str, Any]:
            config = {"configurable": {"thread_id": thread}}
            outcomes = []
            async for values in cw.graph.astream(
                {"question": question}, config, context=Context(**context), stream_mode="values"
            ):
                outcomes += [values["outcome"]] if values.get("outcome") else []
            state = await cw.graph.aget_state(config)
            assert conforming(state.values["record"])["kind"] == outcomes[-1]["kind"]
            assert "outcome" not in state.values, "rows stay out of what is kept"
            return conforming(outcomes[-1])

        for kind, question in ASKED.items():
            assert (await streamed(question, kind))["kind"] == kind
        await streamed("total revenue", "last but one")
        assert (await streamed("total revenue", "limited"))["kind"] == "limited"
        with cw._caller.acting_as(Principal(user="mallory")):
            denied = await streamed("total revenue", "denied", user="ada")
        assert denied["kind"] == "denied"
