"""Words of force: a Frame that shows nothing of them is not all the question says."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from clearway.semantics.frame import (
    ColumnRef,
    Dimension,
    Existence,
    Filter,
    Frame,
    MeasureSlot,
    Order,
    Period,
)
from clearway.semantics.normalform import normal_form
from clearway.stores.plans.words import quantifiers, shown_in
from tests.unit.semantics.catalogs import ASKER, NOW, sales

pytestmark = pytest.mark.unit

REGION = ColumnRef("shop.orders", "region")
REVENUE = MeasureSlot(aggregate="sum", column=ColumnRef("shop.orders", "total"))
PLAIN = Frame(text="", subject="shop.orders", measures=(REVENUE,))
BY_REGION = replace(PLAIN, dimensions=(Dimension(column=REGION),))
NOT_EAST = replace(PLAIN, filters=(Filter(column=REGION, comparator="<>", values=("East",)),))
OVER_30 = replace(PLAIN, filters=(Filter(measure=REVENUE, comparator=">", values=(30,)),))
FIVE_BEST = replace(BY_REGION, order=(Order(measure=REVENUE, descending=True),), limit=5)
IN_2025 = replace(PLAIN, period=Period(start=datetime(2025, 1, 1, tzinfo=UTC), end=None))
WITHOUT = replace(PLAIN, existence=(Existence(table="shop.refunds", negated=True),))
DISTINCT = replace(PLAIN, distinct=True)


@pytest.mark.parametrize(
    ("text", "frame"),
    [
        ("what is our revenue, please", PLAIN),
        ("Revenue per region", BY_REGION),
        ("revenue of each region", BY_REGION),
        ("revenue not in East", NOT_EAST),
        ("revenue excluding East", NOT_EAST),
        ("revenue without refunds", WITHOUT),
        ("revenue over 30", OVER_30),
        ("the top 5 regions by revenue", FIVE_BEST),
        ("revenue in 2025", IN_2025),
        ("revenue since the first of January", IN_2025),
        ("distinct revenue", DISTINCT),
    ],
)
def test_what_a_slot_shows_is_accounted_for(text: str, frame: Frame) -> None:
    assert shown_in(replace(frame, text=text))


@pytest.mark.parametrize(
    ("text", "frame"),
    [
        ("revenue by region", PLAIN),
        ("revenue not in East", PLAIN),
        ("revenue where it isn't East", PLAIN),
        ("revenue where it isn’t East", PLAIN),  # noqa: RUF001 - as phones type it
        ("REVENUE WITHOUT REFUNDS", PLAIN),
        ("revenue over 30", PLAIN),
        ("revenue over 31", OVER_30),
        ("the top regions", PLAIN),
        ("the 6 best regions", FIVE_BEST),
        ("distinct revenue", PLAIN),
        ("did any order fail", PLAIN),
        ("did every order fail", BY_REGION),
        ("revenue of all but East", NOT_EAST),
        ("only East", PLAIN),
        ("revenue 2025", PLAIN),
    ],
)
def test_what_no_slot_shows_is_not(text: str, frame: Frame) -> None:
    assert not shown_in(replace(frame, text=text))


def read(text: str) -> Frame:
    return normal_form(sales.read(text, ASKER, now=NOW, zone="UTC"))


@pytest.mark.parametrize(
    "text",
    [
        "revenue over the past 30 days",
        "revenue between January and March 2025",
        "sales where revenue is no more than 500",
        "sales with exactly 10 units sold",
        "products whose total units sold are below 1000",
        "runs with a runtime over 10 minutes",
        "revenue for every channel",
        "just show me revenue by region",
        "show all failed runs",
        "average revenue per sale",
        "revenue other than in Europe",
        "running total of revenue by month",
        "year to date revenue",
        "the region with the highest revenue",
        "products never sold in Europe",
    ],
)
def test_words_of_force_in_the_slot_they_belong_to_are_shown(text: str) -> None:
    frame = read(text)
    assert frame.complete, frame.leftover
    assert shown_in(frame)


@pytest.mark.parametrize(
    "text",
    [
        "how many runs are currently running",
        "number of runs with status running",
        "available products",
        "revenue so far",
        "did all runs fail today",
        "products sold in every region",
        "highest revenue by region",
        "regions with the highest revenue",
        "revenue up to March 2025",
        "revenue to date by month",
        "only online revenue",
        "revenue lost in Europe",
    ],
)
def test_words_of_force_the_reader_passes_over_are_not(text: str) -> None:
    assert not shown_in(read(text))


def test_all_but_some_is_said_of_one_dimension_and_no_other_way_to_group() -> None:
    every = read("units sold in every region other than Europe")
    assert quantifiers(every) == quantifiers(read("units sold in all regions except Europe"))
    assert quantifiers(every) == ["region"]
    assert quantifiers(read("units sold by region except Europe")) == []
