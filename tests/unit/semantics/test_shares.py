"""Part and whole: the whole stands behind `of`, the part is what is said of it."""

from __future__ import annotations

import pytest

from tests.unit.semantics.catalogs import abstained, planned, sales

pytestmark = pytest.mark.unit

_RUNS = "COUNT(CASE WHEN job_runs.status = 'failed' THEN 1 END)"
_ONLINE = "SUM(CASE WHEN sales_fact.channel = 'Online' THEN sales_fact.revenue END)"
_EUROPE = "SUM(CASE WHEN sales_fact.region = 'Europe' THEN sales_fact.revenue END)"


@pytest.mark.parametrize(
    ("question", "part", "whole"),
    [
        (
            "what percentage of load_sales runs failed",
            _RUNS,
            "WHERE job_runs.job_name = 'load_sales'",
        ),
        (
            "what percentage of runs of load_sales failed",
            _RUNS,
            "WHERE job_runs.job_name = 'load_sales'",
        ),
        (
            "percentage of load_sales runs that failed",
            _RUNS,
            "WHERE job_runs.job_name = 'load_sales'",
        ),
        (
            "what percent of failed runs were load_sales",
            "COUNT(CASE WHEN job_runs.job_name = 'load_sales' THEN 1 END)",
            "WHERE job_runs.status = 'failed'",
        ),
        (
            "what percentage of Europe's revenue is online",
            _ONLINE,
            "WHERE sales_fact.region = 'Europe'",
        ),
        (
            "what percentage of Online revenue comes from Europe",
            _EUROPE,
            "WHERE sales_fact.channel = 'Online'",
        ),
        (
            "what percentage of Europe's units sold are Anvils",
            "SUM(CASE WHEN sales_fact.product = 'Anvil' THEN sales_fact.units_sold END)",
            "WHERE sales_fact.region = 'Europe'",
        ),
        (
            "what percentage of load_sales runs took longer than 5 minutes",
            "COUNT(CASE WHEN job_runs.runtime_seconds > 300 THEN 1 END)",
            "WHERE job_runs.job_name = 'load_sales'",
        ),
        (
            "Europe's share of revenue by channel",
            _EUROPE,
            "NULLIF(SUM(sales_fact.revenue), 0) AS share_of_total_revenue",
        ),
        (
            "what percentage of Online revenue comes from each region",
            "OVER (), 0)",
            "WHERE sales_fact.channel = 'Online' GROUP BY sales_fact.region",
        ),
        (
            "units sold as a percentage of revenue by region",
            "100 * SUM(sales_fact.units_sold) AS DECIMAL) / NULLIF(SUM(sales_fact.revenue), 0)",
            "GROUP BY sales_fact.region",
        ),
    ],
)
def test_part_and_whole_are_told_apart(question: str, part: str, whole: str) -> None:
    sql = planned(sales, question)

    assert part in sql
    assert whole in sql


@pytest.mark.parametrize(
    "question",
    [
        "percentage of online revenue from Europe",
        "share of revenue from Europe by channel",
        "what percentage of runs that failed were load_sales in 2025 and 2024",
        "what percentage of Europe's revenue came in 2025",
        "what percentage of revenue is online in Europe",
        "unit price as a percentage of revenue",
        "Europe revenue as a percentage of total revenue",
        "percentage of failed runs over 5 minutes",
    ],
)
def test_what_may_be_part_or_whole_is_asked_back(question: str) -> None:
    abstained(sales, question)
