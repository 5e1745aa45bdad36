"""One page of more is not passed off as all there is."""

from __future__ import annotations

from pathlib import Path

import pytest
from pydantic import JsonValue

from clearway.identity import Principal
from clearway.plans import RestPlan, RestStep
from clearway.tools.rest.calling.pages import cut
from clearway.tools.rest.planning.planner import RulesPlanner
from tests.unit.tools.rest.documents import registry
from tests.unit.tools.rest.tickets import SERVICES, TICKETS

pytestmark = pytest.mark.unit

TEN: list[JsonValue] = [{"id": number} for number in range(10)]
LISTS, ONE = "tickets.listTickets", "tickets.getTicket"


@pytest.mark.parametrize(
    ("operation", "limit", "content", "why"),
    [
        (LISTS, None, TEN, "there may be more"),
        (LISTS, None, TEN[:9], ""),
        (LISTS, 10, TEN, "there may be more"),
        (LISTS, 5, TEN[:5], ""),
        (LISTS, 100, TEN, ""),
        (LISTS, None, {"items": TEN, "total": 10}, ""),
        (LISTS, None, {"items": TEN, "total": 15}, "10 of 15"),
        (LISTS, 3, {"items": TEN[:3], "has_more": True}, "there are more"),
        (LISTS, 3, {"items": TEN[:3], "meta": {"nextPage": 2}}, "there are more"),
        (LISTS, 3, {"items": TEN[:3], "next": None, "has_more": False}, ""),
        (ONE, None, {"id": 1, "total": 99, "lines": TEN}, ""),
    ],
)
def test_what_may_be_cut_says_so(
    tmp_path: Path, operation: str, limit: int | None, content: JsonValue, why: str
) -> None:
    tickets = registry(tmp_path, SERVICES, TICKETS, "tickets.yaml").get(operation)
    assert tickets is not None
    step = RestStep(operation_id=operation, parameters={} if limit is None else {"limit": limit})
    lists = content if isinstance(content, list) else content.get("items", [])
    assert isinstance(lists, list)
    said = cut(content, len(lists), tickets, step)
    assert (why in said) if why else said == ""


@pytest.mark.parametrize(
    ("question", "limit"),
    [
        ("show all high priority tickets", 100),
        ("every high priority ticket", 100),
        ("show high priority tickets", None),
        ("show all of the top 5 high priority tickets", 5),
    ],
)
def test_all_there_are_is_asked_for_where_less_would_come(
    tmp_path: Path, question: str, limit: int | None
) -> None:
    planner = RulesPlanner(registry(tmp_path, SERVICES, TICKETS, "tickets.yaml"))
    plan = planner.plan(question, Principal(user="ann"))
    assert isinstance(plan, RestPlan), plan
    assert plan.steps[-1].parameters.get("limit") == limit
