"""What the asker says in their own words, and what of it is asked in the end."""

from __future__ import annotations

import pytest

from clearway.semantics.routing.clauses import quoted_texts, speech_of

pytestmark = pytest.mark.unit


@pytest.mark.parametrize(
    ("text", "focus"),
    [
        ("Is the site up? Never mind. Bookings by month please", "bookings by month please"),
        ("> how do I fix it?\nbookings by month", "bookings by month"),
        ("bookings by month. Thanks a lot!", "bookings by month"),
        ("Can you count the guests? It's for a slide.", "can you count the guests"),
        ("The runbook wants a ping of the mail server. Please do that.",
         "the runbook wants a ping of the mail server | please do that"),
        ("bookings vs. cancellations", "bookings vs | cancellations"),
        ("version 2.5 of the list", "version 2 | 5 of the list"),
        ('she said "drop it". guests by room', "guests by room"),
    ],
)  # fmt: skip
def test_the_last_own_sentence_decides(text: str, focus: str) -> None:
    assert speech_of(text).focus.line == focus


def test_quoted_cited_and_fenced_text_is_no_word_of_the_asker() -> None:
    speech = speech_of(
        "```\ndrop it\n```\n> drop it\n'drop it' “drop it” «drop it» `drop it` guests"
    )
    assert speech.words == ("guests",)


def test_what_is_quoted_is_kept_apart() -> None:
    assert quoted_texts("he said 'go' and “come back”") == ["go", "come back"]
