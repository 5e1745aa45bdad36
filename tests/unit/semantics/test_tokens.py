from __future__ import annotations

import pytest

from clearway.semantics.words.tokens import (
    MAX_TOKENS,
    normalised,
    singular,
    tokenize,
    words_of_text,
)

pytestmark = pytest.mark.unit


def test_offsets_point_into_the_text() -> None:
    text = "What's Ada's total, in 'North Wing'?"

    assert [text[t.start : t.end] for t in tokenize(text)] == [
        "What's", "Ada's", "total", ",", "in", "'North Wing'", "?",
    ]  # fmt: skip


def test_quoted_text_is_one_token_of_its_own_kind() -> None:
    text = 'albums by "AC/DC" or \u2018x y\u2019'
    quoted = [t.text for t in tokenize(text) if t.kind == "quoted"]

    assert quoted == ["AC/DC", "x y"]


def test_an_apostrophe_is_no_quotation() -> None:
    assert all(t.kind == "word" for t in tokenize("the customers' orders and Ada's bill"))


@pytest.mark.parametrize(
    ("plural", "one"),
    [
        ("cities", "city"),
        ("boxes", "box"),
        ("statuses", "status"),
        ("status", "status"),
        ("addresses", "address"),
        ("people", "person"),
        ("sales", "sale"),
        ("has", "has"),
        ("ids", "id"),
    ],
)
def test_singulars(plural: str, one: str) -> None:
    assert singular(plural) == one


def test_names_are_cut_as_questions_are() -> None:
    assert words_of_text("PG-13") == ("pg", "13")
    assert words_of_text("sales_fact") == ("sale", "fact")


def test_a_long_text_is_read_up_to_a_bound() -> None:
    assert len(tokenize("word " * 3000)) == MAX_TOKENS


def test_control_characters_become_blanks() -> None:
    assert normalised("total\x00 revenue\t by\nregion") == "total revenue by region"
