"""What something is called goes to the end of its words, quoted or not."""

from __future__ import annotations

from pathlib import Path

import pytest

from clearway.identity import Principal
from clearway.plans import RestPlan
from clearway.tools.rest.planning.planner import RulesPlanner
from tests.unit.tools.rest.documents import registry
from tests.unit.tools.rest.tickets import SERVICES, TICKETS

pytestmark = pytest.mark.unit


@pytest.mark.parametrize(
    ("question", "body"),
    [
        ("create a ticket titled Printer broken", {"title": "Printer broken"}),
        ("create a ticket titled printer broken please", {"title": "printer broken"}),
        ('create a ticket called "Printer broken" now', {"title": "Printer broken"}),
        (
            "create a ticket titled Printer broken with high priority",
            {"title": "Printer broken", "priority": "high"},
        ),
        (
            "create a ticket titled printer not working in room 5 for customer 7",
            {"title": "printer not working in room 5", "customer_id": 7},
        ),
        (
            "create a ticket named Door stuck for customer 7 with low priority",
            {"title": "Door stuck", "customer_id": 7, "priority": "low"},
        ),
        (
            "create a ticket with the title Door stuck, low priority",
            {"title": "Door stuck", "priority": "low"},
        ),
    ],
)
def test_a_title_is_all_of_its_words(
    tmp_path: Path, question: str, body: dict[str, object]
) -> None:
    planner = RulesPlanner(registry(tmp_path, SERVICES, TICKETS, "tickets.yaml"))
    plan = planner.plan(question, Principal(user="ann"))
    assert isinstance(plan, RestPlan), plan
    assert plan.steps[-1].parameters == {"body": body}
