"""A row reads as text, and nothing else is changed."""

from __future__ import annotations

import pytest

from clearway.tools.docs.answering.rows import in_pairs

pytestmark = pytest.mark.unit


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("| term | meaning |\n| ASP | price of one |", "term: ASP; meaning: price of one"),
        ("| term | meaning\n| ASP | price of one", "term: ASP; meaning: price of one"),
        ("| term | note | of |\n| ASP |  | us |", "term: ASP; of: us"),
        ("| | meaning |\n| ASP | price |", "ASP; meaning: price"),
        ("| a |\n| x | y |", "x; y"),
        ("| x | y |", "x; y"),
        ("| op | use |\n| a \\| b | either |", "op: a | b; use: either"),
        ("ps | grep load\ncat log | wc", "ps | grep load\ncat log | wc"),
        ("Do this:\n1. Cut the power.\n2. Wait.", "Do this:\n1. Cut the power.\n2. Wait."),
        ("| | |", "| | |"),
    ],
)
def test_a_row_is_told_in_pairs(text: str, told: str) -> None:
    assert in_pairs(text) == told
