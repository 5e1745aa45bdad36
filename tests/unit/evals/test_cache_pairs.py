"""Scoring pairs: what counts as a hit, and what as a wrong one."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from clearway.evals.cache_pairs import Pair, cross_check, load, score

pytestmark = pytest.mark.unit

PAIRS = [
    Pair(id="1", a="revenue by region", b="revenue per region", same=True),
    Pair(id="2", a="revenue per region", b="revenue of each region", same=True),
    Pair(id="3", a="revenue by region", b="revenue by country", same=False),
    Pair(id="4", a="more than 5", b="fewer than 5", same=False),
]


def test_hits_and_wrong_hits_are_told_apart() -> None:
    keys = {
        "revenue by region": "R",
        "revenue per region": "R",
        "revenue of each region": "E",
        "revenue by country": "R",
        "more than 5": "M",
        "fewer than 5": "F",
    }
    scores = score(PAIRS, keys.__getitem__)
    assert (scores.same, scores.hits, scores.different) == (2, 1, 2)
    assert [pair.id for pair in scores.wrong] == ["3"]
    assert [pair.id for pair in scores.missed] == ["2"]


def test_neighbours_that_no_chain_of_pairs_calls_the_same_may_not_share_a_key() -> None:
    checked, shared = cross_check(PAIRS, lambda text: text.split()[0], nearest=2)
    assert checked == 6 * 2
    assert shared == [
        ("revenue by country", "revenue by region"),
        ("revenue by country", "revenue of each region"),
        ("revenue by country", "revenue per region"),
    ]


def test_pairs_may_say_more_than_is_read(tmp_path: Path) -> None:
    path = tmp_path / "pairs.jsonl"
    path.write_text(json.dumps({"id": "1", "a": "x", "b": "y", "same": True, "note": "z"}) + "\n\n")
    assert load(path) == [Pair(id="1", a="x", b="y", same=True)]
