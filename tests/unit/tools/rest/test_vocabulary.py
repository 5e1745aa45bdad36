from __future__ import annotations

from pathlib import Path

import pytest

from clearway.semantics.routing.vocabulary import Spoken
from clearway.tools.rest.planning.vocabulary import spoken
from tests.unit.tools.rest.documents import SERVICES, registry

pytestmark = pytest.mark.unit


ORDERS = """\
openapi: 3.0.3
info: {title: Orders, version: "1"}
servers: [{url: "https://orders.example.com"}]
paths:
  /orders/{order_key}:
    get:
      operationId: getOrder
      parameters: [{name: order_key, in: path, required: true, schema: {type: string, %s}}]
      responses: {"200": {description: ok}}
  /holidays/{country}:
    get:
      operationId: listHolidays
      parameters:
        - {name: country, in: path, required: true, schema: {type: string, pattern: "^[A-Z]{2}$"}}
      responses: {"200": {description: ok}}
"""


CONNECTED = """\
version: 1
services:
  orders: {openapi: orders.yaml, allow: {methods: [GET]}}
"""


def of_orders(folder: Path, schema: str) -> Spoken:
    (found,) = spoken(registry(folder, CONNECTED, ORDERS % schema, "orders.yaml")).services
    return found


@pytest.mark.parametrize(
    ("schema", "codes"),
    [
        ("example: ORD-1042", {"ord-"}),
        ("example: ord_9f3k", {"ord_"}),
        ('pattern: "^ORD-[0-9]{1,6}$"', {"ord-"}),
        (r"pattern: '^INV\d+$'", {"inv"}),
        ('pattern: "^[a-z0-9]+(-[a-z0-9]+)*$", example: network-access', set()),
        ("format: uuid, example: 7c9e6679-7425-40de-944b-e07fc1f90ae7", set()),
        ("example: 4711", set()),
        ("example: Q3", set()),
    ],
)
def test_codes_begin_as_the_document_shows(tmp_path: Path, schema: str, codes: set[str]) -> None:
    assert of_orders(tmp_path, schema).codes == codes


def test_what_a_list_is_asked_by_is_no_thing_a_service_has(tmp_path: Path) -> None:
    assert of_orders(tmp_path, "example: ORD-1").things == {("order",), ("holiday",)}


def words(folder: Path, services: str = SERVICES) -> Spoken:
    (found,) = spoken(registry(folder, services)).services
    return found


def test_things_are_the_resources_of_paths_and_not_their_forms(tmp_path: Path) -> None:
    assert words(tmp_path).things == {("payment",), ("customer",)}


def test_choices_are_known_in_the_forms_people_use(tmp_path: Path) -> None:
    told = words(tmp_path).told

    assert {"pending", "refunded", "refund", "amount", "billing"} <= told
    assert "revenue" not in told


def test_acts_are_those_of_writes_that_are_allowed(tmp_path: Path) -> None:
    assert ("create", "payment") in words(tmp_path).acts
    reads = SERVICES.replace("allow: {methods: [GET, POST]}\n    writes: approval", "allow: {}")
    assert words(tmp_path, reads).acts == frozenset()


def test_who_may_know_of_a_service_may_know_of_its_words(tmp_path: Path) -> None:
    limited = words(tmp_path, SERVICES.replace("synonyms:", "roles: [finance]\n    synonyms:"))

    assert limited.roles == {"finance"}
