"""Of what a present condition is asked for."""

from __future__ import annotations

import pytest

from clearway.semantics.routing.clauses import speech_of
from clearway.semantics.routing.liveness import condition_asked

pytestmark = pytest.mark.unit


@pytest.mark.parametrize(
    ("text", "thing"),
    [
        ("is the booking engine up", "engine"),
        ("anything wrong with reservations atm?", "reservations"),
        ("is it just me or is search dead", "search"),
        ("can you reach inventory", "inventory"),
        ("how is the till holding up", "till"),
        ("has the login page been slow again", "page"),
        ("is anything down right now", ""),
        ("are we having an outage in checkout", ""),
        ("the kiosk isn't loading", "kiosk"),
    ],
)
def test_asked(text: str, thing: str) -> None:
    condition = condition_asked(speech_of(text))
    assert condition is not None
    assert condition.thing == thing


@pytest.mark.parametrize(
    "text",
    [
        "has anything been running for over two hours",
        "what sells best online",
        "how many fingers am I holding up",
        "guests by room",
        "that is down to you",
        "are you up?",
    ],
)
def test_not_asked(text: str) -> None:
    assert condition_asked(speech_of(text)) is None
