"""What happened last, and since when: by the time of the very event, never by another one."""

from __future__ import annotations

import pytest

from clearway.semantics.catalog import stamped
from clearway.semantics.types import Catalog
from clearway.semantics.understanding import Understanding
from tests.unit.semantics.catalogs import abstained, declare, depot, library, planned
from tests.unit.semantics.pottery import pottery

pytestmark = pytest.mark.unit

LAST_BOUGHT = (
    "FROM public.purchase AS purchase JOIN public.collector AS collector"
    " ON purchase.collector_id = collector.collector_id"
    " GROUP BY collector.first_name, collector.collector_id, collector.last_name"
    " ORDER BY MAX(purchase.bought_on) DESC NULLS LAST LIMIT 5"
)


@pytest.mark.parametrize(
    "question",
    [
        "5 collectors who most recently purchased something",
        "the 5 collectors who bought something most recently",
        "first and last names of the 5 collectors who purchased most recently",
    ],
)
def test_each_is_ranked_by_the_last_of_their_own(question: str) -> None:
    assert LAST_BOUGHT in planned(pottery, question)


@pytest.mark.parametrize(
    ("question", "part"),
    [
        ("most recently hired staff", "SELECT staff.first_name, staff.last_name"),
        ("most recently hired staff", "ORDER BY staff.hire_date DESC NULLS LAST LIMIT 1"),
        ("3 staff hired most recently", "ORDER BY staff.hire_date DESC NULLS LAST LIMIT 3"),
        ("the most recently built kiln", "ORDER BY kiln.built_on DESC NULLS LAST LIMIT 1"),
        ("which potter made a piece most recently", "ORDER BY MAX(piece.made_on) DESC"),
        ("which piece was bought most recently", "ORDER BY MAX(purchase.bought_on) DESC"),
        ("latest piece", "ORDER BY piece.made_on DESC NULLS LAST LIMIT 1"),
        (
            "names of the 3 potters with the most recent pieces",
            "GROUP BY potter.name, potter.potter_id ORDER BY MAX(piece.made_on) DESC"
            " NULLS LAST LIMIT 3",
        ),
    ],
)
def test_it_is_the_time_of_the_event_that_counts(question: str, part: str) -> None:
    assert part in planned(pottery, question)


def test_no_other_time_of_the_rows_takes_its_place() -> None:
    borrowed = planned(library, "the member who most recently borrowed a book")
    delivered = planned(depot, "most recently delivered shipments")

    assert "MAX(loan.loaned_at)" in borrowed and "joined_on" not in borrowed
    assert "ORDER BY outbound_shipments.delivered_at DESC" in delivered
    assert "ORDER BY member.joined_on DESC" in planned(library, "who joined most recently")


@pytest.mark.parametrize(
    "question",
    [
        "which collector bought a Raku piece most recently",
        "potters who most recently made pieces in Raku",
        "when was a piece last bought",
        "tasks most recently created",
        "staff who most recently spent something",
    ],
)
def test_which_time_is_meant_is_not_guessed(question: str) -> None:
    abstained(pottery, question)


PAPERS = (
    declare("client", "client_id:int name:text", key="client_id"),
    declare(
        "invoice",
        "invoice_id:int client_id:int invoice_date:date total:num",
        rows=4000,
        key="invoice_id",
        links={"client_id": "client.client_id"},
    ),
)
ORDERS = declare(
    "client_order",
    "order_id:int client_id:int ordered_on:date",
    rows=5000,
    key="order_id",
    links={"client_id": "client.client_id"},
)


@pytest.mark.parametrize("verb", ["bought", "purchased"])
def test_an_invoice_tells_of_a_purchase_where_nothing_else_does(verb: str) -> None:
    papers = Understanding(stamped(Catalog(source_id="papers", tables=PAPERS)))
    orders = Understanding(stamped(Catalog(source_id="orders", tables=(*PAPERS, ORDERS))))
    asked = f"the 3 clients who {verb} something most recently"

    assert "ORDER BY MAX(invoice.invoice_date) DESC" in planned(papers, asked)
    assert "ORDER BY MAX(client_order.ordered_on) DESC" in planned(orders, asked)


@pytest.mark.parametrize(
    ("question", "limit"),
    [
        ("longest-serving staff member", 1),
        ("top 10 longest-serving staff", 10),
        ("who is the longest serving staff member", 1),
        ("who has worked here the longest", 1),
    ],
)
def test_the_longest_serving_were_hired_first(question: str, limit: int) -> None:
    assert planned(pottery, question) == (
        "SELECT staff.first_name, staff.last_name FROM public.staff AS staff"
        f" ORDER BY staff.hire_date ASC LIMIT {limit}"
    )


@pytest.mark.parametrize("question", ["longest-serving collectors", "longest-serving kiln"])
def test_without_a_day_they_began_nobody_serves_longest(question: str) -> None:
    assert "longest" in abstained(pottery, question).unclear
