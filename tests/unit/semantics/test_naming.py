"""Names as databases shorten them, and what people say: abbreviations, prefixes, stars."""

from __future__ import annotations

import pytest

from clearway.semantics.abbreviations import is_short_for
from clearway.semantics.catalog import stamped
from clearway.semantics.judgement import words_of
from clearway.semantics.types import Catalog
from clearway.semantics.understanding import Understanding
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
