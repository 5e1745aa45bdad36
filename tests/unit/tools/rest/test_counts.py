"""How many there are is told by a total that is declared, never by the length of a list."""

from __future__ import annotations

import pytest

from clearway.tools.rest.declared.types import Operation, Returned
from clearway.tools.rest.planning.counts import adds_up, lists_only, total_asked

pytestmark = pytest.mark.unit


def listing(*returns: tuple[str, str]) -> Operation:
    found = tuple(Returned(path=path, type=kind) for path, kind in returns)
    return Operation(
        id="trips.listTrips", service="trips", method="GET", path="/trips", returns=found
    )


PLAIN = listing(("items", "array"), ("items[].id", "integer"), ("items[].seats", "integer"))
PAGED = listing(("items", "array"), ("items[].id", "integer"), ("meta.totalCount", "integer"))
ONE = listing(("id", "integer"), ("seats", "integer"))


@pytest.mark.parametrize(
    "question", ["how many trips failed?", "number of trips", "count the trips", "How  many trips"]
)
def test_a_list_is_no_count(question: str) -> None:
    assert lists_only(question, PLAIN)
    assert not lists_only(question, PAGED)
    assert total_asked(question, PAGED) == "meta.totalCount"


@pytest.mark.parametrize("question", ["list failed trips", "which trips count as failed?", ""])
def test_who_asks_for_no_count_gets_the_list(question: str) -> None:
    assert not lists_only(question, PLAIN)
    assert total_asked(question, PAGED) == ""


def test_a_number_each_thing_tells_is_an_answer() -> None:
    assert not lists_only("how many seats does each trip have?", PLAIN)
    assert not lists_only("how many trips per day?", listing(("[].count", "integer")))
    assert not lists_only("how many seats does trip 4 have?", ONE)


def test_a_total_of_each_thing_is_not_the_total_of_all() -> None:
    each = listing(("items[].total", "number"))
    assert total_asked("how many trips?", each) == ""


@pytest.mark.parametrize(
    ("question", "word"),
    [
        ("total seats of failed trips", "total"),
        ("sum of seats", "sum"),
        ("what is the average number of seats of trips?", "average"),
        ("seats of failed trips", ""),
    ],
)
def test_what_a_list_is_not_added_up_to_is_no_answer(question: str, word: str) -> None:
    assert adds_up(question, PLAIN) == word
    assert adds_up(question, listing(("items[].total_seats", "integer"), ("avg", "number"))) == ""
