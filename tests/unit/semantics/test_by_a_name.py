"""`by the X NAME` is about one X; `by X` still groups, and other words behind it are no names."""

from __future__ import annotations

import pytest

from tests.unit.semantics.catalogs import abstained, depot, planned, sales
from tests.unit.semantics.pottery import pottery

pytestmark = pytest.mark.unit


@pytest.mark.parametrize(
    "question",
    [
        'titles of pieces by the potter "Mei Oda"',
        "What are the titles of pieces by the potter Mei Oda?",
        "pieces by potter Mei Oda",
        "pieces of the potter Mei Oda",
        "pieces from the potter Mei Oda",
        "pieces for the potter Mei Oda",
    ],
)
def test_rows_of_one_that_is_called_so(question: str) -> None:
    assert planned(pottery, question) == (
        "SELECT piece.title FROM public.piece AS piece JOIN public.potter AS potter"
        " ON piece.potter_id = potter.potter_id WHERE potter.name ILIKE 'Mei Oda'"
    )


def test_their_number_is_one_number() -> None:
    found = planned(depot, "number of outbound shipments by the carrier Swift")

    assert "carriers.name = 'Swift'" in found and "GROUP BY" not in found


def test_what_they_are_ranked_by_comes_behind_another_by() -> None:
    found = planned(pottery, "top 5 pieces by the potter Mei Oda by price")

    assert "WHERE potter.name ILIKE 'Mei Oda' ORDER BY piece.price DESC" in found


@pytest.mark.parametrize(
    ("question", "part"),
    [
        ("number of pieces by potter", "GROUP BY potter.name"),
        ("number of pieces by the potter", "GROUP BY potter.name"),
        ("number of pieces by potter country", "GROUP BY potter.country"),
        ("number of pieces by the potter from Japan", "GROUP BY potter.name"),
        ("number of pieces by potter in 2024", "GROUP BY potter.name"),
    ],
)
def test_without_a_name_it_groups(question: str, part: str) -> None:
    assert part in planned(pottery, question)


@pytest.mark.parametrize(
    "question",
    [
        "purchases by collector 5",
        "total amount by the city Kyoto",
        "pieces by the potters Mei Oda and Ito Ren",
        "top 5 pieces by the potter Mei Oda",
    ],
)
def test_what_is_no_name_of_one(question: str) -> None:
    abstained(pottery, question)


def test_by_a_column_and_a_value_of_it_is_not_settled() -> None:
    abstained(sales, "revenue by region Europe")
