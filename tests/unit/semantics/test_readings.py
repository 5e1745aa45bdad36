"""Questions that are easily read as something else, and what they are read as."""

from __future__ import annotations

import pytest

from tests.unit.semantics.catalogs import abstained, depot, planned, sales

pytestmark = pytest.mark.unit


@pytest.mark.parametrize(
    ("question", "part"),
    [
        ("longest running job", "SELECT job_runs.job_name"),
        ("longest running job", "ORDER BY job_runs.runtime_seconds DESC NULLS LAST LIMIT 1"),
        (
            "percentage of revenue from Europe",
            "SUM(CASE WHEN sales_fact.region = 'Europe' THEN sales_fact.revenue END)",
        ),
        (
            "percentage of revenue from Europe",
            "CAST(100 * SUM(CASE WHEN sales_fact.region = 'Europe' THEN sales_fact.revenue END)"
            " AS DECIMAL) / NULLIF(SUM(sales_fact.revenue), 0) AS percent_of_total_revenue FROM",
        ),
        (
            "share of revenue from Europe",
            "SELECT CAST(SUM(CASE WHEN sales_fact.region = 'Europe' THEN sales_fact.revenue END)"
            " AS DECIMAL) / NULLIF(SUM(sales_fact.revenue), 0) AS share_of_total_revenue FROM",
        ),
        (
            "percentage of revenue by region",
            "CAST(100 * SUM(sales_fact.revenue) AS DECIMAL) / NULLIF(SUM(SUM(sales_fact.revenue))"
            " OVER (), 0) AS percent_of_total_revenue",
        ),
        ("percentage of sales by region", "AS percent_of_number_of_sales_fact"),
        (
            "percentage of runs that failed by job",
            "CAST(100 * COUNT(CASE WHEN job_runs.status = 'failed' THEN 1 END) AS DECIMAL)"
            " / NULLIF(COUNT(*), 0) AS percent_failed",
        ),
        ("failure rate of jobs", "AS rate_of_"),
        (
            "products never sold in Europe",
            "HAVING COUNT(CASE WHEN sales_fact.region = 'Europe' THEN 1 END) = 0",
        ),
        (
            "jobs that never failed",
            "HAVING COUNT(CASE WHEN job_runs.status = 'failed' THEN 1 END) = 0",
        ),
        (
            "products sold in Europe but not in Asia Pacific",
            "HAVING COUNT(CASE WHEN sales_fact.region = 'Europe' THEN 1 END) > 0"
            " AND COUNT(CASE WHEN sales_fact.region = 'Asia Pacific' THEN 1 END) = 0",
        ),
        ("running total of revenue by month", "SUM(SUM(sales_fact.revenue)) OVER (ORDER BY"),
        ("cumulative revenue by month and region", "OVER (PARTITION BY sales_fact.region ORDER BY"),
        (
            "units sold per sale",
            "CAST(SUM(sales_fact.units_sold) AS DECIMAL) / NULLIF(COUNT(*), 0)",
        ),
        ("regions with revenue over 10 million", "HAVING SUM(sales_fact.revenue) > 10000000"),
        ("list all regions", "SELECT DISTINCT sales_fact.region"),
        ("how many jobs are there", "COUNT(DISTINCT job_runs.job_name)"),
        ("how many jobs failed yesterday", "COUNT(*)"),
        ("2024 online revenue", "sales_fact.sold_on >= CAST('2024-01-01' AS DATE)"),
        ("sales count", "COUNT(*)"),
        ("job runs longer than half an hour", "job_runs.runtime_seconds > 1800"),
        ("job runs longer than an hour", "job_runs.runtime_seconds > 3600"),
        (
            "regions without sales in 2025",
            "HAVING COUNT(CASE WHEN sales_fact.sold_on >= '2025-01-01'"
            " AND sales_fact.sold_on < '2026-01-01' THEN 1 END) = 0",
        ),
        ("regions that have no sales in 2025", "THEN 1 END) = 0"),
        ("revenue outside Europe", "NOT sales_fact.region = 'Europe'"),
        ("revenue between January and March 2025", ">= CAST('2025-01-01' AS DATE)"),
        ("revenue between January and March 2025", "< CAST('2025-04-01' AS DATE)"),
        ("lowest unit price per product", "MIN(sales_fact.unit_price)"),
    ],
)
def test_sales(question: str, part: str) -> None:
    assert part in planned(sales, question)


@pytest.mark.parametrize(
    "question",
    [
        "share of revenue",
        "cumulative revenue",
        "moving average of revenue by month",
        "unit price over 20%",
        "products that sold in every region",
        "revenue from 2025 to 2024",
        "revenue revenue revenue",
        "sales without units sold",
        "region " * 1200,
    ],
)
def test_what_cannot_be_settled_is_not_guessed(question: str) -> None:
    abstained(sales, question)


def test_a_year_is_never_a_number_of_rows() -> None:
    assert "LIMIT" not in planned(sales, "2024 online revenue by region")


@pytest.mark.parametrize(
    ("question", "part"),
    [
        ("number of shipments by origin city", "GROUP BY origin_site.city"),
        (
            "number of shipments per destination site",
            "JOIN public.sites AS destination_site"
            " ON outbound_shipments.destination_site_id = destination_site.site_id",
        ),
        ("Who is the boss of each worker?", "JOIN public.workers AS boss ON workers.boss_id"),
        ("Which workers have no boss?", "WHERE workers.boss_id IS NULL"),
        (
            "number of workers by manager",
            "GROUP BY boss.first_name, boss.worker_id",
        ),
    ],
)
def test_roles(question: str, part: str) -> None:
    assert part in planned(depot, question)


@pytest.mark.parametrize(
    ("question", "part"),
    [
        ("shipments that have not been delivered", "WHERE outbound_shipments.delivered_at IS NULL"),
        ("undelivered shipments", "WHERE outbound_shipments.delivered_at IS NULL"),
        (
            "How many shipments were shipped in March 2026?",
            "WHERE outbound_shipments.shipped_at >=",
        ),
        ("How many shipments were delivered in March 2026?", "outbound_shipments.delivered_at >="),
    ],
)
def test_what_happened(question: str, part: str) -> None:
    sql = planned(depot, question)

    assert part in sql
    assert sql.count("status = ") == part.count("status = ")


@pytest.mark.parametrize(
    ("question", "part"),
    [
        (
            "list discontinued goods",
            "FROM public.goods AS goods WHERE goods.discontinued = TRUE",
        ),
        ("Which goods are not discontinued?", "WHERE NOT goods.discontinued = TRUE"),
        ("Who are the admins?", "SELECT workers.first_name, workers.last_name"),
        (
            "How many admins are there?",
            "SELECT COUNT(*) AS number_of_workers FROM",
        ),
        ("insured rate of shipments", "CASE WHEN outbound_shipments.insured = TRUE THEN 1 END"),
        ("What percentage of shipments were lost?", "CASE WHEN outbound_shipments.status = 'lost'"),
    ],
)
def test_states(question: str, part: str) -> None:
    assert part in planned(depot, question)


@pytest.mark.parametrize(
    ("question", "part"),
    [
        ("workers by salary", "ORDER BY workers.salary"),
        ("list goods from cheapest to most expensive", "ORDER BY goods.unit_price ASC"),
        ("list shipments newest first", "ORDER BY outbound_shipments."),
        ("shipments per carrier", "SELECT carriers.name, COUNT(*)"),
        ("goods priced above average", "unit_price > (SELECT AVG(unit_price)"),
        ("workers paid less than average", "salary < (SELECT AVG(salary)"),
        ("highest and lowest salary", "MAX(workers.salary) AS max_salary, MIN(workers.salary)"),
        ("Which site has the largest capacity?", "ORDER BY sites.capacity_m3 DESC"),
        ("shipments with a fee above 20%", "outbound_shipments.fee_pct > 20"),
        ("total quantity per good", 'FROM public."ShipmentLine" AS "ShipmentLine"'),
    ],
)
def test_numbers_of_rows_and_groups(question: str, part: str) -> None:
    assert part in planned(depot, question)


@pytest.mark.parametrize(
    "question",
    [
        "What is the return rate of goods?",
        "how many goods are out of stock",
        "How many shipments were refunded?",
        "shipments of each wibble",
        "Which shipments left by rail?",
        "list five star goods",
        "list goods from oldest to newest",
        "workers from youngest to oldest",
        "workers with the same salary",
        "workers hired on a Monday",
        "sites that only shipped insured shipments",
    ],
)
def test_a_word_nobody_knows_is_not_passed_over(question: str) -> None:
    abstained(depot, question)


@pytest.mark.parametrize(
    ("question", "part"),
    [
        ("products not sold in Europe", "HAVING COUNT(CASE WHEN sales_fact.region = 'Europe'"),
        ("which products did not sell in Europe", "THEN 1 END) = 0"),
        (
            "jobs with no failures",
            "HAVING COUNT(CASE WHEN job_runs.status = 'failed' THEN 1 END) = 0",
        ),
        ("products sold outside Europe", "WHERE NOT sales_fact.region = 'Europe'"),
        ("how many jobs did not fail", "WHERE NOT job_runs.status = 'failed'"),
    ],
)
def test_kinds_that_are_not_so_have_no_row_that_is(question: str, part: str) -> None:
    assert part in planned(sales, question)
