from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clearway.tools.docs.words.terms import MAX_WORD, stem, term_key, terms

pytestmark = pytest.mark.unit


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("retry", "retries"),
        ("failing", "failed"),
        ("deploy", "deployment"),
        ("configuration", "configured"),
        ("stopping", "stopped"),
        ("policy", "policies"),
    ],
)
def test_forms_of_a_word_are_one_term(one: str, other: str) -> None:
    assert stem(one) == stem(other)


def test_an_identifier_gives_itself_and_its_parts() -> None:
    assert terms("orderId") == [stem("orderid"), stem("order"), stem("id")]
    assert stem("schema") in terms("parseSchemaV2")
    assert terms("max_retries") == terms("max retries")


def test_function_words_and_noise_are_left_out() -> None:
    assert terms("what is the cause of it") == [stem("cause")]
    assert terms("x" * (MAX_WORD + 1)) == []


@given(st.text(max_size=300))
def test_any_text_has_terms_that_are_found_again_in_capitals_or_not(text: str) -> None:
    assert all(-(2**63) <= term_key(term) < 2**63 for term in terms(text))
    assert all(term and term == term.casefold() for term in terms(text))
