"""Which sentences answer, and that near the subject is not yet an answer."""

from __future__ import annotations

import pytest

from clearway.tools.docs.answering.answer import extracted
from clearway.tools.docs.answering.support import ENOUGH_SUPPORT, support
from tests.unit.tools.docs.test_answer import found

pytestmark = pytest.mark.unit

NOTICE = (
    "# Notice\n\n| Role | Notice period |\n|---|---|\n| Brewer | three months |\n"
    "| Apprentice | two weeks |\n\n# Overtime\n\nOvertime is paid double on Sundays."
)
STUCK = (
    "# Stuck fermentation\n\nIf the gravity has not moved for 48 hours, it is stuck. Rouse the "
    "yeast with carbon dioxide. Never add sugar.\n\n# Rest\n\nHold 16 °C for two days."
)
SAMPLES = "# Samples\n\nA sample of every batch is kept in the cold room for six months."


@pytest.mark.parametrize(
    ("question", "text", "says"),
    [
        ("what is the notice period of an apprentice?", NOTICE, "Notice period: two weeks"),
        ("how is overtime on Sundays paid?", NOTICE, "double"),
        ("how long are samples stored?", SAMPLES, "six months"),
        ("how long is the rest?", STUCK, "two days"),
    ],
)
def test_what_is_said_in_other_words_is_found(question: str, text: str, says: str) -> None:
    answer = extracted(question, found(question, text))
    assert answer.found
    assert says in answer.text


def test_a_row_comes_with_the_head_of_its_table() -> None:
    question = "what is the notice period of a brewer?"
    answer = extracted(question, found(question, NOTICE))
    assert answer.text == "Role: Brewer; Notice period: three months [1]"
    assert [each.quote for each in answer.citations] == [
        "| Role | Notice period |\n| Brewer | three months |"
    ]


def test_of_a_subject_that_is_a_heading_all_that_stands_under_it_is_told() -> None:
    question = "what do I do about a stuck fermentation?"
    answer = extracted(question, found(question, STUCK))
    assert [each.text for each in answer.sentences] == [
        "If the gravity has not moved for 48 hours, it is stuck.",
        "Rouse the yeast with carbon dioxide.",
        "Never add sugar.",
    ]


def test_an_item_stands_in_an_answer_once() -> None:
    text = (
        "# Stuck pump\n\nA stuck pump makes no sound.\n\nTo free a stuck pump:\n\n"
        "1. Cut the power.\n2. Turn the shaft.\n\nNever open it."
    )
    question = "what do I do about a stuck pump?"
    answer = extracted(question, found(question, text))
    assert [each.text for each in answer.sentences] == [
        "A stuck pump makes no sound.",
        "To free a stuck pump:\n1. Cut the power.\n2. Turn the shaft.",
        "Never open it.",
    ]


@pytest.mark.parametrize(
    ("question", "text"),
    [
        ("who is on call?", "# On call\n\nA week on call begins on Monday at 09:00 UTC."),
        ("what is the salary of a brewer?", NOTICE),
        ("what is the notice period of the plant manager?", NOTICE),
        ("how is overtime of apprentices taxed?", NOTICE),
        ("how many samples are taken a year?", SAMPLES),
        ("what is the temperature of the cold room?", SAMPLES),
        ("who supplies the sugar?", STUCK),
    ],
)
def test_near_the_subject_is_not_an_answer(question: str, text: str) -> None:
    given = found(question, text)
    assert support(given, question) < ENOUGH_SUPPORT
    assert not extracted(question, given).found


def test_of_several_things_asked_each_is_answered() -> None:
    question = "what does it say about stuck fermentation, and how long are samples kept?"
    answer = extracted(question, found(question, STUCK, SAMPLES))
    assert "Rouse the yeast" in answer.text
    assert "six months" in answer.text
    assert len(answer.citations) == 2


def test_several_things_of_which_one_is_missing_are_refused() -> None:
    question = "what does it say about stuck fermentation, and who owns the brewery shares?"
    assert not extracted(question, found(question, STUCK, SAMPLES)).found
