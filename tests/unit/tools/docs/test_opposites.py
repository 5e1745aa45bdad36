"""Of two opposites, a sentence about the other one does not answer."""

from __future__ import annotations

import pytest

from clearway.tools.docs.answering.answer import extracted
from clearway.tools.docs.words.opposites import opposite
from tests.unit.tools.docs.test_answer import found

pytestmark = pytest.mark.unit


@pytest.mark.parametrize(
    ("sentence", "question", "expected"),
    [
        ("Full-time employees have 28 days.", "how many days do part-time employees have", True),
        ("Full-timers have 28 days, part-timers 14.", "how many days do part-timers have", False),
        ("Employees have 28 days.", "how many days do part-time employees have", False),
        ("External audits take a week.", "how long do internal audits take?", True),
        ("The maximum is 12 characters.", "what is the minimum length of a password?", True),
        ("Passwords have at least 12.", "what is the minimum length of a password?", False),
        ("Up to five days are paid.", "what is the minimum number of days?", True),
        ("At weekends it closes at noon.", "when does it close on weekdays?", True),
        ("After the deadline it costs 5.", "what does it cost before the deadline?", True),
        ("After the briefing it costs 5.", "what does it cost before the deadline?", False),
        ("Unpaid leave lasts a year.", "how long does paid leave last?", True),
        ("Paid leave lasts a month.", "how long does unpaid leave last?", True),
        ("Non-urgent calls wait a day.", "how long do urgent calls wait?", True),
        ("Urgent and non-urgent calls wait.", "how long do urgent calls wait?", False),
        ("The course is optional.", "is the course mandatory?", False),
    ],
)
def test_a_sentence_about_the_opposite_is_told_from_one_about_it(
    sentence: str, question: str, expected: bool
) -> None:
    assert opposite(sentence, (), question) is expected


def test_headings_count_where_the_sentence_is_silent() -> None:
    question = "how many days do part-time employees have?"
    assert opposite("They have 28 days.", ("Full-time employees",), question)
    assert not opposite("They have 28 days.", ("Part-time employees", "Full-time"), question)


@pytest.mark.parametrize(
    ("question", "text", "says"),
    [
        (
            "how many vacation days do part-time employees have?",
            "Full-time employees have 28 vacation days a year.",
            None,
        ),
        (
            "how many vacation days do part-time employees have?",
            "Full-time employees have 28 vacation days. Part-time employees have 14 vacation days.",
            "14",
        ),
        (
            "who wrote the travel policy?",
            "# Travel policy\n\nBusiness class needs the written approval of the CFO.",
            None,
        ),
        (
            "who wrote the travel policy?",
            "# Travel policy\n\nThe travel policy was written by Ada Berg of finance.",
            "Ada Berg",
        ),
    ],
)
def test_what_is_quoted_is_about_what_was_asked(question: str, text: str, says: str | None) -> None:
    answer = extracted(question, found(question, text))
    assert answer.found is (says is not None)
    assert says is None or says in answer.text
    assert "Full-time" not in answer.text
