"""A word of a question is said in other forms and by other names, and not by what looks like it."""

from __future__ import annotations

import pytest

from clearway.tools.docs.answering.alike import share_said
from clearway.tools.docs.words.terms import stem, terms

pytestmark = pytest.mark.unit


@pytest.mark.parametrize(
    ("word", "text"),
    [
        ("photos", "Photographs are allowed."),
        ("forgot", "A forgotten password"),
        ("vacation", "28 days of holiday"),
        ("stored", "It is kept in the cold room."),
        ("discarded", "is thrown away"),
        ("cost", "charged at 60 euros"),
        ("cancel", "A cancellation is free."),
    ],
)
def test_other_forms_and_names_count_nearly_as_much(word: str, text: str) -> None:
    assert 0.8 <= share_said(stem(word), frozenset(terms(text))) < 1.0


def test_the_word_itself_counts_whole() -> None:
    assert share_said(stem("batches"), frozenset(terms("each batch"))) == 1.0


@pytest.mark.parametrize(
    ("word", "text"),
    [
        ("salary", "three months"),
        ("order", "the border"),
        ("stout", "Pale lager"),
        ("wide", "yard"),
    ],
)
def test_other_words_do_not_count(word: str, text: str) -> None:
    assert share_said(stem(word), frozenset(terms(text))) == 0.0
