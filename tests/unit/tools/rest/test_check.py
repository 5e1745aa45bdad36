from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from clearway.errors import ConfigurationError
from clearway.identity import Principal
from clearway.plans import CheckedRest, Rejection, RestPlan, RestStep, Taken
from clearway.tools.rest.calling.check import check, resolved
from clearway.tools.rest.declared.registry import Registry
from clearway.tools.rest.declared.types import Operation, Parameter, Place, Schema, Service
from tests.unit.tools.rest.documents import SERVICES, registry

pytestmark = pytest.mark.unit

ANN = Principal(user="ann")


@pytest.fixture
def services(tmp_path: Path) -> Registry:
    return registry(tmp_path)


def checked(services: Registry, *steps: RestStep, who: Principal = ANN) -> CheckedRest | Rejection:
    return check(
        RestPlan(source="rules", source_id="services", steps=steps, stated_confidence=1),
        services,
        who,
        source_id="services",
    )


def call(name: str, /, **parameters: Any) -> RestStep:
    return RestStep(operation_id=f"payments.{name}", parameters=parameters)


@pytest.mark.parametrize(
    ("step", "rule"),
    [
        (call("nothing"), "rest.operation"),
        (call("getPayment"), "rest.required"),
        (call("getPayment", payment_id=1, verbose=True), "rest.parameter"),
        (call("getPayment", payment_id="../../admin"), "rest.value"),
        (call("getPayment", payment_id=1.5), "rest.value"),
        (call("listPayments", status="lost"), "rest.value"),
        (call("listPayments", limit=0), "rest.value"),
        (call("listPayments", limit=[1]), "rest.value"),
        (call("searchCustomers", query="a\r\nHost: evil"), "rest.value"),
        (call("searchCustomers", query={"$ne": 1}), "rest.value"),
        (call("createPayment"), "rest.required"),
        (call("createPayment", body={"amount": 0, "customer_id": 1}), "rest.value"),
        (call("createPayment", body={"amount": 1}), "rest.value"),
        (call("createPayment", body={"amount": 1, "customer_id": 1, "admin": True}), "rest.value"),
    ],
)
def test_a_call_that_does_not_fit_is_refused(services: Registry, step: RestStep, rule: str) -> None:
    found = checked(services, step)
    assert isinstance(found, Rejection)
    assert found.rule == rule


def one(place: Place, schema: Schema | None = None) -> Registry:
    """Return the registry of an operation that takes one value of any text."""
    taken = Parameter(name="it", place=place, required=True, schema=schema or {})
    operation = Operation(
        id="payments.one", service="payments", method="GET", path="/a/{it}", parameters=(taken,)
    )
    service = Service(id="payments", base_url="https://payments.example")
    return Registry(services=(service,), operations=(operation,))


@pytest.mark.parametrize(
    "value",
    [
        "..", ".", "...", "", " ", " .. ", "../admin", "a/../b", "17/refund", "/", "a\\b", "..\\x",
        "%2e%2e", "%2E%2e%2fadmin", "17%2Frefund", "%252e%252e%252fadmin", "a%5cb", "..;", "..;x=1",
        ";x", "\uff0e\uff0e", "a\uff0fb", "\uff052e\uff052e", [], [".."], ["a", "b/c"], None,
        "a\x00b", "a\x85b", "\ud800", "x" * 4001, 10**300, float("nan"), float("inf"),
    ],
)  # fmt: skip
def test_no_value_leaves_its_place_in_a_path(value: Any) -> None:
    found = checked(one("path"), call("one", it=value))
    assert isinstance(found, Rejection)
    assert found.rule == "rest.value"


@pytest.mark.parametrize(
    "value", ["17", "a.b", "..a", "v1.2", "ann@example.com", "50%", "a;b", "é", "2026-01-02T03:04Z"]
)
def test_ordinary_values_stay_in_theirs(value: str) -> None:
    assert isinstance(checked(one("path"), call("one", it=value)), CheckedRest)


@pytest.mark.parametrize("value", ["a\r\nHost: evil", "a\nb", "é", "\u010a", "a\x00", {"a": 1}])
def test_no_value_makes_another_header(value: Any) -> None:
    assert isinstance(checked(one("header"), call("one", it=value)), Rejection)


def test_plain_text_becomes_the_number_the_schema_wants(services: Registry) -> None:
    found = checked(services, call("getPayment", payment_id="42"))
    assert isinstance(found, CheckedRest)
    assert found.steps[0].parameters == {"payment_id": 42}
    assert found.statement == "payments.getPayment(payment_id=42)"


def test_a_nullable_property_of_an_old_document_may_be_null(services: Registry) -> None:
    body = {"amount": 1, "customer_id": 2, "note": None}
    found = checked(services, call("createPayment", body=body))
    assert isinstance(found, CheckedRest)
    assert found.writes


def test_a_write_comes_last(services: Registry) -> None:
    write = call("createPayment", body={"amount": 1, "customer_id": 2})
    found = checked(services, write, call("getHealth"))
    assert isinstance(found, Rejection)
    assert found.rule == "rest.write_first"


@pytest.mark.parametrize(
    ("taken", "rule"),
    [
        (Taken(step=1, path="[].id"), "rest.order"),
        (Taken(step=0, path="[].secret"), "rest.path"),
    ],
)
def test_a_value_is_taken_from_what_an_earlier_call_returns(
    services: Registry, taken: Taken, rule: str
) -> None:
    first = call("searchCustomers", query="Ann")
    second = RestStep(operation_id="payments.listCustomerPayments", takes={"customer_id": taken})
    found = checked(services, first, second)
    assert isinstance(found, Rejection)
    assert found.rule == rule
    right = second.model_copy(update={"takes": {"customer_id": Taken(step=0, path="[].id")}})
    assert isinstance(checked(services, first, right), CheckedRest)


def test_what_an_earlier_call_brought_is_held_to_the_schema(services: Registry) -> None:
    operation = services.get("payments.listCustomerPayments")
    assert operation is not None
    step = RestStep(operation_id=operation.id, takes={"customer_id": Taken(step=0, path="[].id")})
    assert resolved(step, operation, {"customer_id": 7}).parameters == {"customer_id": 7}
    with pytest.raises(ConfigurationError, match="cannot be given"):
        resolved(step, operation, {"customer_id": "../admin"})


def test_hidden_and_absent_are_refused_alike(tmp_path: Path) -> None:
    services = registry(tmp_path, SERVICES + "    roles: [support]\n")
    hidden = checked(services, call("getPayment", payment_id=1))
    assert hidden == checked(services, call("noSuchThing", payment_id=1))
    bob = Principal(user="bob", roles=frozenset({"support"}))
    assert isinstance(checked(services, call("getPayment", payment_id=1), who=bob), CheckedRest)
