"""Statements held against questions; a statement the planner made of a question agrees with it."""

from __future__ import annotations

import pytest

from clearway.plans import SqlPlan
from clearway.semantics.evidence.compare import Comparison, compare
from clearway.semantics.understanding import Understanding
from tests.unit.semantics.catalogs import ASKER, LIBRARY, SALES, frame, library, planned, sales

pytestmark = pytest.mark.unit

QUESTION = "top 3 products by revenue in Europe last quarter"
RIGHT = """
select product, sum(revenue) as r from public.sales_fact
where region = 'Europe' and sold_on >= '2026-01-01' and sold_on < '2026-04-01'
group by product order by r desc limit 3
"""


def held(question: str, sql: str, reading: Understanding = sales) -> Comparison:
    catalog = SALES if reading is sales else LIBRARY
    found = compare(frame(reading, question), sql, catalog)
    assert found is not None
    return found


@pytest.mark.parametrize(
    "question",
    [
        "How many books are there?",
        "What is the average price of fantasy books?",
        "Which members have at least 3 loans?",
        "Find the titles of books that were never loaned.",
        "List the 5 most expensive books.",
        "What are the titles of books not in the Crime genre?",
        "List books whose price is above the average price",
        "How many loans did members from Cork make in March 2026?",
        "titles of books with more than 300 pages, most expensive first",
    ],
)
def test_the_planners_own_statement_agrees(question: str) -> None:
    found = held(question, planned(library, question), library)

    assert (found.missing, found.added) == ((), ())


def test_another_way_to_say_the_same_agrees() -> None:
    found = held(QUESTION, RIGHT)

    assert (found.missing, found.added) == ((), ())


@pytest.mark.parametrize(
    ("old", "new", "slot"),
    [
        ("region = 'Europe' and ", "", "filter"),
        ("'Europe'", "'Asia Pacific'", "filter"),
        ("region = 'Europe'", "region <> 'Europe'", "filter"),
        ("sum(revenue)", "avg(revenue)", "measure"),
        ("sum(revenue)", "sum(units_sold)", "measure"),
        ("product", "channel", "dimension"),
        ("desc", "asc", "order"),
        ("limit 3", "limit 5", "limit"),
        ("sold_on >= '2026-01-01' and sold_on < '2026-04-01'", "true", "period"),
    ],
)
def test_what_is_lacking_is_named(old: str, new: str, slot: str) -> None:
    found = held(QUESTION, RIGHT.replace(old, new))

    assert slot in {difference.slot for difference in found.missing}


@pytest.mark.parametrize(
    ("sql", "slot"),
    [
        (RIGHT.replace("where ", "where channel = 'Online' and "), "filter"),
        (RIGHT.replace("where ", "where not exists (select 1 from job_runs) and "), "negation"),
        (RIGHT.replace("group by product", "group by product, channel"), "dimension"),
    ],
)
def test_what_nobody_asked_for_is_named(sql: str, slot: str) -> None:
    if slot == "dimension":
        sql = sql.replace("channel", "year")
    found = held(QUESTION, sql)

    assert {difference.slot for difference in found.added} <= {slot}
    assert found.added or slot == "dimension"


def test_names_are_followed_through_derived_tables() -> None:
    sql = """
    with quarter as (select product as p, revenue as r, region as g, sold_on as d from sales_fact)
    select p, sum(r) from quarter
    where g = 'Europe' and d >= '2026-01-01' and d < '2026-04-01' group by p order by 2 desc limit 3
    """

    assert held(QUESTION, sql).missing == ()


@pytest.mark.parametrize("sql", ["", "selectx", "drop table x", "((((", "select 1; select 2 from"])
def test_what_is_no_select_is_not_compared(sql: str) -> None:
    assert compare(frame(sales, QUESTION), sql, SALES) is None


def model_plan(sql: str) -> SqlPlan:
    return SqlPlan(source="model", source_id="sales", sql=sql, stated_confidence=0.9)


def confidence(question: str, sql: str) -> float:
    result = 1.0
    for item in sales.evidence(frame(sales, question), model_plan(sql), ASKER):
        result *= item.score
    return result


def test_evidence_for_a_models_plan_falls_with_every_difference() -> None:
    right = confidence(QUESTION, RIGHT)
    lacking = confidence(QUESTION, RIGHT.replace("region = 'Europe' and ", ""))
    unknown = confidence(QUESTION, RIGHT.replace("'Europe'", "'Atlantis'"))
    more = confidence(QUESTION, RIGHT.replace("where ", "where channel = 'Online' and "))

    assert right == pytest.approx(0.9)
    assert max(lacking, unknown, more) < right
    assert lacking < 0.7


def test_words_neither_side_explains_count_against_a_plan() -> None:
    sql = "select region, sum(revenue) from sales_fact group by region"

    assert confidence("churned revenue by region", sql) < confidence("revenue by region", sql)


PERCENT = "percentage of runs that failed"
FRACTION = "share of runs that failed"
IN_PERCENT = "select 100.0 * avg((status = 'failed')::int) from public.job_runs"
IN_PARTS = (
    "select count(*) filter (where status = 'failed')::numeric / count(*) from public.job_runs"
)


@pytest.mark.parametrize("question", [PERCENT, FRACTION, "percentage of revenue by region"])
def test_parts_planned_by_the_rules_are_told_as_asked(question: str) -> None:
    found = held(question, planned(sales, question))

    assert (found.missing, found.added) == ((), ())


def test_a_fraction_is_no_percentage() -> None:
    sql = "select 100 * count(*) filter (where status = 'failed') / count(*) from public.job_runs"
    parts = (
        "select sum(revenue) / sum(sum(revenue)) over (), region from public.sales_fact group by 2"
    )

    assert [d.slot for d in held(PERCENT, IN_PARTS).missing] == ["measure"]
    assert [d.slot for d in held(PERCENT, sql).missing] == []
    assert [d.detail for d in held("percentage of revenue by region", parts).missing] == [
        "sum of revenue is not told in percent"
    ]


def test_a_percentage_is_no_share() -> None:
    assert [d.detail for d in held(FRACTION, IN_PERCENT).added] == ["a share is told in percent"]
    assert held(FRACTION, IN_PARTS).added == ()
