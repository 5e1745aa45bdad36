"""What is asked back: the words in doubt only, and readings that each keep what was asked."""

from __future__ import annotations

import pytest

from clearway.semantics.catalog import stamped
from clearway.semantics.types import Abstention, Catalog
from clearway.semantics.understanding import Understanding

from .catalogs import abstained, declare, depot, library, planned, sales

pytestmark = pytest.mark.unit

WORK = Understanding(
    stamped(
        Catalog(
            source_id="work",
            tables=(
                declare(
                    "task", "task_id:int state:text duration:num started_at:time", key="task_id"
                ),
                declare("call", "call_id:int state:text duration:num made_at:time", key="call_id"),
            ),
        )
    )
)


@pytest.mark.parametrize(
    ("question", "unclear"),
    [
        ("total churn by region", ("churn",)),
        ("performance by region", ("performance",)),
        ("revenue by country", ("country",)),
        ("revenue in Germany", ("Germany",)),
        ("customers by region", ("customers",)),
    ],
)
def test_only_what_is_not_known_is_called_unclear(question: str, unclear: tuple[str, ...]) -> None:
    found = abstained(sales, question)
    assert found.unclear == unclear
    assert all(f"“{word}”" in found.reason for word in unclear)


@pytest.mark.parametrize(
    ("question", "kept"),
    [
        ("total churn by region", "GROUP BY sales_fact.region"),
        ("performance by channel in 2025", "sold_on >= CAST('2025-01-01' AS DATE)"),
        ("best region", "LIMIT 1"),
        ("top products", "LIMIT 10"),
        ("top 3 channels", "LIMIT 3"),
        ("average by region", "AVG("),
    ],
)
def test_a_missing_number_is_asked_for_and_the_rest_is_kept(question: str, kept: str) -> None:
    found = abstained(sales, question)
    assert 1 < len(found.readings) <= 3
    for reading in found.readings:
        assert kept in planned(sales, reading.effect)


@pytest.mark.parametrize(
    ("question", "kept"),
    [
        ("average duration", "AVG("),
        ("longest duration", "MAX("),
        ("duration last week", "CAST('2026-05-11"),
        ("how many states are there", "COUNT(DISTINCT"),
    ],
)
def test_a_reading_says_no_less_than_the_question(question: str, kept: str) -> None:
    found = abstained(WORK, question)
    assert len(found.readings) == 2, found
    tables = {table for r in found.readings for table in ("task", "call") if table in r.effect}
    assert tables == {"task", "call"}
    for reading in found.readings:
        assert kept in planned(WORK, reading.effect)


def test_a_slip_in_a_value_is_offered_and_only_values_anyone_may_see_are() -> None:
    assert [r.effect for r in abstained(sales, "revenue in Eurrropee").readings] == [
        "revenue in Europe"
    ]
    hidden = Understanding(
        stamped(
            Catalog(
                source_id="s",
                tables=(declare("visit", "visit_id:int clinic:text", key="visit_id"),),
            )
        )
    )
    assert abstained(hidden, "number of visits in Oncolojy").readings == ()


@pytest.mark.parametrize(
    "question", ["churn rate by region", "how many customers", "loans by frobnicators"]
)
def test_where_nothing_fits_nothing_is_offered(question: str) -> None:
    for understood in (sales, library):
        found = abstained(understood, question)
        assert isinstance(found, Abstention)
        assert all(planned(understood, r.effect) for r in found.readings)
    assert abstained(sales, "churn rate by region").readings == ()
    assert abstained(sales, "how many customers").readings == ()


@pytest.mark.parametrize(
    "question", ["revenue of the glorious regions", "total frobnication revenue by region"]
)
def test_a_word_that_says_which_is_not_taken_for_a_number(question: str) -> None:
    found = abstained(sales, question)
    assert (len(found.unclear), found.readings) == (1, ())


@pytest.mark.parametrize(
    ("question", "label"),
    [
        ("revenue in Eurrropee", "Europe, a region of sales fact"),
        ("revenue of the northern regions", "North America, a region of sales fact"),
    ],
)
def test_a_value_is_offered_with_what_it_is(question: str, label: str) -> None:
    assert [reading.label for reading in abstained(sales, question).readings] == [label]


def test_what_a_choice_would_mean_is_told() -> None:
    (first, *_) = abstained(sales, "total churn by region").readings
    assert first.term == "churn"
    assert first.target.startswith("column:public.sales_fact.")
    for reading in abstained(WORK, "average duration").readings:
        assert reading.target in ("column:public.task.duration", "column:public.call.duration")
        assert reading.term == "duration", "the owner may say which of the two it is"


@pytest.mark.parametrize(
    "question",
    ["how many outbound shipments are dawdling", "which outbound shipments are still dawdling?"],
)
def test_an_unknown_state_is_answered_with_the_known_ones_not_with_columns(question: str) -> None:
    found = abstained(depot, question)
    assert found.readings == ()
    assert found.unclear == ("dawdling",)
    assert "status of outbound shipments: delivered, lost, shipped." in found.reason
