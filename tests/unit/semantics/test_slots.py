"""Every slot of a question counts: change one and the Frame changes; say it otherwise, and not."""

from __future__ import annotations

import itertools

import pytest

from clearway.identity import Principal
from clearway.semantics.parsing.entries import Term
from clearway.semantics.types import Column
from tests.unit.semantics.catalogs import NOW, abstained, depot, frame, library, sales

pytestmark = pytest.mark.unit

QUARTERS = ("in Q1 2025", "in Q2 2025", "in Q3 2025", "in Q4 2025", "in Q1 2024", "last quarter")
REGIONS = ("in Europe", "in Asia Pacific", "in Latin America", "in North America")
NUMBERS = ("more than 3", "more than 4", "more than 30", "more than 300", "more than three hundred")
COMPARATORS = (
    "more than 5", "fewer than 5", "at least 5", "at most 5", "exactly 5", "between 5 and 6",
)  # fmt: skip
DIRECTIONS = ("by revenue highest first", "by revenue lowest first")
NEGATIONS = ("members with loans", "members without loans", "members who never had a loan")
AGGREGATES = ("total", "average", "maximum", "minimum", "number of")
LIMITS = ("top 1", "top 2", "top 3", "top 10", "top 25", "bottom 3")
SCOPES = ("my loans", "all loans")


def meanings(texts: list[str]) -> list[str]:
    reading = library if any("loan" in t or "member" in t for t in texts) else sales
    return [frame(reading, text).canonical() for text in texts]


@pytest.mark.parametrize(
    "texts",
    [
        [f"total revenue by product {quarter}" for quarter in QUARTERS],
        [f"total revenue by product {region}" for region in REGIONS],
        [f"jobs with {number} runs" for number in NUMBERS[:4]],
        [f"regions with {comparator} sales" for comparator in COMPARATORS],
        [f"revenue per region ordered {direction}" for direction in DIRECTIONS],
        list(NEGATIONS[:2]),
        [f"{aggregate} units sold per region" for aggregate in AGGREGATES[:4]],
        [f"{limit} products by revenue" for limit in LIMITS],
        list(SCOPES),
        ["revenue by region", "revenue by product", "revenue by channel", "revenue by month"],
        ["running total of revenue by month", "revenue by month", "share of revenue by month"],
        ["revenue per unit", "revenue", "units sold"],
        ["jobs that failed", "jobs that did not fail", "jobs that were cancelled"],
        ["revenue since March 2025", "revenue before March 2025", "revenue in March 2025"],
    ],
    ids=lambda texts: texts[0],
)
def test_one_slot_changed_is_another_question(texts: list[str]) -> None:
    for (one, first), (other, second) in itertools.combinations(
        zip(texts, meanings(texts), strict=True), 2
    ):
        assert first != second, f"{one!r} reads as {other!r}"


@pytest.mark.parametrize(
    "texts",
    [
        [
            "revenue by region",
            "revenue per region",
            "revenue for each region",
            "Revenue By Region?",
        ],
        [
            "top 3 products by revenue",
            "the top three products by revenue",
            "TOP 3 products by revenue",
        ],
        ["revenue in Q3 2025", "revenue in the third quarter of 2025", "revenue for Q3 2025"],
        ["revenue in 2025", "revenue for 2025", "revenue during 2025", "2025 revenue"],
        [
            "number of job runs",
            "how many job runs",
            "count of job runs",
            "how many job runs are there",
        ],
        [
            "average unit price",
            "mean unit price",
            "avg unit price",
            "what is the average unit price",
        ],
        ["revenue outside Europe", "revenue not in Europe", "revenue excluding Europe"],
        [
            "runs longer than 10 minutes",
            "runs longer than ten minutes",
            "runs longer than 600 seconds",
        ],
        ["running total of revenue by month", "cumulative revenue by month"],
        ["how many runs failed yesterday", "number of failed runs yesterday"],
        ["revenue between January and March 2025", "revenue from January to March 2025"],
    ],
    ids=lambda texts: texts[0],
)
def test_other_words_are_the_same_question(texts: list[str]) -> None:
    first, *rest = meanings(texts)

    for text, meaning in zip(texts[1:], rest, strict=True):
        assert meaning == first, text


HOSTILE_TEXTS = (
    "\x00\x01\x02 revenue \x7f by \x1b[31mregion",
    "revenue\u202eby\u202cregion",
    "\U0001f642" * 500,
    "revenue " + "\u0301" * 3_000,
    "ﬀ ﬁ ﬂ ½ ¼ ⅓ ² ³ Ⅷ" * 200,
    "\t\n\r\f\v" * 2_000,
    "revenue; " * 1_111,
    "- " * 5_000,
    "a/b/c/" * 1_600,
    "((((((((((" * 1_000,
    "\"'\"'" * 2_500,
    "0" * 10_000,
    "1e999 " * 1_600,
    "९९९ " * 2_000,
    "what percentage of " * 500,
    "not not not " * 800,
    "top 99999999999999999999 regions by revenue",
    "between 1 and 2 and 3 and 4 " * 350,
)


@pytest.mark.parametrize("text", HOSTILE_TEXTS, ids=range(len(HOSTILE_TEXTS)))
def test_no_text_is_too_odd_to_be_read(text: str) -> None:
    asker = Principal(user="ada")
    for reading in (sales, library, depot):
        read = reading.read(text, asker, now=NOW, zone="Pacific/Apia")
        assert reading.route(text, read, asker).reason
        reading.plan(read, asker)


@pytest.mark.parametrize(
    "text",
    [
        "Wie viele Läufe sind gestern fehlgeschlagen?",
        "Umsatz nach Region",
        "¿Cuántos productos hay por región?",
        "Combien de ventes par région en 2025 ?",
        "Quanti ordini ieri?",
        "Hoeveel omzet per regio?",
        "2025年の地域別売上",
        "매출을 지역별로 보여줘",
        "הכנסות לפי אזור",
        "รายได้ตามภูมิภาค",
        "выручка по регионам",
    ],
)
def test_a_language_without_a_lexicon_is_left_over_whole(text: str) -> None:
    read = frame(sales, text)

    assert (read.language, read.measures, read.dimensions) == ("other", (), ())
    assert {left.word for left in read.leftover}
    abstained(sales, text)


@pytest.mark.parametrize(
    ("name", "distinct", "state"),
    [
        ("active", 2, True),
        ("paid", 1, True),
        ("has_children", 2, True),
        ("active", 3, False),
        ("quantity", 1, False),
        ("days_requested", 2, False),
        ("stock", 2, False),
    ],
)
def test_a_yes_or_no_is_no_amount(name: str, distinct: float, state: bool) -> None:
    column = Column(name=name, type="integer", role="measure", distinct=distinct)

    assert Term("public.t", column).state is state


@pytest.mark.parametrize(
    ("several", "one"),
    [
        ("most recent lost outbound shipments", "the most recent lost outbound shipment"),
        ("latest outbound shipments", "the latest outbound shipment"),
        ("earliest lost outbound shipments", "the earliest lost outbound shipment"),
    ],
)
def test_several_of_the_latest_are_a_list_in_order_of_time(several: str, one: str) -> None:
    listed, single = frame(depot, several), frame(depot, one)

    assert listed.complete
    assert single.limit == 1
    assert listed.limit is None
    assert [(o.column, o.descending) for o in listed.order] == [
        (o.column, o.descending) for o in single.order
    ]


def test_a_number_of_the_latest_is_kept_wherever_it_stands() -> None:
    assert frame(depot, "latest 5 lost outbound shipments").limit == 5
    assert frame(depot, "5 latest lost outbound shipments").limit == 5
