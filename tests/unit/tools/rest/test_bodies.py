"""JSON bodies from prose: what is said goes where it belongs, what is missing is named."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from clearway.identity import Principal
from clearway.plans import CheckedRest, RestPlan
from clearway.semantics.types import Abstention
from clearway.tools.rest.calling.check import check
from clearway.tools.rest.planning.dates import When
from clearway.tools.rest.planning.planner import RulesPlanner
from tests.unit.tools.rest.documents import registry

pytestmark = pytest.mark.unit

ANN = Principal(user="ann")
DOCUMENT = """\
openapi: 3.1.0
info: {title: Desk, version: "1"}
servers: [{url: "https://desk.example.com"}]
paths:
  /tickets:
    post:
      operationId: createTicket
      summary: Create a ticket
      requestBody:
        required: true
        content:
          application/json:
            schema: {$ref: "#/components/schemas/NewTicket"}
      responses: {"201": {description: made}}
  /tickets/{ticket_id}:
    patch:
      operationId: updateTicket
      summary: Update a ticket
      parameters:
        - {name: ticket_id, in: path, required: true, schema: {type: integer}}
      requestBody:
        required: true
        content:
          application/json:
            schema:
              type: object
              properties:
                priority: {type: string, enum: [low, normal, urgent]}
                estimate: {type: number, maximum: 100}
                due_date: {type: string, format: date}
      responses: {"200": {description: done}}
  /tickets/refresh:
    post:
      operationId: refreshTickets
      summary: Refresh the tickets
      responses: {"200": {description: done}}
components:
  schemas:
    NewTicket:
      type: object
      required: [title, customer_id, priority]
      properties:
        title: {type: string, minLength: 3}
        customer_id: {type: integer}
        priority: {type: string, enum: [low, normal, urgent], default: normal}
        email: {type: string, format: email}
        tags: {type: array, items: {type: string}}
"""
SERVICES = """\
version: 1
services:
  desk: {openapi: desk.yaml, allow: {methods: [GET, POST, PATCH]}, writes: approval}
"""


@pytest.fixture
def planner(tmp_path: Path) -> RulesPlanner:
    return RulesPlanner(registry(tmp_path, SERVICES, DOCUMENT, "desk.yaml"))


@pytest.mark.parametrize(
    ("question", "body"),
    [
        ('create a ticket "Printer on fire" for customer 7',
         {"title": "Printer on fire", "customer_id": 7, "priority": "normal"}),
        ('create an urgent ticket titled "Printer" for customer 7',
         {"title": "Printer", "customer_id": 7, "priority": "urgent"}),
        ('create a ticket with title "Printer", customer id 7 and email ann@example.com',
         {"title": "Printer", "customer_id": 7, "priority": "normal", "email": "ann@example.com"}),
    ],
)  # fmt: skip
def test_what_is_said_fills_the_body(
    planner: RulesPlanner, tmp_path: Path, question: str, body: dict[str, Any]
) -> None:
    plan = planner.plan(question, ANN)

    assert isinstance(plan, RestPlan), plan
    assert plan.steps[0].parameters == {"body": body}
    known = registry(tmp_path, SERVICES, DOCUMENT, "desk.yaml")
    assert isinstance(check(plan, known, ANN, source_id="services"), CheckedRest)


@pytest.mark.parametrize(
    ("question", "missing"),
    [
        ("create a ticket", ("title", "customer_id")),
        ("create a ticket for customer 7", ("title",)),
        ('create a ticket "Printer on fire"', ("customer_id",)),
        ('create a ticket "ab" for customer 7', ("title",)),
        ("update ticket 42", ("one of priority, estimate, due_date",)),
    ],
)
def test_what_nobody_said_is_asked_for_by_name(
    planner: RulesPlanner, question: str, missing: tuple[str, ...]
) -> None:
    found = planner.plan(question, ANN)

    assert isinstance(found, Abstention)
    assert found.unclear == missing
    assert all(name in found.reason for name in missing)


def test_a_number_of_the_path_is_none_of_the_body(planner: RulesPlanner) -> None:
    plan = planner.plan("update ticket 42 with estimate 2.5", ANN)

    assert isinstance(plan, RestPlan)
    assert plan.steps[0].parameters == {"ticket_id": 42, "body": {"estimate": 2.5}}


def test_a_day_goes_to_the_one_date_there_is(planner: RulesPlanner) -> None:
    day = When(
        datetime(2026, 3, 12, tzinfo=UTC), datetime(2026, 3, 13, tzinfo=UTC), "UTC",
        "12 March 2026", datetime(2026, 3, 11, tzinfo=UTC),
    )  # fmt: skip
    plan = planner.plan("change the due date of ticket 42 to 12 March 2026", ANN, day)

    assert isinstance(plan, RestPlan), plan
    assert plan.steps[0].parameters == {"ticket_id": 42, "body": {"due_date": "2026-03-12"}}


def test_a_name_that_went_nowhere_stops_the_write(planner: RulesPlanner) -> None:
    found = planner.plan('create a ticket "Printer on fire" for customer 7 in EUR', ANN)

    assert isinstance(found, Abstention)
    assert found.unclear == ("EUR",)


def test_a_post_that_says_what_it_does_creates_nothing(planner: RulesPlanner) -> None:
    refreshed = planner.plan("refresh the tickets", ANN)
    assert isinstance(refreshed, RestPlan)
    assert refreshed.steps[0].operation_id == "desk.refreshTickets"
    made = planner.chains("create a ticket", ANN)
    assert [each.answers.id for each in made] == ["desk.createTicket"]
