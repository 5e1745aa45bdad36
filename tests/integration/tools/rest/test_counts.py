"""A list is no count: how many there are is what the service says, or it is not answered."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from clearway.plans import RestPlan
from clearway.semantics.types import Abstention
from tests.integration.tools.rest.test_tool import answered, tool_over
from tests.rest_server import says
from tests.unit.tools.rest.documents import PAYMENTS
from tests.unit.tools.rest.inquiries import inquiry

pytestmark = [pytest.mark.integration, pytest.mark.anyio]

HOW_MANY = "how many payments are refunded?"
LISTED = "                properties:\n                  items:"
TOTALLED = LISTED.replace("items:", "total: {type: integer}\n                  items:")


async def test_a_list_is_not_answered_as_how_many_there_are(tmp_path: Path) -> None:
    async with tool_over(tmp_path, {"/payments": says({"items": [{"id": 1}]})}) as (tool, server):
        proposed = await tool.plan(inquiry(HOW_MANY))
        listed = await tool.plan(inquiry("list refunded payments"))
        assert isinstance(listed.by, RestPlan)
        kept = listed.by.model_copy(update={"source": "cache"})
        recalled = await tool.weigh(kept, inquiry(HOW_MANY))
    assert isinstance(proposed.by, Abstention)
    assert "does not say how many" in proposed.by.reason
    assert recalled.objection is not None
    assert recalled.objection.rule == "rest.count"
    assert server.asked == []


@pytest.mark.parametrize(
    ("told", "rows"), [({"total": 8}, ((8,),)), ({}, ()), ({"total": "many"}, ())]
)
async def test_how_many_there_are_is_the_total_the_service_tells(
    tmp_path: Path, told: dict[str, Any], rows: tuple[tuple[int, ...], ...]
) -> None:
    script = {"/payments": says({"items": [{"id": 1}], **told})}
    document = PAYMENTS.replace(LISTED, TOTALLED)
    async with tool_over(tmp_path, script, document=document) as (tool, server):
        ran = await answered(tool, inquiry(HOW_MANY))
    assert [each.name for each in ran.rows.columns] == ["total"]
    assert ran.rows.rows == rows
    assert [note.kind for note in ran.notes] == ([] if rows else ["missing"])
    assert len(server.asked) == 1


LIMITED = PAYMENTS.replace("minimum: 1, maximum: 100}", "minimum: 1, default: 2}")


async def test_a_list_as_long_as_the_limit_in_force_says_that_there_may_be_more(
    tmp_path: Path,
) -> None:
    script = {"/payments": says({"items": [{"id": 1}, {"id": 2}]})}
    async with tool_over(tmp_path, script, document=LIMITED) as (tool, _):
        ran = await answered(tool, inquiry("list settled payments"))
    assert [note.kind for note in ran.notes] == ["limit"]
    assert "there may be more" in ran.notes[0].detail


async def test_what_a_plan_of_another_question_takes_along_is_objected_to(tmp_path: Path) -> None:
    asking = inquiry("which payments are not settled?")
    async with tool_over(tmp_path, {}) as (tool, _):
        listed = (await tool.plan(inquiry("which payments are settled?"))).by
        assert isinstance(listed, RestPlan)
        assert isinstance((await tool.plan(asking)).by, Abstention)
        for source, status, rule in (
            ("cache", "settled", "rest.negation"),
            ("model", "settled", "rest.negation"),
            ("model", "pending", None),
        ):
            step = listed.steps[0].model_copy(update={"parameters": {"status": status}})
            plan = listed.model_copy(update={"source": source, "steps": (step,)})
            objection = (await tool.weigh(plan, asking)).objection
            assert (objection and objection.rule) == rule
