"""Rules, duties and practices are told from data that merely sounds like them."""

from __future__ import annotations

import pytest

from clearway.semantics.routing.clauses import speech_of
from clearway.semantics.routing.norms import (
    asks_for_duty,
    asks_for_practice,
    asks_for_way,
    asks_permission,
    limit_asked,
)

pytestmark = pytest.mark.unit


@pytest.mark.parametrize(
    "text",
    [
        "what is required before a ward is closed",
        "do lost keys have to be reported",
        "how many nurses does a night shift need",
        "can vouchers be combined?",
        "up to which amount can a clerk approve refunds",
        "how many failed attempts before a card gets blocked",
    ],
)
def test_duties(text: str) -> None:
    assert asks_for_duty(speech_of(text))


@pytest.mark.parametrize(
    "text",
    [
        "orders shipped after the required date",
        "rooms above the allowed 30 percent",
        "which floor should we look at by occupancy",
        "can revenue be broken down by floor?",
    ],
)
def test_no_duties(text: str) -> None:
    assert not asks_for_duty(speech_of(text))


def test_ways_permissions_practices_and_limits() -> None:
    assert asks_for_way(speech_of("the right way to hand over a ward"))
    assert asks_for_way(speech_of("the printer jams, now what"))
    assert asks_permission(speech_of("can visitors stay overnight"))
    assert not asks_permission(speech_of("can you show the visitors"))
    assert asks_for_practice(speech_of("do we count no-shows as guests"))
    assert not asks_for_practice(speech_of("do we have guests in May"))
    assert limit_asked(speech_of("minimum deposit amount")) == "deposit"
