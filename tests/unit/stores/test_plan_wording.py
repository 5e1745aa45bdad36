"""Wordings: closed classes of English said alike, everything else as it was typed."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clearway.stores.plans.wording import wording_of

pytestmark = pytest.mark.unit

SAME = [
    ("glorps per zone", "glorps by zone"),
    ("glorps for each zone", "glorps broken down by zone"),
    ("could you please show me the glorps per zone, thanks", "glorps by zone"),
    ("Hi, glorps by zone?", "glorps by zone"),
    ("top ten zones by glorps", "top 10 zones by glorps"),
    ("how many different zones", "number of distinct zones"),
    ("zones sorted by glorps ascending", "zones ordered by glorps, lowest first"),
    ("zones with more than 1,000 glorps", "zones with above 1000 glorps"),
    ("mean glorps", "average glorps"),
]
DIFFERENT = [
    ("glorps per zone", "glorps in every zone"),
    ("glorps by zone", "zone by glorps"),
    ("glorps by Zone", "glorps by zone"),
    ("top ten zones by glorps", "top 11 zones by glorps"),
    ("zones sorted by glorps ascending", "zones sorted by glorps descending"),
    ("zones with more than 10 glorps", "zones with at least 10 glorps"),
    ("zones different from glorps", "zones distinct glorps"),
    ("zones with glorps", "zones without glorps"),
    ('zones called "Per"', 'zones called "by"'),
    ("the zone's glorps", "the zone glorps"),
    ("glorps, zones", "glorps zones"),
    ("please list glorps", "glorps please list"),
    ("zones ranked by glorps", "zones sorted by glorps"),
    ("what are glorps", "show glorps"),
]


@pytest.mark.parametrize(("one", "other"), SAME)
def test_two_ways_to_say_one_thing_are_one(one: str, other: str) -> None:
    assert wording_of(one) == wording_of(other)


@pytest.mark.parametrize(("one", "other"), DIFFERENT)
def test_two_things_stay_two(one: str, other: str) -> None:
    assert wording_of(one) != wording_of(other)


def test_what_was_understood_may_be_written_in_capitals() -> None:
    assert wording_of("Zones by glorps", [(0, 5)]) == wording_of("zones by glorps")
    assert wording_of("Zones by Glorps", [(0, 5)]) != wording_of("zones by glorps")


@given(st.lists(st.sampled_from(["qux", "zot", "vrax", "in", "with", "not", "or"]), max_size=6))
def test_words_that_say_something_stay_in_their_order(words: list[str]) -> None:
    assert wording_of("  ".join(words)).split() == words


@given(st.text(max_size=60))
def test_any_text_has_a_wording(text: str) -> None:
    assert isinstance(wording_of(text), str)
