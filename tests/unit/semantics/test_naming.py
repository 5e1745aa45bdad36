"""Names as databases shorten them, and what people say: abbreviations, prefixes, stars."""

from __future__ import annotations

from dataclasses import replace

import pytest

from clearway.semantics.catalog import stamped
from clearway.semantics.judgement import words_of
from clearway.semantics.types import Catalog
from clearway.semantics.understanding import Understanding
from clearway.semantics.words.abbreviations import is_short_for
from tests.unit.semantics.catalogs import abstained, declare, planned

pytestmark = pytest.mark.unit

MEMBERS = Understanding(
    stamped(
        Catalog(
            source_id="gym",
            tables=(
                declare(
                    "gy_club",
                    "club_cd:text club_nm:text country_nm:text",
                    rows=4,
                    key="club_cd",
                    values={"country_nm": ("Norway", "Finland")},
                ),
                declare(
                    "gy_member",
                    "mbr_id:int mbr_nm:text club_cd:text boss_id:int signup_dt:date churn_dt:date"
                    " mth_fee_amt:num stat_cd:text",
                    key="mbr_id",
                    links={"club_cd": "gy_club.club_cd", "boss_id": "gy_member.mbr_id"},
                    values={"stat_cd": ("active", "paused")},
                ),
                declare(
                    "gy_visit",
                    "vst_id:int mbr_id:int opened_by_id:int closed_by_id:int dur_min:int",
                    key="vst_id",
                    links={
                        "mbr_id": "gy_member.mbr_id",
                        "opened_by_id": "gy_member.mbr_id",
                        "closed_by_id": "gy_member.mbr_id",
                    },
                ),
            ),
        )
    )
)

STAR = Understanding(
    stamped(
        Catalog(
            source_id="star",
            tables=(
                declare(
                    "dim_date",
                    "date_key:int full_date:date quarter_num:int year_num:int",
                    key="date_key",
                ),
                declare("dim_shop", "shop_key:int shop_name:text", rows=9, key="shop_key"),
                declare(
                    "fact_sales",
                    "sale_key:int date_key:int shop_key:int quantity:int net_amount:num",
                    rows=9000,
                    key="sale_key",
                    links={"date_key": "dim_date.date_key", "shop_key": "dim_shop.shop_key"},
                ),
            ),
        )
    )
)


@pytest.mark.parametrize(
    ("question", "part"),
    [
        ("number of members per club", "SELECT gy_club.club_nm, COUNT(*)"),
        ("names of members", "SELECT gy_member.mbr_nm FROM"),
        ("members by status", "GROUP BY gy_member.stat_cd"),
        ("average month fee amount", "AVG(gy_member.mth_fee_amt)"),
        ("average mth fee amt", "AVG(gy_member.mth_fee_amt)"),
        ("members who churned", "WHERE NOT gy_member.churn_dt IS NULL"),
        ("how many members have not churned", "WHERE gy_member.churn_dt IS NULL"),
        ("members in Norway", "WHERE gy_club.country_nm = 'Norway'"),
    ],
)
def test_short_names_are_read_in_full(question: str, part: str) -> None:
    assert part in planned(MEMBERS, question)


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("cust_nm", ("customer", "name")),
        ("OrderQty", ("order", "quantity")),
        ("paid_dt", ("paid", "date")),
        ("minutes", ("minutes",)),
    ],
)
def test_words_of_names(name: str, words: tuple[str, ...]) -> None:
    assert words_of(name) == words


@pytest.mark.parametrize(
    ("word", "whole", "short"),
    [
        ("tkt", "ticket", True),
        ("sub", "subscription", True),
        ("cust", "customer", True),
        ("ticket", "ticket", False),
        ("rate", "rather", False),
        ("id", "idea", False),
    ],
)
def test_what_is_short_for_what(word: str, whole: str, short: bool) -> None:
    assert is_short_for(word, whole) is short


@pytest.mark.parametrize(
    ("question", "part"),
    [
        ("total net amount in 2025", "dim_date.full_date >= CAST('2025-01-01' AS DATE)"),
        ("net amount by quarter in 2025", "GROUP BY dim_date.quarter_num"),
        ("which shop sold the most units", "ORDER BY SUM(fact_sales.quantity) DESC"),
    ],
)
def test_a_star_has_the_time_of_its_calendar(question: str, part: str) -> None:
    assert part in planned(STAR, question)


def test_quarters_of_several_years_are_not_added_up() -> None:
    abstained(STAR, "net amount by quarter")


def test_a_number_without_a_word_for_how_is_neither_listed_nor_added_up() -> None:
    abstained(STAR, "net amount of sales of the shop Elm")


BOATS = Understanding(
    stamped(
        Catalog(
            source_id="harbour",
            tables=(
                declare("repair_type", "type_code:text type_description:text", key="type_code"),
                declare(
                    "boat",
                    "boat_id:int boat_name:text length_m:num height_m:num weight_kg:num"
                    " year_built:int date_arrived:date date_departed:date",
                    key="boat_id",
                ),
                declare(
                    "race",
                    "race_id:int home_boat_id:int away_boat_id:int home_time:num away_time:num"
                    " is_final:bool",
                    key="race_id",
                    links={"home_boat_id": "boat.boat_id", "away_boat_id": "boat.boat_id"},
                ),
                declare(
                    "repair",
                    "repair_id:int boat_id:int type_code:text status:text cost:num",
                    key="repair_id",
                    links={"boat_id": "boat.boat_id", "type_code": "repair_type.type_code"},
                    values={"status": ("final", "planned")},
                ),
            ),
        )
    )
)


@pytest.mark.parametrize(
    ("question", "part"),
    [
        ("What are the names of the 3 longest boats?", "length_m DESC NULLS LAST LIMIT 3"),
        ("the heaviest boat", "ORDER BY boat.weight_kg DESC NULLS LAST LIMIT 1"),
        ("boats taller than 20", "WHERE boat.height_m > 20"),
        ("names of boats that have departed", "WHERE NOT boat.date_departed IS NULL"),
        ("which boats were built before 1980", "WHERE boat.year_built < 1980"),
        ("list repair types", "SELECT repair_type.type_description FROM"),
        ("how many home races has each boat had", "ON race.home_boat_id = boat.boat_id"),
        ("how many final repairs are there", "WHERE repair.status = 'final'"),
        ("races with a home time greater than the away time", "race.home_time > race.away_time"),
        ("number of repairs by status in descending order of the count", "ORDER BY COUNT(*) DESC"),
        ("boat names and lengths, highest length first", "ORDER BY boat.length_m DESC NULLS LAST"),
        ("which boats were never repaired", "NOT EXISTS(SELECT 1 FROM public.repair"),
    ],
)
def test_what_words_stand_for_in_another_database(question: str, part: str) -> None:
    assert part in planned(BOATS, question)


@pytest.mark.parametrize(
    "question", ["how many final boats are there", "what was the last boat by paint"]
)
def test_a_word_that_belongs_elsewhere_is_left_over(question: str) -> None:
    abstained(BOATS, question)


@pytest.mark.parametrize(
    ("question", "part"),
    [
        ("units sold by shop", "GROUP BY dim_shop.shop_name"),
        ("units sold by each shop", "GROUP BY dim_shop.shop_name"),
        ("units sold by shop name", "GROUP BY dim_shop.shop_name"),
        ("number of sales made by shop in 2025", "GROUP BY dim_shop.shop_name"),
    ],
)
def test_a_bare_noun_behind_by_groups(question: str, part: str) -> None:
    assert part in planned(STAR, question)


def test_units_are_those_of_the_column() -> None:
    assert "boat.weight_kg > 900" in planned(BOATS, "boats heavier than 900 kg")
    abstained(BOATS, "boats heavier than 900 cm")


MEALS = Understanding(
    stamped(
        Catalog(
            source_id="meals",
            tables=(
                declare("courier", "id:int full_name:text rating:num wage:num", key="id"),
                declare("dish", "id:int name:text price:num weight_g:num", key="id"),
                declare(
                    "orders",
                    "id:int courier_id:int status:text placed_at:time total:num city:text",
                    key="id",
                    values={"status": ("cancelled", "delivered"), "city": ("Bath", "Cork")},
                ),
                replace(
                    declare("order_item", "order_id:int dish_id:int quantity:int"),
                    primary_key=("order_id", "dish_id"),
                ),
            ),
        )
    )
)


@pytest.mark.parametrize(
    ("question", "part"),
    [
        ("What is the highest rated courier?", "ORDER BY courier.rating DESC NULLS LAST LIMIT 1"),
        ("the 2 lowest paid couriers", "ORDER BY courier.wage ASC LIMIT 2"),
        ("orders delivered by each courier", "SELECT courier.full_name, COUNT(*)"),
        ("Which courier delivered the most orders?", "WHERE orders.status = 'delivered' GROUP BY"),
        ("number of orders by city", "SELECT orders.city, COUNT(*)"),
        ("dishes costing between 5 and 8", "WHERE dish.price BETWEEN 5 AND 8"),
    ],
)
def test_verbs_that_name_a_number_or_a_state(question: str, part: str) -> None:
    assert part in planned(MEALS, question)


def test_orders_may_still_be_sorted() -> None:
    assert planned(MEALS, "list orders ordered by total").endswith("ORDER BY orders.total ASC")


def test_parts_of_a_key_of_several_columns_point_elsewhere() -> None:
    assert "JOIN public.dish AS dish ON order_item.dish_id = dish.id" in planned(
        MEALS, "total quantity per dish"
    )


@pytest.mark.parametrize(
    "question",
    [
        "which couriers expired",
        "number of orders by city that renewed",
        "how many orders per courier which expired",
        "number of orders per city worth keeping",
        "how many orders were cancelled at quantity",
    ],
)
def test_what_is_said_at_the_end_is_not_passed_over(question: str) -> None:
    abstained(MEALS, question)


def test_a_superlative_whose_noun_is_taken_along_is_read() -> None:
    abstained(MEALS, "orders paid with the most Cork city")
