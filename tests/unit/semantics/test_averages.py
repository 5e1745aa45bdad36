"""Averages over steps of time: of what each step adds up to, or of its rows."""

from __future__ import annotations

import pytest

from tests.unit.semantics.catalogs import abstained, planned, sales

pytestmark = pytest.mark.unit


@pytest.mark.parametrize(
    "question",
    ["average revenue per month", "median revenue per day", "average units sold each month"],
)
def test_an_average_per_step_is_asked_back_with_both_readings(question: str) -> None:
    found = abstained(sales, question)

    totals, rows = (planned(sales, reading.effect) for reading in found.readings)
    assert "SUM(" in totals
    assert "SUM(" not in rows


@pytest.mark.parametrize("question", ["average runs per day", "average jobs per status"])
def test_rows_are_not_averaged_by_one_of_their_numbers(question: str) -> None:
    abstained(sales, question)


@pytest.mark.parametrize(
    ("question", "part"),
    [
        ("average revenue by month", "AVG(sales_fact.revenue)"),
        ("average revenue per region", "GROUP BY sales_fact.region"),
        ("average runtime per day", "AVG(job_runs.runtime_seconds)"),
        ("average revenue per sale", "SELECT AVG(sales_fact.revenue)"),
        ("median revenue per sale", "ORDER BY sales_fact.revenue) AS median_revenue FROM"),
    ],
)
def test_other_averages_are_of_rows(question: str, part: str) -> None:
    assert part in planned(sales, question)
