"""Days of the week, places in a ranking, two columns of a row: slots that are seldom said."""

from __future__ import annotations

import pytest

from clearway.semantics.evidence.compare import compare
from clearway.semantics.frame import Frame
from tests.unit.semantics.catalogs import (
    DEPOT,
    SALES,
    abstained,
    answer,
    depot,
    frame,
    library,
    planned,
    sales,
)

pytestmark = pytest.mark.unit

LATE = "outbound_shipments.delivered_at > outbound_shipments.shipped_at"


@pytest.mark.parametrize(
    ("question", "test"),
    [
        ("revenue on weekends", "EXTRACT(ISODOW FROM sales_fact.sold_on) IN (6, 7)"),
        ("revenue on Mondays by region", "EXTRACT(ISODOW FROM sales_fact.sold_on) IN (1)"),
        ("how many jobs ran on weekdays", "FROM job_runs.created_at) IN (1, 2, 3, 4, 5)"),
        ("revenue not on weekends", "NOT EXTRACT(ISODOW FROM sales_fact.sold_on) IN (6, 7)"),
    ],
)
def test_days_of_every_week_are_a_condition(question: str, test: str) -> None:
    assert test in planned(sales, question)


def test_one_weekend_is_not_every_weekend() -> None:
    abstained(sales, "revenue last weekend")
    abstained(sales, "revenue this weekend")


@pytest.mark.parametrize(
    ("question", "end"),
    [
        ("which region had the second highest revenue", "DESC NULLS LAST LIMIT 1 OFFSET 1"),
        ("the third lowest revenue by region", "ASC LIMIT 1 OFFSET 2"),
        ("region with the 2nd highest revenue", "DESC NULLS LAST LIMIT 1 OFFSET 1"),
    ],
)
def test_places_before_the_one_asked_for_are_passed_over(question: str, end: str) -> None:
    assert planned(sales, question).endswith(end)


def test_the_second_highest_value_is_counted_among_different_ones() -> None:
    assert planned(library, "What is the second highest price of a book?") == (
        "SELECT DISTINCT book.price FROM public.book AS book"
        " ORDER BY book.price DESC NULLS LAST LIMIT 1 OFFSET 1"
    )


def test_rows_of_a_log_do_not_hold_several_places() -> None:
    abstained(sales, "the second most expensive product")
    abstained(sales, "the 3 most expensive products")


@pytest.mark.parametrize(
    ("question", "end"),
    [
        ("top products by revenue", "DESC NULLS LAST"),
        ("top product by revenue", "DESC NULLS LAST LIMIT 1"),
        ("top 3 products by revenue", "DESC NULLS LAST LIMIT 3"),
        ("worst regions by units sold", "ASC"),
        ("best selling products by units sold", "DESC NULLS LAST"),
    ],
)
def test_a_plural_without_a_number_ranks_all(question: str, end: str) -> None:
    assert planned(sales, question).endswith(end)


def test_the_median_is_the_middle_value() -> None:
    assert "PERCENTILE_CONT(0.5) WITHIN GROUP (ORDER BY sales_fact.units_sold)" in planned(
        sales, "median units sold by region"
    )
    abstained(sales, "median region")


@pytest.mark.parametrize(
    "question",
    [
        "shipments delivered after the shipped date",
        "shipments delivered later than shipped",
        "shipments whose delivered date is later than the shipped date",
    ],
)
def test_two_times_of_a_row_are_compared(question: str) -> None:
    assert LATE in planned(depot, question)


def test_times_and_numbers_are_not_compared() -> None:
    abstained(depot, "shipments whose freight cost is greater than the shipped date")
    abstained(depot, "shipments delivered later than announced")


@pytest.mark.parametrize(
    "question",
    [
        "revenue in neither Europe nor North America",
        "revenue not in Europe and not in North America",
    ],
)
def test_neither_leaves_out_both(question: str) -> None:
    assert planned(sales, question).endswith(
        "WHERE NOT sales_fact.region = 'Europe' AND NOT sales_fact.region = 'North America'"
    )


@pytest.mark.parametrize(
    "question", ["compare Europe and North America", "compare Europe with North America"]
)
def test_two_values_are_held_against_each_other(question: str) -> None:
    sql = planned(sales, question)

    assert "IN ('Europe', 'North America') GROUP BY sales_fact.region" in sql
    assert "SUM(sales_fact.revenue)" in sql
    assert "SUM(sales_fact.units_sold)" in sql


@pytest.mark.parametrize(
    ("question", "part"),
    [
        ("what percentage of jobs failed", "COUNT(CASE WHEN job_runs.status = 'failed'"),
        ("which job failed most often", "WHERE job_runs.status = 'failed' GROUP BY"),
        ("which jobs failed more than 5 times", "job_runs.status = 'failed' THEN 1 END) > 5"),
        ("did any job fail today", "WHERE job_runs.status = 'failed' AND (job_runs.created_at >="),
        ("which job has the highest failure rate", "DESC NULLS LAST LIMIT 1"),
    ],
)
def test_states_are_counted(question: str, part: str) -> None:
    assert part in planned(sales, question)


@pytest.mark.parametrize("question", ["units sold rate by region", "revenue rate by product"])
def test_a_noun_nobody_knows_is_not_passed_over(question: str) -> None:
    assert "rate" in {word.word for word in frame(sales, question).leftover}


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("revenue on weekends", "revenue on weekdays"),
        ("revenue on Mondays", "revenue on Tuesdays"),
        ("revenue on weekends", "revenue"),
        ("top products by revenue", "top product by revenue"),
        ("region with the second highest revenue", "region with the third highest revenue"),
        ("region with the second highest revenue", "region with the highest revenue"),
        ("median revenue by region", "average revenue by region"),
        ("compare Europe and North America", "compare Europe and Asia Pacific"),
    ],
)
def test_each_is_another_question(one: str, other: str) -> None:
    assert frame(sales, one).canonical() != frame(sales, other).canonical()


def test_what_is_seldom_said_survives_a_journey() -> None:
    for question in ("revenue on weekends", "region with the second highest revenue"):
        read = frame(sales, question)

        assert Frame.from_json(read.to_json()) == read


@pytest.mark.parametrize(
    ("question", "wrong"),
    [
        ("revenue on weekends", " WHERE EXTRACT(ISODOW FROM sales_fact.sold_on) IN (6, 7)"),
        ("which region had the second highest revenue", " OFFSET 1"),
    ],
)
def test_a_statement_without_it_is_another(question: str, wrong: str) -> None:
    sql, read = planned(sales, question), frame(sales, question)

    assert _missing(read, sql) == 0
    assert _missing(read, sql.replace(wrong, "")) == 1


def _missing(read: Frame, sql: str) -> int:
    held = compare(read, sql, SALES)
    assert held is not None
    return len(held.missing)


def test_a_statement_that_compares_other_columns_is_another() -> None:
    question = "shipments delivered later than shipped"
    read, sql = frame(depot, question), planned(depot, question)
    held, other = compare(read, sql, DEPOT), compare(read, sql.replace(LATE, "TRUE"), DEPOT)

    assert held is not None
    assert not held.missing
    assert other is not None
    assert len(other.missing) == 1
    assert isinstance(answer(depot, question), str)
