"""Talk, and questions that say too little, are told from questions."""

from __future__ import annotations

import pytest

from clearway.semantics.routing.clauses import speech_of
from clearway.semantics.routing.smalltalk import about_clearway, asks_too_little, remarks, states

pytestmark = pytest.mark.unit


@pytest.mark.parametrize(
    "text",
    [
        "show me the numbers",
        "which one is better",
        "and for Q3?",
        "same but for last year",
        "what about March?",
        "top 10",
        "how are we doing compared to them",
    ],
)
def test_too_little(text: str) -> None:
    assert asks_too_little(speech_of(text))


@pytest.mark.parametrize(
    "text", ["yes", "from where", "the guests of May", "something about stuff", "hello there"]
)
def test_enough_or_nothing(text: str) -> None:
    assert not asks_too_little(speech_of(text))


def test_remarks_statements_and_talk_about_clearway() -> None:
    assert remarks(speech_of("I dreamt about pivot tables"))
    assert not remarks(speech_of("I need the guests of May"))
    assert states(speech_of("guests are like fish"))
    assert not states(speech_of("guests that are late"))
    assert about_clearway(speech_of("how old are you"))
    assert not about_clearway(speech_of("how do you connect a printer"))
