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
from clearway.stores.plan_words import shown_in

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
