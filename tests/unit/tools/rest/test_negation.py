"""What a question takes back is said by the call, or the call is not made."""

from __future__ import annotations

from pathlib import Path

import pytest

from clearway.identity import Principal
from clearway.plans import RestPlan
from clearway.semantics.types import Abstention
from clearway.tools.rest.planning.negation import denied
from clearway.tools.rest.planning.planner import RulesPlanner
from tests.unit.tools.rest.documents import registry
from tests.unit.tools.rest.tickets import SERVICES, TICKETS

pytestmark = pytest.mark.unit

ANN = Principal(user="ann")


@pytest.fixture
def planner(tmp_path: Path) -> RulesPlanner:
    return RulesPlanner(registry(tmp_path, SERVICES, TICKETS, "tickets.yaml"))


@pytest.mark.parametrize(
    ("text", "phrases"),
    [
        ("which tickets are not open", ["not open"]),
        ("which tickets aren't open?", ["aren't open"]),
        ("tickets other than open ones, by date", ["other than open ones"]),
        ("all but closed tickets of May", ["all but closed tickets"]),
        ("non-open and non-urgent tickets", ["non-open", "non-urgent tickets"]),
        ("unclosed tickets under review", ["unclosed"]),
        ("open tickets excluded", ["excluded"]),
        ("neither open nor closed", ["neither open nor closed"]),
        ("I don't know the status; is it open or not?", []),
        ("invoice no 42", []),
        ("notes of the nonprofit", []),
        ("unassigned tickets of united teams", ["unassigned", "united"]),
        ("unread tickets", []),
        ("excluding open and closed ones", ["excluding open and closed ones"]),
        ("not open and of high priority", ["not open"]),
    ],
)
def test_what_is_taken_back_is_read_to_where_the_sentence_turns(
    text: str, phrases: list[str]
) -> None:
    states = frozenset(["open", "clos"])
    assert [each.phrase for each in denied(text, states, frozenset(["unread"]))] == phrases


@pytest.mark.parametrize(
    "question",
    [
        "which tickets are not open",
        "which tickets aren't open",
        "tickets except open ones",
        "tickets other than open",
        "list all tickets excluding closed ones",
        "non-open tickets",
        "unclosed tickets",
        "unclosed high priority tickets",
        "high priority tickets that are not closed",
        "tickets without an assignee",
        "high priority tickets with no assignee",
        "don't show closed tickets",
        "which high-priority tickets are unassigned",
        "tickets that are not low and closed",
        "which tickets are not open (tickets.listTickets)",
    ],
)
def test_what_no_choice_expresses_is_declined(planner: RulesPlanner, question: str) -> None:
    assert isinstance(planner.plan(question, ANN), Abstention)


@pytest.mark.parametrize(
    ("question", "wanted"),
    [
        ("tickets that are not high priority", {"priority": "low"}),
        ("tickets not from mail", {"channel": ["phone", "chat"]}),
        ("tickets excluding mail and chat", {"channel": ["phone"]}),
        ("tickets by channels other than mail", {"channel": ["phone", "chat"]}),
        ("tickets that are neither open nor closed", {"status": "pending"}),
        ("open tickets that are not high priority", {"status": "open", "priority": "low"}),
        ("show phone tickets", {"channel": ["phone"]}),
        ("I don't know which tickets are open", {"status": "open"}),
    ],
)
def test_what_is_left_of_the_choices_is_asked_for(
    planner: RulesPlanner, question: str, wanted: dict[str, object]
) -> None:
    plan = planner.plan(question, ANN)
    assert isinstance(plan, RestPlan), plan
    assert dict(plan.steps[-1].parameters) == wanted
