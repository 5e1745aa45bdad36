"""Money nobody named: the one amount of what is spoken of, or a question back."""

from __future__ import annotations

import pytest

from tests.unit.semantics.catalogs import abstained, answer, frame, planned
from tests.unit.semantics.pottery import pottery

pytestmark = pytest.mark.unit


@pytest.mark.parametrize(
    ("question", "part"),
    [
        ("how much money did collectors from Faro spend", "collector.city = 'Faro'"),
        ("total amount of money spent by collectors from Faro", "collector.city = 'Faro'"),
        ("the amount of money in purchases", "FROM public.purchase AS purchase"),
        ("how much money was spent on Raku pieces", "glaze.name = 'Raku'"),
        ("how much money did each collector spend", "GROUP BY collector.first_name"),
        ("the amount of money in purchases in 2024", "purchase.bought_on >="),
    ],
)
def test_the_one_amount_of_what_is_spoken_of(question: str, part: str) -> None:
    found = planned(pottery, question)

    assert "SUM(purchase.amount)" in found and part in found
    assert any("the sum of amount of purchase" in a for a in frame(pottery, question).assumptions)


@pytest.mark.parametrize(
    "question",
    [
        "how much money",
        "how much money was spent in 2024",
        "how much money did potters get in grant awards",
        "how much money did collectors spend on Raku pieces in 2024",
        "how much money did collectors from Faro spend in 2024",
        "how much money did kilns make",
        "amount of money by city",
    ],
)
def test_which_money_is_meant_is_asked_back(question: str) -> None:
    assert "money" in " ".join((abstained(pottery, question).reason, question))


def test_several_amounts_are_told_apart() -> None:
    found = abstained(pottery, "how much money is in the grant awards")

    assert [reading.effect for reading in found.readings] == [
        "how much grant award amount is in the grant awards",
        "how much grant award paid fee is in the grant awards",
    ]
    assert all(isinstance(answer(pottery, each.effect), str) for each in found.readings)


def test_a_named_amount_is_no_question() -> None:
    assert "SUM(grant_award.paid_fee)" in planned(pottery, "total paid fee of grant awards")
