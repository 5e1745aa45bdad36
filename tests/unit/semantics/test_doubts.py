"""Words that say more than the slots hold: nothing is answered as if they had not been said."""

from __future__ import annotations

import pytest

from clearway.semantics.catalog import stamped
from clearway.semantics.types import Catalog
from clearway.semantics.understanding import Understanding
from tests.unit.semantics.catalogs import abstained, declare, library, planned, sales

pytestmark = pytest.mark.unit

SHOP = stamped(
    Catalog(
        source_id="shop",
        tables=(
            declare(
                "customers",
                "customer_id:int name:text email:text signup_date:date",
                key="customer_id",
            ),
            declare(
                "lamps",
                "lamp_id:int title:text style:text price:num stock:int",
                key="lamp_id",
                values={"style": ("Desk", "Floor", "Wall")},
            ),
            declare(
                "orders",
                "order_id:int customer_id:int order_date:date discount:num total:num",
                rows=5000,
                key="order_id",
                links={"customer_id": "customers.customer_id"},
            ),
            declare(
                "order_items",
                "item_id:int order_id:int lamp_id:int quantity:int",
                rows=9000,
                key="item_id",
                links={"order_id": "orders.order_id", "lamp_id": "lamps.lamp_id"},
            ),
            declare(
                "reviews",
                "review_id:int lamp_id:int customer_id:int rating:int reviewed_on:date",
                rows=2000,
                key="review_id",
                links={"lamp_id": "lamps.lamp_id", "customer_id": "customers.customer_id"},
            ),
        ),
    )
)
shop = Understanding(SHOP)


@pytest.mark.parametrize(
    "question",
    [
        "how many orders were discounted",
        "average discount of discounted orders",
        "refunded orders",
        "lamps out of stock",
        "how many customers spent a total of more than 100",
        "customers with Desk lamps",
        "number of lamps sold by style",
        "when did customer 7 first order",
        "how much does a lamp cost",
        "total discount given",
        "sum of the ratings of reviews",
        "how much does Desk cost",
        "what columns does orders have",
        "what is the date today",
    ],
)
def test_what_is_not_understood_is_not_passed_over(question: str) -> None:
    abstained(shop, question)


@pytest.mark.parametrize(
    "question",
    [
        "completed job runs",
        "what will revenue be next year",
        "revenue of top 3 products combined",
        "what is today's date",
    ],
)
def test_nothing_is_shown_for_a_part_of_a_question(question: str) -> None:
    abstained(sales, question)


def test_the_verb_tells_which_of_two_ways_leads_to_something() -> None:
    reviewed = planned(shop, "how many customers reviewed Desk lamps")
    bought = abstained(shop, "how many customers bought Desk lamps")

    assert "FROM public.reviews AS reviews JOIN public.lamps" in reviewed
    assert "what leads to lamps is not said" in bought.reason


def test_what_was_done_to_rows_is_not_dropped() -> None:
    sql = planned(shop, "how many Desk lamps were sold")

    assert "EXISTS(SELECT 1 FROM public.order_items" in sql


def test_a_time_is_of_what_was_done_then() -> None:
    sql = planned(shop, "how many customers ordered in January 2026")

    assert "orders.order_date >= CAST('2026-01-01' AS DATE)" in sql
    assert "signup_date" not in sql


def test_a_word_that_denies_a_state_is_of_rows() -> None:
    sql = planned(sales, "unsuccessful jobs yesterday")

    assert "NOT job_runs.status = 'success'" in sql
    assert "HAVING" not in sql


def test_rows_named_by_what_was_done_to_them_are_not_all_rows() -> None:
    abstained(library, "returned loans")


def test_what_a_column_says_became_of_rows_is_answered() -> None:
    assert "loan.returned_at IS NULL" in planned(library, "How many loans were returned?")
