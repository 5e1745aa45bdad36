from __future__ import annotations

import json
from dataclasses import replace

import pytest

from clearway.semantics.frame import Frame
from tests.unit.semantics.catalogs import frame, library, sales

pytestmark = pytest.mark.unit

RICH = "top 5 products by revenue in Europe or Asia Pacific last quarter"


def test_a_frame_survives_its_json_exactly() -> None:
    read = frame(sales, RICH)

    assert Frame.from_json(json.loads(json.dumps(read.to_json()))) == read


def test_another_schema_version_is_refused() -> None:
    plain = frame(sales, RICH).to_json()

    with pytest.raises(ValueError, match="version 99"):
        Frame.from_json({**plain, "schema_version": 99})


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("revenue by region", "what is the revenue per region?"),
        ("total revenue by region last quarter", "Total  REVENUE for each region last quarter"),
        ("how many jobs failed yesterday", "number of jobs that failed yesterday"),
        ("revenue in Europe by channel", "revenue by channel in Europe"),
    ],
)
def test_the_same_meaning_has_the_same_canonical_text(one: str, other: str) -> None:
    assert frame(sales, one).canonical() == frame(sales, other).canonical()


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("revenue by region last quarter", "revenue by region last month"),
        ("top 5 products by revenue", "top 6 products by revenue"),
        ("top 5 products by revenue", "bottom 5 products by revenue"),
        ("revenue in Europe", "revenue outside Europe"),
        ("average runtime per job", "maximum runtime per job"),
        ("revenue by region", "share of revenue by region"),
        ("my revenue by region", "revenue by region"),
        ("sales with more than 5 units sold", "sales with at least 5 units sold"),
    ],
)
def test_another_meaning_has_another_canonical_text(one: str, other: str) -> None:
    assert frame(sales, one).canonical() != frame(sales, other).canonical()


def test_unexplained_words_are_part_of_the_meaning() -> None:
    one, other = frame(sales, "churned revenue"), frame(sales, "deferred revenue")

    assert not one.complete
    assert one.canonical() != other.canonical()


def test_spans_are_no_part_of_the_meaning() -> None:
    read = frame(library, "How many books are there?")

    assert replace(read, text="else").canonical() == read.canonical()
