from __future__ import annotations

import pytest

from clearway.semantics.frame import Frame
from tests.unit.semantics.catalogs import frame, sales

pytestmark = pytest.mark.unit

FIRST = "total revenue by region last quarter"


def then(*texts: str) -> Frame:
    found: Frame | None = None
    for text in texts:
        found = frame(sales, text, found)
    assert found is not None
    return found


def whole(text: str) -> Frame:
    return frame(sales, text)


@pytest.mark.parametrize(
    ("follow_up", "same_as"),
    [
        ("and for Q3 2025?", "total revenue by region in Q3 2025"),
        ("only Europe", "total revenue by region in Europe last quarter"),
        ("same by channel", "total revenue by channel last quarter"),
        ("and units sold?", "total units sold by region last quarter"),
        ("what about last month", "total revenue by region last month"),
        ("without Europe", "total revenue by region outside Europe last quarter"),
    ],
)
def test_a_fragment_completes_the_earlier_question(follow_up: str, same_as: str) -> None:
    merged = then(FIRST, follow_up)

    assert merged.follow_up
    assert merged.complete
    assert merged.canonical() == whole(same_as).canonical()


@pytest.mark.parametrize("text", ["and the year before?", "what about the year before"])
def test_the_year_before_is_the_same_stretch_of_time_a_year_earlier(text: str) -> None:
    merged = then("total revenue by region in Q1 2025", text)

    assert merged.complete
    assert merged.canonical() == whole("total revenue by region in Q1 2024").canonical()


def test_the_year_before_of_no_time_is_not_guessed() -> None:
    assert not then("total revenue by region", "and the year before?").complete


def test_a_value_of_the_same_column_takes_the_place_of_the_earlier_one() -> None:
    merged = then("revenue by channel in Europe", "what about Asia Pacific?")

    assert merged.canonical() == whole("revenue by channel in Asia Pacific").canonical()


def test_a_chart_is_the_same_data() -> None:
    merged = then(FIRST, "as a chart")

    assert merged.presentation == "chart"
    assert merged.measures[0].column == whole(FIRST).measures[0].column


def test_a_new_number_of_rows_passes_over_none() -> None:
    merged = then("second highest revenue by region", "top 3")

    assert (merged.limit, merged.skip) == (3, 0)


def test_several_turns_add_up() -> None:
    merged = then(FIRST, "only Europe", "by channel", "top 2")

    assert (merged.limit, merged.dimensions[0].column.name, merged.filters[0].values) == (
        2, "channel", ("Europe",),
    )  # fmt: skip


@pytest.mark.parametrize(
    "text",
    [
        "how many jobs failed yesterday",
        "list the last 10 job runs",
        "average runtime per job this week",
        "and the average runtime by job last week?",
    ],
)
def test_a_new_topic_is_not_merged(text: str) -> None:
    assert not then(FIRST, text).follow_up


def test_a_fragment_of_nothing_is_not_answered() -> None:
    assert not whole("and by region?").complete
    assert not whole("only Europe").measures
