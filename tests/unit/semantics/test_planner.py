"""Questions to statements, through the public door."""

from __future__ import annotations

import pytest

from clearway.plans import SqlPlan
from tests.unit.semantics.catalogs import ASKER, abstained, frame, library, planned, sales

pytestmark = pytest.mark.unit

BOOK = "public.book AS book"
LOANED = (
    "SELECT book.title FROM public.book AS book WHERE NOT EXISTS(SELECT 1 FROM public.loan AS loan"
    " WHERE loan.book_id = book.book_id)"
)


@pytest.mark.parametrize(
    ("question", "sql"),
    [
        ("How many books are there?", f"SELECT COUNT(*) AS number_of_book FROM {BOOK}"),
        ("List the titles of all books.", f"SELECT book.title FROM {BOOK}"),
        (
            "What are the first and last names of authors from Ireland?",
            "SELECT author.first_name, author.last_name FROM public.author AS author"
            " WHERE author.country = 'Ireland'",
        ),
        (
            "What is the average price of fantasy books?",
            f"SELECT AVG(book.price) AS average_price FROM {BOOK} JOIN public.genre AS genre"
            " ON book.genre_id = genre.genre_id WHERE genre.name = 'Fantasy'",
        ),
        (
            "How many members does each branch have?",
            "SELECT branch.name, COUNT(*) AS number_of_member FROM public.member AS member"
            " JOIN public.branch AS branch ON member.branch_id = branch.branch_id"
            " GROUP BY branch.name, branch.branch_id",
        ),
        (
            "List the 5 most expensive books.",
            f"SELECT book.title FROM {BOOK} ORDER BY book.price DESC NULLS LAST LIMIT 5",
        ),
        (
            "Which members have at least 3 loans?",
            "SELECT member.first_name, member.last_name FROM public.member AS member"
            " WHERE (SELECT COUNT(*) FROM public.loan AS loan"
            " WHERE loan.member_id = member.member_id) >= 3",
        ),
        ("Find the titles of books that were never loaned.", LOANED),
        ("Find the titles of books without any loans.", LOANED),
        (
            "How many different cities do members live in?",
            "SELECT COUNT(DISTINCT member.city) AS number_of_city FROM public.member AS member",
        ),
        (
            "What are the titles of books in the Crime or Travel genre?",
            f"SELECT book.title FROM {BOOK} JOIN public.genre AS genre"
            " ON book.genre_id = genre.genre_id WHERE genre.name IN ('Crime', 'Travel')",
        ),
        (
            "How many books are in print?",
            f"SELECT COUNT(*) AS number_of_book FROM {BOOK} WHERE book.in_print = TRUE",
        ),
        (
            "Who is the oldest employee?",
            "SELECT employee.first_name, employee.last_name FROM public.employee AS employee"
            " ORDER BY employee.birth_date ASC LIMIT 1",
        ),
        (
            "List books whose price is above the average price",
            f"SELECT book.title FROM {BOOK}"
            " WHERE book.price > (SELECT AVG(price) FROM public.book)",
        ),
        (
            "List all members who borrowed a fantasy book.",
            "SELECT member.first_name, member.last_name FROM public.member AS member"
            " WHERE EXISTS(SELECT 1 FROM public.loan AS loan"
            " JOIN public.book AS book ON loan.book_id = book.book_id"
            " JOIN public.genre AS genre ON book.genre_id = genre.genre_id"
            " WHERE loan.member_id = member.member_id AND genre.name = 'Fantasy')",
        ),
    ],
)
def test_library(question: str, sql: str) -> None:
    assert planned(library, question) == sql


@pytest.mark.parametrize(
    ("question", "parts"),
    [
        (
            "total revenue by region last quarter",
            ["SUM(sales_fact.revenue)", "GROUP BY sales_fact.region", "'2026-01-01' AS DATE"],
        ),
        (
            "top 5 products by revenue this year",
            ["sales_fact.product", "ORDER BY SUM(sales_fact.revenue) DESC", "LIMIT 5"],
        ),
        (
            "how many jobs failed in the last 24 hours",
            ["COUNT(*)", "status = 'failed'", "'2026-05-19 15:30:00+00:00' AS TIMESTAMPTZ"],
        ),
        ("average runtime per job this week", ["AVG(job_runs.runtime_seconds)", "job_name"]),
        ("revenue in Q3 2025 by channel", ["'2025-07-01'", "'2025-10-01'", "channel"]),
        ("units sold per month in Europe", ["DATE_TRUNC('MONTH'", "region = 'Europe'"]),
        ("which region had the highest revenue in 2025", ["region", "DESC", "LIMIT 1"]),
        ("how many rows are in sales_fact", ["COUNT(*)"]),
        ("list the last 10 job runs", ["ORDER BY job_runs.created_at DESC", "LIMIT 10"]),
        ("count failed jobs by job name yesterday", ["COUNT(*)", "job_name", "'failed'"]),
        ("share of revenue by channel", ["SUM(SUM(sales_fact.revenue)) OVER ()"]),
        ("what is the total revenue", ["SUM(sales_fact.revenue)"]),
        ("revenue per unit by product", ["SUM(sales_fact.revenue) / NULLIF("]),
        ("how many job runs took over 10 minutes", ["runtime_seconds > 600"]),
        ("revenue outside Europe", ["NOT sales_fact.region = 'Europe'"]),
        ("products with total revenue over 100000", ["HAVING SUM(sales_fact.revenue) > 100000"]),
        ("average runtime of successful jobs", ["status = 'success'"]),
        ("jobs with more than 3 failures", ["HAVING COUNT(*) > 3", "'failed'"]),
        ("job runs per status", ["COUNT(*)", "GROUP BY job_runs.status"]),
        ("monthly revenue for 2025", ["DATE_TRUNC('MONTH'", "'2025-01-01'"]),
        (
            "revenue by region this quarter versus last quarter",
            [
                "AS total_revenue_this_quarter",
                "AS total_revenue_last_quarter",
                "'2026-04-01'",
                "OR",
            ],
        ),
        (
            "YoY revenue growth by channel in Q3 2025",
            ["AS growth_of_total_revenue", "'2024-07-01'", "'2025-07-01'", "NULLIF("],
        ),
        ("revenue Europe vs Asia Pacific", ["IN ('Europe', 'Asia Pacific')", "GROUP BY"]),
        ("revenue in 2023, 2024 and 2025", ["DATE_TRUNC('YEAR'", "'2023-01-01'", "'2026-"]),
        ("total revenu in Europe this yaer", ["'2026-01-01'", "SUM(sales_fact.revenue)"]),
        ("How much did Europe bring in revenue-wise this month", ["SUM(sales_fact.revenue)"]),
        (
            "top 3 products by revenue in each region",
            ["ROW_NUMBER() OVER (PARTITION BY sales_fact.region", "ranked.place <= 3"],
        ),
        (
            "what is the failure rate of each job",
            ["COUNT(CASE WHEN job_runs.status = 'failed' THEN 1 END)", "NULLIF(COUNT(*), 0)"],
        ),
        (
            "percentage of failed jobs",
            ["CAST(100 * COUNT(CASE", "NULLIF(COUNT(*), 0) AS percent_failed"],
        ),
        ("sales count in Latin America", ["COUNT(*)", "region = 'Latin America'"]),
    ],
)
def test_sales(question: str, parts: list[str]) -> None:
    sql = planned(sales, question)

    assert [part for part in parts if part not in sql] == []


@pytest.mark.parametrize(
    "question",
    [
        "churned revenue by region",
        "revenue by salesperson",
        "What is the average NPS per region?",
        "gross margin in Europe last quarter",
        "revenue in Atlantis",
        "revenue by region for repeat buyers only",
        "YoY revenue growth by channel",
        "my revenue by region",
        "show me the numbers",
        "List the employees who report to employee 7",
        "Where do members live?",
        "total revenue of customers",
    ],
)
def test_words_that_matter_and_mean_nothing_stop_the_planner(question: str) -> None:
    reading = sales if "revenue" in question or "NPS" in question else library

    assert abstained(reading, question).reason


def test_adding_up_over_rows_that_repeat_is_refused() -> None:
    assert "several times" in abstained(library, "total price of books by author country").reason


def test_one_number_of_the_rows_at_the_extreme() -> None:
    sql = planned(library, "How many loans does the most expensive book have?")

    assert "book.price = (SELECT MAX(price) FROM public.book)" in sql


@pytest.mark.parametrize(
    "question", ["How many cities are there?", "List the names", "What are the last names?"]
)
def test_several_readings_are_offered_and_each_can_be_read_in_one_way(question: str) -> None:
    found = abstained(library, question)

    assert 1 < len(found.readings) <= 3
    for reading in found.readings:
        assert planned(library, reading.effect)


def test_confidence_falls_with_what_is_assumed() -> None:
    sure = library.plan(frame(library, "How many branches are there?"), ASKER)
    less = library.plan(frame(library, "How many brannches are there?"), ASKER)

    assert isinstance(sure, SqlPlan)
    assert isinstance(less, SqlPlan)
    assert sure.stated_confidence > less.stated_confidence
    assert less.assumptions
