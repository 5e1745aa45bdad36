from __future__ import annotations

import pytest

from clearway.tools.docs.words.terms import stem
from clearway.tools.rest.planning.literals import literals
from clearway.tools.rest.planning.wanted import asked_for

pytestmark = pytest.mark.unit


@pytest.mark.parametrize(
    ("question", "words"),
    [
        ("mileage of the van with plate 4-XYZ-231", ("mileage",)),
        ("please show me the open invoices of Anna Berg", ("open", "invoices")),
        ("phone number of driver Piotr Nowak", ("phone", "number")),
        ("Anna Berg's phone number", ("phone", "number")),
        ("on which days is the office shut?", ("days",)),
        ("list of kinds of parcels for order 12", ("parcels",)),
        ("conversations mentioning late fees", ("conversations",)),
        ("top 5 alerts", ("alerts",)),
        ("where is vehicle 31", ("where",)),
        ("how long is the average wait", ("long",)),
        ("who leads team 4", ("leads", "team")),
    ],
)
def test_the_thing_asked_for_is_told_from_what_is_said_of_it(
    question: str, words: tuple[str, ...]
) -> None:
    assert asked_for(question, literals(question, frozenset())).words == words


def test_the_thing_itself_counts_more_than_a_word_before_it() -> None:
    wanted = asked_for("open invoices of Anna Berg", ())

    assert wanted.named_by(frozenset({stem("invoices")}), frozenset(), people=False) > 0.6
    assert wanted.named_by(frozenset({stem("open")}), frozenset(), people=False) < 0.4


def test_a_value_says_which_and_never_what() -> None:
    days, open_ones = asked_for("on which days", ()), asked_for("open invoices", ())
    invoices, chosen = frozenset({stem("invoices")}), frozenset({stem("open")})

    assert days.named_by(frozenset(), frozenset({stem("days")}), people=False) == 0.0
    assert open_ones.named_by(invoices, chosen, people=False) == 1.0


def test_who_is_answered_by_people() -> None:
    wanted = asked_for("who is in it", ())

    assert wanted.named_by(frozenset(), frozenset(), people=True) == 1.0
    assert wanted.named_by(frozenset({stem("rooms")}), frozenset(), people=False) == 0.0
