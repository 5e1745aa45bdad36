"""Words of questions that are looked up by their text: what has no end is not remembered."""

from __future__ import annotations

import pytest

from clearway.tools.docs.words import terms as indexed
from clearway.tools.rest.declared import words as declared

pytestmark = pytest.mark.unit


def test_a_run_of_letters_that_is_no_word_is_not_remembered() -> None:
    indexed.terms("deploys")
    known = indexed._terms_of.cache_info().misses
    assert indexed.terms("deploys " + "x" * (indexed.MAX_WORD + 1)) == indexed.terms("deploys")
    assert indexed._terms_of.cache_info().misses == known


def test_a_long_question_is_cut_like_a_short_one_and_not_remembered() -> None:
    known = declared._kept.cache_info().misses
    question = "the movieCredits_v2 " * 20
    assert declared.split(question) == ("the", "movie", "credits", "v", "2") * 20
    assert declared._kept.cache_info().misses == known
