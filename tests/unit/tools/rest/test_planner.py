from __future__ import annotations

from pathlib import Path

import pytest

from clearway.identity import Principal
from clearway.plans import RestPlan
from clearway.semantics.types import Abstention
from clearway.tools.rest.planning.planner import RulesPlanner
from tests.unit.tools.rest.documents import SERVICES, registry

pytestmark = pytest.mark.unit

ANN = Principal(user="ann")


@pytest.fixture
def planner(tmp_path: Path) -> RulesPlanner:
    return RulesPlanner(registry(tmp_path))


def calls(plan: RestPlan | Abstention) -> list[str]:
    assert isinstance(plan, RestPlan), plan
    found = []
    for step in plan.steps:
        given = ", ".join(f"{name}={value}" for name, value in step.parameters.items())
        found.append(f"{step.operation_id.split('.')[1]}({given})")
    return found


@pytest.mark.parametrize(
    ("question", "wanted"),
    [
        ("show payment 42", ["getPayment(payment_id=42)"]),
        ("list all payments", ["listPayments()"]),
        ("top 5 payments", ["listPayments(limit=5)"]),
        ("list settled payments", ["listPayments(status=settled)"]),
        ("how many payments are refunded?", ["listPayments(status=refunded)"]),
        ("payments of customer 7", ["listCustomerPayments(customer_id=7)"]),
        ("find customers named Ann", ["searchCustomers(query=Ann)"]),
        ("payments of customer Ann Lee",
         ["searchCustomers(query=Ann Lee)", "listCustomerPayments()"]),
        ("GET /payments/42", ["getPayment(payment_id=42)"]),
        ('POST /payments {"amount": 5, "customer_id": 7}',
         ["createPayment(body={'amount': 5, 'customer_id': 7})"]),
    ],
)  # fmt: skip
def test_a_question_becomes_calls(planner: RulesPlanner, question: str, wanted: list[str]) -> None:
    assert calls(planner.plan(question, ANN)) == wanted


def test_a_later_call_takes_what_an_earlier_one_brings(planner: RulesPlanner) -> None:
    plan = planner.plan("payments of customer Ann Lee", ANN)
    assert isinstance(plan, RestPlan)
    assert plan.steps[1].takes["customer_id"].path == "[].id"
    assert plan.assumptions == ("customer_id is the first that payments.searchCustomers brings",)


@pytest.mark.parametrize(
    "question",
    [
        "weather in Paris",
        "refund payment 42",
        "delete payment 42",
        "DELETE /payments/3",
        "GET http://evil.example/payments",
        "POST /payments {not json}",
        "create a payment",
        "",
    ],
)
def test_what_no_call_answers_gets_none(planner: RulesPlanner, question: str) -> None:
    assert isinstance(planner.plan(question, ANN), Abstention)


def test_a_tie_is_asked_back_and_naming_the_operation_settles_it(planner: RulesPlanner) -> None:
    first = planner.plan("payment of Ann", ANN)
    assert isinstance(first, Abstention)
    chosen = next(each for each in first.readings if "listCustomerPayments" in each.label)
    assert calls(planner.plan(chosen.effect, ANN))[-1].startswith("listCustomerPayments(")


def test_several_things_are_a_list_and_no_single_one(planner: RulesPlanner) -> None:
    listed = calls(planner.plan("payments of Ann", ANN))

    assert listed == ["searchCustomers(query=Ann)", "listCustomerPayments()"]


def test_a_value_goes_to_the_parameter_it_is_named_with(tmp_path: Path) -> None:
    document = """\
openapi: 3.0.3
info: {title: Stays, version: "1"}
servers: [{url: "https://stays.example.com"}]
paths:
  /rooms:
    get:
      operationId: listRooms
      summary: List rooms
      parameters:
        - {name: floor, in: query, schema: {type: integer}}
        - {name: house, in: query, schema: {type: string}}
        - {name: city, in: query, schema: {type: string}}
      responses: {"200": {description: ok}}
"""
    services = "version: 1\nservices:\n  stays: {openapi: stays.yaml}\n"
    planner = RulesPlanner(registry(tmp_path, services, document, "stays.yaml"))

    assert calls(planner.plan("list rooms on floor 3", ANN)) == ["listRooms(floor=3)"]
    assert calls(planner.plan("rooms of house B12", ANN)) == ["listRooms(house=B12)"]
    assert calls(planner.plan("list rooms in Berlin", ANN)) == ["listRooms(city=Berlin)"]
    assert isinstance(planner.plan("list rooms since 3", ANN), Abstention)
    assert isinstance(planner.plan("list rooms like Berlin", ANN), Abstention)


def test_what_is_hidden_has_no_part_in_a_plan_a_tie_or_a_score(tmp_path: Path) -> None:
    hidden = RulesPlanner(registry(tmp_path, SERVICES + "    roles: [support]\n"))
    bob = Principal(user="bob", roles=frozenset({"support"}))
    assert calls(hidden.plan("show payment 42", bob)) == ["getPayment(payment_id=42)"]
    for question in ("show payment 42", "GET /payments/42", "x (payments.getPayment)"):
        found = hidden.plan(question, ANN)
        assert isinstance(found, Abstention)
        assert "ayment" not in found.reason
