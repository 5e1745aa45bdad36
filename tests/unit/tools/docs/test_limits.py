"""The two sides of a limit: a sentence about the other one does not answer."""

from __future__ import annotations

import pytest

from clearway.tools.docs.words.limits import contrary, limits

pytestmark = pytest.mark.unit


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Up to 15 % the lead signs.", {("15", "up to")}),
        ("above 15 percent", {("15", "above")}),
        ("orders of no more than €1,000", {("1,000", "up to")}),
        ("more than 3 days, but not more than 5", {("3", "above"), ("5", "up to")}),
        ("at least 8 characters", {("8", "above")}),
        ("20 days or fewer; 4 hours or more", {("20", "up to"), ("4", "above")}),
        ("it must not exceed 90 minutes", {("90", "up to")}),
        ("what exceeds 90 minutes", {("90", "above")}),
        ("no fewer than 2 reviewers", {("2", "above")}),
        ("under the desk of room 12 over lunch at 12", set()),
        ("version 3 of 2024", set()),
    ],
)
def test_limits_are_read_with_their_side(text: str, found: set[tuple[str, str]]) -> None:
    assert limits(text) == found


@pytest.mark.parametrize(
    ("sentence", "question", "expected"),
    [
        ("Up to 15 % the lead signs off.", "who signs off above 15 percent?", True),
        ("Above 15 % the head signs off.", "and who signs off up to 15 percent?", True),
        ("Above 15 % the head signs off.", "who signs off above 15 percent?", False),
        ("Up to 15 % the lead, above 15 % the head.", "who signs off above 15 percent?", False),
        ("Up to 10 % the seller decides.", "who signs off above 15 percent?", False),
        ("Up to five days are carried over.", "how many days are carried over?", False),
        ("Up to 5 days are carried over.", "can I carry over more than 5 days?", False),
    ],
)
def test_only_the_other_side_of_the_same_number_is_contrary(
    sentence: str, question: str, expected: bool
) -> None:
    assert contrary(sentence, question) is expected
