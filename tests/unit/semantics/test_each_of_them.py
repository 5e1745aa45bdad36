"""A number for each of the things just named, and the questions that only look like that."""

from __future__ import annotations

import pytest

from tests.unit.semantics.catalogs import abstained, planned, sales
from tests.unit.semantics.pottery import pottery

pytestmark = pytest.mark.unit


@pytest.mark.parametrize(
    "question",
    [
        "names and ids of the potters, and how many pieces are in each?",
        "names and ids of the potters, and how many pieces does each have?",
        "What are the ids and names of the different potters and how many pieces each of them has",
        "What are the potters' names and ids, and how many pieces are there for each of them?",
        "names and ids of the potters and the number of pieces of each",
    ],
)
def test_a_number_of_each_of_the_things_just_named(question: str) -> None:
    found = planned(pottery, question)

    assert "COUNT(*)" in found and "FROM public.piece AS piece" in found
    assert "GROUP BY potter.name, potter.potter_id" in found or (
        "GROUP BY potter.potter_id, potter.name" in found
    )


def test_what_is_said_behind_each_still_restricts() -> None:
    found = planned(pottery, "List the potters and how many pieces each made in 2024")

    assert "GROUP BY potter.name" in found
    assert "piece.made_on >= CAST('2024-01-01' AS DATE)" in found


def test_a_noun_behind_each_groups_by_itself() -> None:
    found = planned(pottery, "how many pieces are in each glaze")

    assert "GROUP BY glaze.name" in found


@pytest.mark.parametrize(
    "question",
    [
        "how many pieces are in each",
        "how many potters are there, and how many pieces are in each?",
        "the names of potters and glazes, and how many pieces are in each",
        "List the potters and collectors and how many purchases are in each",
        "title and glaze, and how many purchases are in each",
        "List the pieces and the average price for each",
        "which potters have more than 3 pieces in each",
    ],
)
def test_each_of_what_is_not_said(question: str) -> None:
    assert "each" in abstained(pottery, question).reason


def test_the_count_said_again_is_the_one_asked_for() -> None:
    asked = "How many pieces are there in each glaze? List the glaze name, glaze id and the count."

    assert planned(pottery, asked).startswith(
        "SELECT glaze.name, glaze.glaze_id, COUNT(*) AS number_of_piece FROM"
    )


@pytest.mark.parametrize("question", ["count per region", "how many in each region"])
def test_the_groups_are_not_what_is_counted(question: str) -> None:
    abstained(sales, question)
    abstained(pottery, "how many pieces are there, and how many in each glaze?")


def test_a_count_beside_another_number_is_not_that_number() -> None:
    assert "count" in abstained(sales, "total revenue and count").reason
