"""Normal forms: what says the same is the same, and nothing else is."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clearway.semantics.frame import ColumnRef, Comparator, Dimension, Filter, Frame, MeasureSlot
from clearway.semantics.normalform import OPPOSITE, normal_form
from tests.unit.semantics.catalogs import ASKER, NOW, sales

pytestmark = pytest.mark.unit

TOTAL = ColumnRef("shop.orders", "total")
REGION = ColumnRef("shop.orders", "region")
BUYER = ColumnRef("shop.buyers", "country")
REVENUE = MeasureSlot(aggregate="sum", column=TOTAL, table="shop.orders")
FAILED = Filter(column=REGION, comparator="=", values=("failed",))
COUNTED = MeasureSlot(aggregate="count", table="shop.orders", where=(FAILED,))
PLAIN = Frame(text="", subject="shop.orders")
NUMBERS = st.integers(0, 5) | st.sampled_from([0.5, 1.5])
COMPARATORS = st.sampled_from(["=", "<>", "<", "<=", ">", ">="])


def holds(found: Filter, value: float) -> bool:
    """Whether a condition holds of a number, read as plainly as can be."""
    limit = found.values[0]
    assert isinstance(limit, int | float)
    test = {
        "=": value == limit,
        "<>": value != limit,
        "<": value < limit,
        "<=": value <= limit,
        ">": value > limit,
        ">=": value >= limit,
    }[found.comparator]
    return test != found.negated


@given(COMPARATORS, NUMBERS, st.booleans(), NUMBERS)
def test_a_condition_holds_of_the_same_numbers_in_its_normal_form(
    comparator: Comparator, limit: float, negated: bool, value: float
) -> None:
    said = Filter(column=TOTAL, comparator=comparator, values=(limit,), negated=negated)
    (found,) = normal_form(replace(PLAIN, filters=(said,))).filters
    assert not found.negated
    assert holds(found, value) == holds(said, value)


def test_what_does_not_hold_of_a_related_row_is_left_alone() -> None:
    said = replace(
        PLAIN, filters=(Filter(column=BUYER, comparator="=", values=("FR",), negated=True),)
    )
    assert normal_form(said) == said


def test_a_flag_that_may_be_empty_is_left_alone() -> None:
    said = replace(
        PLAIN, filters=(Filter(column=REGION, comparator="=", values=(True,), negated=True),)
    )
    assert normal_form(said) == said


def test_every_opposite_is_opposite_both_ways() -> None:
    assert all(OPPOSITE[other] == one for one, other in OPPOSITE.items())


def test_rows_are_counted_among_themselves_or_among_all_of_their_group() -> None:
    grouped = replace(PLAIN, dimensions=(Dimension(column=REGION),))
    having = Filter(measure=COUNTED, comparator=">", values=(3,))
    every = Filter(measure=replace(COUNTED, where=()), comparator=">", values=(3,))
    one = replace(grouped, filters=(having,))
    other = replace(grouped, filters=(FAILED, every))
    assert normal_form(one).canonical() == normal_form(other).canonical()


@pytest.mark.parametrize(
    "change",
    [
        {"filters": (Filter(measure=COUNTED, comparator="=", values=(0,)),)},
        {"filters": (Filter(measure=COUNTED, comparator="<", values=(3,)),)},
        {"filters": (Filter(measure=COUNTED, comparator=">=", values=(0,)),)},
        {"measures": (REVENUE,)},
        {"dimensions": ()},
    ],
    ids=str,
)
def test_groups_without_such_rows_or_with_other_numbers_stay(change: dict[str, object]) -> None:
    said = replace(
        PLAIN,
        dimensions=(Dimension(column=REGION),),
        filters=(Filter(measure=COUNTED, comparator=">", values=(3,)),),
    )
    said = replace(said, **change)  # type: ignore[arg-type] # fields of a Frame
    assert normal_form(said).filters == said.filters


def test_the_rows_of_what_is_measured_are_spoken_of() -> None:
    assert normal_form(Frame(text="", measures=(REVENUE,))).subject == "shop.orders"
    two = (REVENUE, replace(REVENUE, table="shop.refunds"))
    assert normal_form(Frame(text="", measures=two)).subject is None


SAME = [
    ("revenue by region and channel", "revenue by channel and region"),
    ("sales with revenue not below 750", "sales with revenue of at least 750"),
    ("sales with revenue no more than 50", "sales with revenue of at most 50"),
    ("sales with revenue above 1.5k", "sales with revenue over 1500"),
    ("runs with a runtime over 1.5 minutes", "runs with a runtime over 90 seconds"),
    (
        "jobs with an average runtime over 2 minutes",
        "jobs with an average runtime over 120 s",
    ),
    ("jobs with an average runtime over 2 minutes", "jobs with an average runtime over 120 s"),
    ("units sold in 2024 against 2025", "units sold in 2025 vs 2024"),
    ("revenue from Q1 to Q3 2025", "revenue from January to September 2025"),
    ("revenue in the month of June 2025", "revenue in June 2025"),
    ("sales from April 2025 on", "sales since April 2025"),
    ("sales count by region", "number of sales by region"),
    ("sales with revenue in excess of 2,000", "sales with revenue above 2000"),
    ("revenue prior to 2025", "revenue before 2025"),
    ("revenue from March 2025 onwards", "revenue since March 2025"),
    ("revenue until the end of June 2024", "revenue before July 2024"),
    ("revenue from 1 to 29 February 2024", "revenue in February 2024"),
    ("revenue on the 3rd of February 2025", "revenue on 2025-02-03"),
    ("year-to-date revenue", "revenue so far this year"),
]
DIFFERENT = [
    ("revenue by region and channel", "revenue by region"),
    ("sales with revenue not below 750", "sales with revenue above 750"),
    ("sales with revenue no more than 50", "sales with revenue of less than 50"),
    ("sales with revenue above 1.5k", "sales with revenue above 15k"),
    ("runs with a runtime over 1.5 minutes", "runs with a runtime over 90 minutes"),
    ("jobs with an average runtime over 2 minutes", "jobs with an average runtime over 2 s"),
    ("units sold in 2024 against 2025", "units sold in 2024 against 2023"),
    ("revenue from Q1 to Q3 2025", "revenue from Q1 to Q2 2025"),
    ("sales from April 2025 on", "sales in April 2025"),
    ("sales count by region", "revenue of sales by region"),
    ("revenue prior to 2025", "revenue until 2025"),
    ("revenue from March 2025 onwards", "revenue after March 2025"),
    ("revenue until the end of June 2024", "revenue before June 2024"),
    ("revenue from 1 to 28 February 2024", "revenue in February 2024"),
    ("revenue on the 3rd of February 2025", "revenue on 2025-03-02"),
    ("year-to-date revenue", "revenue by year"),
    ("revenue in the last quarter of 2024", "revenue last quarter"),
    ("revenue through March 2025", "revenue in March 2025"),
    ("revenue so far this year", "revenue last year"),
    ("revenue over the past 7 days", "revenue last week"),
    ("revenue in the past quarter", "revenue last quarter"),
]


def meaning(text: str) -> str:
    frame = sales.read(text, ASKER, now=NOW, zone="UTC")
    assert frame.complete, (text, frame.leftover)
    return normal_form(frame).canonical()


@pytest.mark.parametrize(("one", "other"), SAME)
def test_two_ways_to_say_one_thing_are_one(one: str, other: str) -> None:
    assert meaning(one) == meaning(other)


@pytest.mark.parametrize(("one", "other"), DIFFERENT)
def test_two_things_stay_two(one: str, other: str) -> None:
    assert meaning(one) != meaning(other)
