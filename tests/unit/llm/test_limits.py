"""Whose windows an attempt counts in, and what the weights of a score may be."""

from __future__ import annotations

import pytest

from clearway.llm import RouterSettings
from clearway.llm.choice.score import Weights, weights_of
from tests.unit.llm.conftest import request, route

pytestmark = pytest.mark.unit

SETTINGS = RouterSettings(
    user_requests=1, user_tokens=2, address_requests=3, address_tokens=4, global_requests=5,
    global_tokens=6, window_s=9,
)  # fmt: skip


def test_a_request_counts_once_and_all_its_tokens() -> None:
    asked = request(user="ada", tenant="north", address="203.0.113.9")

    def told(*, first: bool) -> dict[tuple[str, str], int]:
        windows = SETTINGS.windows(asked, route("one"), first=first)
        assert {window.seconds for window in windows} == {9}
        return {(window.key, window.counts): window.limit for window in windows}

    tokens = {
        ("user:north/ada", "tokens"): 2,
        ("address:203.0.113.9", "tokens"): 4,
        ("global", "tokens"): 6,
    }
    assert told(first=False) == tokens
    assert told(first=True) == {
        ("user:north/ada", "requests"): 1,
        ("address:203.0.113.9", "requests"): 3,
        ("global", "requests"): 5,
        **tokens,
    }


def test_who_is_known_is_not_limited_by_an_address() -> None:
    windows = SETTINGS.windows(request(user="ada"), route("one"), first=True)
    assert {window.key for window in windows} == {"user:default/ada", "global"}


def test_weights_are_changed_one_by_one() -> None:
    assert weights_of({"cost": 0.5}) == Weights(cost=0.5)


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"price": 1.0}, "price: the terms are strength, reliability"),
        ({name: 0.0 for name in ("strength", "reliability", "context", "cost", "latency",
                                 "features")}, "some term has to count"),
    ],
)  # fmt: skip
def test_weights_that_mean_nothing_are_a_mistake(given: dict[str, float], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        weights_of(given)
