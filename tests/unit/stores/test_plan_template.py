"""Templates: a plan made for one quarter, region or number is right for every other, or is none."""

from __future__ import annotations

from itertools import permutations, product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clearway.graph.ports import Asked
from clearway.plans import SqlPlan
from clearway.stores.plans.doubts import doubts_of
from clearway.stores.plans.key import KeyScope, PlanKeys, plan_keys
from clearway.stores.plans.template import bound, clock_in, template_of
from tests.ports import plan
from tests.unit.semantics.catalogs import ASKER, LIBRARY, NOW, SALES, library, sales

pytestmark = pytest.mark.unit

ZONES = ("UTC", "Europe/Paris", "America/New_York", "Asia/Kolkata")
REGIONS = ("Asia Pacific", "Europe", "Latin America", "North America")
QUARTERS = ("Q1 2025", "Q3 2025", "Q4 2024", "last quarter", "this quarter")
MONTHS = ("January 2026", "March 2026", "April 2026", "last month")
DAYS = ("today", "yesterday", "on 2026-03-29", "on 2026-01-01")

SALES_FAMILIES = [
    [f"total revenue by region in {quarter}" for quarter in QUARTERS],
    [f"revenue in {r} in {q}" for r, q in product(REGIONS, QUARTERS)],
    [f"top {n} products by revenue in {r}" for n, r in product((2, 3, 10), REGIONS)],
    [f"sales with revenue over {n}" for n in (2, 10, 100, 250)],
    [f"products with total revenue over {n}" for n in (10, 20_000)],
    [f"revenue by month in {year}" for year in (2023, 2024, 2025)],
    [f"units sold in {month} by channel" for month in MONTHS],
    [f"how many runs {s} {d}" for s, d in product(("failed", "were cancelled"), DAYS)],
    [f"revenue in {one} or {other}" for one, other in permutations(REGIONS, 2)],
    [f"revenue in {one} and {other} by month" for one, other in permutations(REGIONS, 2)],
    [f"revenue outside {region}" for region in REGIONS],
    [f"share of revenue per region in {quarter}" for quarter in QUARTERS],
    [f"top {n} regions by revenue in each channel" for n in (2, 3, 5)],
    [f"sales with units sold between {a} and {b}" for a, b in ((2, 5), (10, 20), (5, 10))],
    [f"failure rate by job name in {month}" for month in MONTHS],
    [f"revenue of {p} {c}" for p, c in product(("Anvil", "Chisel"), ("online", "retail"))],
]
LIBRARY_FAMILIES = [
    [f"books with more than {n} pages" for n in (100, 300)],
    [f"members who have at least {n} loans" for n in (2, 3, 4)],
    [f"members with loans in {year}" for year in (2024, 2025)],
    [f"number of loans by branch in {month}" for month in MONTHS],
    [f"top {n} members by number of loans" for n in (3, 5)],
    [f"crime books published after {year}" for year in (1990, 2000)],
    [f"{genre} books" for genre in ("Crime", "Poetry", "Travel")],
]
SCOPES = {
    id(sales): KeyScope(source_id="shop", catalog_version="1", doubts=doubts_of(SALES)),
    id(library): KeyScope(source_id="shop", catalog_version="1", doubts=doubts_of(LIBRARY)),
}
Understood = type(sales)


def keys(text: str, zone: str = "UTC", by: Understood = sales) -> PlanKeys:
    frame = by.read(text, ASKER, now=NOW, zone=zone)
    return plan_keys(Asked(frame=frame, principal=ASKER, at=NOW, zone=zone), SCOPES[id(by)])


def planned(text: str, zone: str = "UTC", by: Understood = sales) -> SqlPlan:
    found = by.plan(by.read(text, ASKER, now=NOW, zone=zone), ASKER)
    assert isinstance(found, SqlPlan), found
    return found


@pytest.mark.parametrize("zone", ZONES)
@pytest.mark.parametrize(
    ("by", "family"),
    [(sales, each) for each in SALES_FAMILIES] + [(library, each) for each in LIBRARY_FAMILIES],
    ids=lambda each: each[0] if isinstance(each, list) else "",
)
def test_a_template_of_any_gives_what_the_rules_plan_for_every_other(
    by: Understood, family: list[str], zone: str
) -> None:
    made = {text: template_of(planned(text, zone, by), slots(text, zone, by)) for text in family}
    assert len({keys(text, zone, by).shape for text in family}) == 1
    for one, other in product(family, repeat=2):
        template = made[one]
        assert template is not None, planned(one, zone, by).sql
        assert bound(template, slots(other, zone, by)) == planned(other, zone, by).sql


def slots(text: str, zone: str = "UTC", by: Understood = sales):  # type: ignore[no-untyped-def]  # noqa: ANN201
    found = keys(text, zone, by).slots
    assert found is not None, text
    return found


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("revenue by region in Q3 2025", "revenue by channel in Q3 2025"),
        ("revenue by region in Q3 2025", "revenue by region in July 2025"),
        ("revenue by region in Q3 2025", "revenue by region in 2025"),
        ("revenue by region in Q3 2025", "revenue by region since 2025-07-01"),
        ("revenue by region in Q3 2025", "revenue by region"),
        ("revenue by region in Q3 2025", "average revenue by region in Q3 2025"),
        ("revenue by region in Q3 2025", "revenue by region by month in Q3 2025"),
        ("revenue in Europe", "revenue outside Europe"),
        ("revenue in Europe", "revenue of Anvil"),
        ("revenue in Europe", "revenue in Europe or Latin America"),
        ("sales with revenue over 100", "sales with revenue under 100"),
        ("sales with revenue over 100", "sales with revenue of at least 100"),
        ("sales with revenue over 100", "sales with units sold over 100"),
        ("sales with revenue over 100", "sales with revenue over 1"),
        ("sales with revenue over 100", "number of sales with revenue over 100"),
        ("top 5 products by revenue", "bottom 5 products by revenue"),
        ("top 5 products by revenue", "top product by revenue"),
        ("top 5 products by revenue", "top 5 products by units sold"),
        ("runs that failed today", "runs that did not fail today"),
    ],
)
def test_what_may_change_the_shape_is_another_template(one: str, other: str) -> None:
    assert keys(one).shape is not None
    assert keys(one).shape != keys(other).shape


@pytest.mark.parametrize(
    "text",
    [
        "revenue by region",
        "the frobnicated revenue in Europe",
        "revenue in Q3 2025 compared with Q2 2025",
        'revenue of "A-17" in Q3 2025',
    ],
)
def test_what_has_no_value_or_is_not_understood_has_no_template(text: str) -> None:
    assert keys(text).shape is None


def test_a_value_that_stands_in_two_columns_is_not_bound_anew() -> None:
    assert keys("members in Cork", by=library).shape is None
    assert keys("members in Galway", by=library).shape is not None


BY_REGION = "SELECT s.region, SUM(s.revenue) AS revenue FROM public.sales_fact s WHERE "

MODEL = {
    "dates": (
        "revenue by region in Q3 2025",
        BY_REGION + "s.sold_on >= '2025-07-01' AND s.sold_on < '2025-10-01' GROUP BY 1",
        "revenue by region in Q4 2024",
        BY_REGION + "s.sold_on >= '2024-10-01' AND s.sold_on < '2025-01-01' GROUP BY 1",
    ),
    "the last day": (
        "revenue by region in Q3 2025",
        BY_REGION + "s.sold_on BETWEEN DATE '2025-07-01' AND DATE '2025-09-30' GROUP BY 1",
        "revenue by region in Q1 2024",
        BY_REGION + "s.sold_on BETWEEN CAST('2024-01-01' AS DATE) AND"
        " CAST('2024-03-31' AS DATE) GROUP BY 1",
    ),
    "parts of the date": (
        "revenue by region in Q1 2025",
        BY_REGION + "EXTRACT(YEAR FROM s.sold_on) = 2025"
        " AND EXTRACT(QUARTER FROM s.sold_on) = 1 GROUP BY 1",
        "revenue by region in Q4 2024",
        BY_REGION + "EXTRACT(YEAR FROM s.sold_on) = 2024"
        " AND EXTRACT(QUARTER FROM s.sold_on) = 4 GROUP BY 1",
    ),
    "columns of the calendar": (
        "revenue by region in Q3 2025",
        BY_REGION + "s.year = 2025 AND s.quarter = 'Q3' GROUP BY 1",
        "revenue by region in Q4 2024",
        BY_REGION + "s.year = 2024 AND s.quarter = 'Q4' GROUP BY 1",
    ),
    "lower case": (
        "revenue in Europe",
        "SELECT ROUND(SUM(revenue), 2) AS revenue FROM public.sales_fact"
        " WHERE LOWER(region) = 'europe'",
        "revenue in North America",
        "SELECT ROUND(SUM(revenue), 2) AS revenue FROM public.sales_fact"
        " WHERE LOWER(region) = 'north america'",
    ),
    "several places": (
        "top 5 products by revenue in Europe",
        "WITH best AS (SELECT product, SUM(revenue) AS total FROM public.sales_fact"
        " WHERE region = 'Europe' GROUP BY product ORDER BY total DESC LIMIT 5) SELECT b.product,"
        " b.total FROM best b JOIN public.sales_fact s ON s.product = b.product"
        " AND s.region ILIKE 'Europe' GROUP BY 1, 2",
        "top 7 products by revenue in Asia Pacific",
        "WITH best AS (SELECT product, SUM(revenue) AS total FROM public.sales_fact"
        " WHERE region = 'Asia Pacific' GROUP BY product ORDER BY total DESC LIMIT 7) SELECT"
        " b.product, b.total FROM best b JOIN public.sales_fact s ON s.product = b.product"
        " AND s.region ILIKE 'Asia Pacific' GROUP BY 1, 2",
    ),
}


def in_one_form(sql: str) -> str:
    import sqlglot

    return sqlglot.parse_one(sql, dialect="postgres").sql(dialect="postgres")


@pytest.mark.parametrize(("one", "sql", "other", "expected"), MODEL.values(), ids=MODEL)
def test_what_a_model_wrote_serves_other_values(
    one: str, sql: str, other: str, expected: str
) -> None:
    positions = in_one_form(sql)
    template = template_of(
        plan(positions.replace(" GROUP BY 1, 2", ""), source="model"), slots(one)
    )
    grouped = template_of(plan(sql, source="model"), slots(one))
    found = grouped or template
    assert found is not None
    assert bound(found, slots(other)) == in_one_form(expected)


TOTAL = "SELECT SUM(revenue) AS revenue FROM public.sales_fact WHERE "

UNCERTAIN = {
    "a condition nobody asked for": (
        "revenue in Europe",
        TOTAL + "region = 'Europe' AND channel = 'Online'",
    ),
    "a value elsewhere": ("revenue in Europe", TOTAL + "channel = 'Europe'"),
    "a value that is not there": ("revenue in Europe", TOTAL + "region IS NOT NULL"),
    "a value that is shown": (
        "revenue in Europe",
        "SELECT 'Europe' AS region, SUM(revenue) FROM public.sales_fact WHERE region = 'Europe'",
    ),
    "a name that says the value": (
        "revenue in Europe",
        "SELECT SUM(revenue) AS europe_revenue FROM public.sales_fact WHERE region = 'Europe'",
    ),
    "a name that says the quarter": (
        "revenue in Q3 2025",
        "SELECT SUM(revenue) AS revenue_q3 FROM public.sales_fact"
        " WHERE sold_on >= '2025-07-01' AND sold_on < '2025-10-01'",
    ),
    "half a period": ("revenue in Q3 2025", TOTAL + "sold_on >= '2025-07-01'"),
    "a year for a quarter": ("revenue in Q3 2025", TOTAL + "year = 2025"),
    "months for a quarter": (
        "revenue in Q3 2025",
        TOTAL + "year = 2025 AND EXTRACT(MONTH FROM sold_on) IN (7, 8, 9)",
    ),
    "the clock": ("revenue this quarter", TOTAL + "sold_on >= DATE_TRUNC('quarter', NOW())"),
    "an interval": (
        "revenue in Q3 2025",
        TOTAL + "sold_on >= '2025-07-01' AND sold_on < DATE '2025-07-01' + INTERVAL '3 months'",
    ),
    "arithmetic": ("sales with revenue over 3600", TOTAL + "revenue > 60 * 60"),
    "a comparator one off": ("top 5 products by revenue", "SELECT product FROM"
        " (SELECT product, ROW_NUMBER() OVER (ORDER BY SUM(revenue) DESC) AS place FROM"
        " public.sales_fact GROUP BY product) AS ranked WHERE place < 6"),
    "the same number twice": (
        "top 5 products by revenue with units sold over 5",
        "SELECT product FROM public.sales_fact WHERE units_sold > 5 AND revenue > 5"
        " GROUP BY product ORDER BY SUM(revenue) DESC LIMIT 5",
    ),
    "a boolean nobody asked for": ("revenue in Europe", TOTAL + "region = 'Europe' AND TRUE"),
    "a pattern": ("revenue in Europe", TOTAL + "region LIKE 'Europe%'"),
    "a hidden literal": ("revenue in Europe", TOTAL + "region = N'Europe'"),
    "not SQL": ("revenue in Europe", "SELEC revenue"),
}  # fmt: skip


@pytest.mark.parametrize(("text", "sql"), UNCERTAIN.values(), ids=UNCERTAIN)
def test_without_certainty_there_is_no_template(text: str, sql: str) -> None:
    assert template_of(plan(sql, source="model"), slots(text)) is None


def test_an_assumption_that_names_the_value_is_not_carried_over() -> None:
    made = plan(TOTAL + "region = 'Europe'", source="model")
    assert template_of(made, slots("revenue in Europe")) is not None
    assumed = made.model_copy(update={"assumptions": ("Europe is a region",)})
    assert template_of(assumed, slots("revenue in Europe")) is None


def test_wall_clock_bounds_part_from_utc_in_summer_so_they_are_not_mixed_up() -> None:
    """In London's winter both are written alike; what was meant cannot be told."""
    sql = (
        "SELECT COUNT(*) AS runs FROM public.job_runs"
        " WHERE created_at >= '{}' AND created_at < '{}'"
    )
    winter = sql.format("2026-01-10 00:00:00", "2026-01-11 00:00:00")
    summer = sql.format("2025-07-10 00:00:00", "2025-07-11 00:00:00")
    asked = "how many runs were there on {}"
    in_winter = slots(asked.format("2026-01-10"), "Europe/London")
    in_summer = slots(asked.format("2025-07-10"), "Europe/London")
    assert template_of(plan(winter, source="model"), in_winter) is None
    local = template_of(plan(summer, source="model"), in_summer)
    assert local is not None
    assert bound(local, in_winter) == in_one_form(winter)


@settings(max_examples=100)
@given(
    st.tuples(*[st.sampled_from(REGIONS)] * 2),
    st.tuples(*[st.integers(2, 10**9)] * 2),
    st.tuples(*[st.sampled_from(QUARTERS)] * 2),
)
def test_no_value_of_one_question_is_left_in_the_statement_of_another(
    regions: tuple[str, str], numbers: tuple[int, int], quarters: tuple[str, str]
) -> None:
    one, other = (
        f"number of sales in {region} with revenue over {number} in {quarter}"
        for region, number, quarter in zip(regions, numbers, quarters, strict=True)
    )
    template = template_of(planned(one), slots(one))
    assert template is not None
    assert bound(template, slots(other)) == planned(other).sql


@pytest.mark.parametrize(
    ("sql", "reads"),
    [
        ("SELECT CURRENT_DATE", True),
        ("SELECT a FROM t WHERE d > now() - INTERVAL '1 day'", True),
        ("SELECT a FROM t WHERE d > LOCALTIMESTAMP", True),
        ("SELECT AGE(d) FROM t", True),
        ("SELECT a FROM t WHERE d > '2025-01-01'", False),
    ],
)
def test_statements_that_read_the_clock_are_known(sql: str, reads: bool) -> None:
    assert clock_in(sql) is reads
