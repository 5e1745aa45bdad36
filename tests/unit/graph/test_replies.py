"""What people answer when they are asked back: a choice in whatever form, words, something else."""

from __future__ import annotations

import pytest

from clearway.graph.replies import choice_of, is_about, meaning_of, picked
from clearway.graph.state import Pending
from clearway.nodes.admit import again
from clearway.nodes.clarify import answer_of

pytestmark = pytest.mark.unit

LABELS = ("units sold of sales fact", "revenue of sales fact", "cost of sales fact")
PENDING: Pending = {
    "text": "total churn by region",
    "prompt": "I do not know what “churn” is.",
    "unclear": ["churn"],
    "round": 1,
    "choices": [
        {"id": str(n), "label": label, "effect": f"total {label} by region", "term": "churn"}
        for n, label in enumerate(LABELS, start=1)
    ],
}
NO_CHOICES: Pending = {**PENDING, "choices": []}


@pytest.mark.parametrize(
    "reply",
    [
        "2", "2.", " 2 ", "#2", "(2)", "option 2", "number 2", "No. 2", "the second one", "Second",
        "Revenue of sales fact", "revenue", "“revenue”", "the second",
    ],
)  # fmt: skip
def test_a_choice_is_picked_as_people_say_it(reply: str) -> None:
    assert picked(PENDING, reply) == "total revenue of sales fact by region"


@pytest.mark.parametrize(
    "reply",
    [
        "4",
        "0",
        "22",
        "",
        "sales",
        "fact",
        "rev",
        "revenue by channel",
        "2 regions",
        "second quarter",
    ],
)
def test_what_could_be_several_or_is_more_than_a_choice_picks_none(reply: str) -> None:
    assert choice_of(PENDING, reply) is None
    assert meaning_of(PENDING, reply) is None


@pytest.mark.parametrize(
    ("reply", "about"),
    [
        ("revenue by channel", True),
        ("total cost for each region", True),
        ("how many job runs failed last month", False),
        ("what is the weather like today", False),
    ],
)
def test_an_unrelated_message_is_told_from_an_answer_in_words(reply: str, about: bool) -> None:
    assert is_about(PENDING, reply) is about
    assert answer_of(PENDING, reply) == (reply, about)


@pytest.mark.parametrize("reply", ["", "7"])
def test_nothing_said_and_a_number_of_no_choice_ask_the_same_again(reply: str) -> None:
    assert answer_of(PENDING, reply) == (PENDING["text"], True)


def test_asking_again_says_why_once_and_what_is_unclear() -> None:
    first = again(PENDING)
    assert first["prompt"] == f"That is not one of the choices. {PENDING['prompt']}"
    assert again({**PENDING, "prompt": first["prompt"]}) == first
    assert first["unclear"] == ["churn"]
    assert "choices" not in again(NO_CHOICES)["reason"]
