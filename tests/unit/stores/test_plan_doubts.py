"""Words a catalog makes ambiguous keep plans apart, and only those."""

from __future__ import annotations

from dataclasses import replace

import pytest

from clearway.graph.ports import Asked
from clearway.semantics.catalog import stamped
from clearway.semantics.types import Catalog
from clearway.semantics.understanding import Understanding
from clearway.stores.plans.doubts import doubts_of
from clearway.stores.plans.key import KeyScope, plan_key
from tests.unit.semantics.catalogs import ASKER, LIBRARY, NOW, SALES, declare

pytestmark = pytest.mark.unit

JOBS = stamped(
    Catalog(
        source_id="jobs",
        tables=(
            declare(
                "job_runs",
                "id:int job:text status:text created_at:time",
                key="id",
                values={"job": ("load", "purge"), "status": ("failed", "success")},
                synonyms=("jobs", "runs", "job runs"),
            ),
        ),
    )
)
FLIGHTS = stamped(
    Catalog(
        source_id="air",
        tables=(
            declare("airport", "airport_id:int city:text", key="airport_id"),
            declare(
                "flight",
                "flight_id:int origin_airport_id:int destination_airport_id:int fare:num",
                key="flight_id",
                links={
                    "origin_airport_id": "airport.airport_id",
                    "destination_airport_id": "airport.airport_id",
                },
            ),
        ),
    )
)


def key(text: str, catalog: Catalog) -> str:
    frame = Understanding(catalog).read(text, ASKER, now=NOW, zone="UTC")
    scope = KeyScope(source_id="s", catalog_version="1", doubts=doubts_of(catalog))
    return plan_key(Asked(frame=frame, principal=ASKER, at=NOW, zone="UTC"), scope)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("how many jobs ran today", "how many runs were there today"),
        ("number of jobs", "number of job runs"),
    ],
)
def test_rows_counted_by_the_word_of_a_column_may_be_its_values(one: str, other: str) -> None:
    assert key(one, JOBS) != key(other, JOBS)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("number of runs by job", "how many runs by job"),
        ("number of job runs", "how many runs"),
        ("how many failed runs", "number of failed job runs"),
    ],
)
def test_a_word_that_is_explained_leaves_no_doubt(one: str, other: str) -> None:
    assert key(one, JOBS) == key(other, JOBS)


def test_values_of_several_columns_are_known() -> None:
    assert doubts_of(LIBRARY).values == {"cork", "dublin"}


def test_words_that_choose_between_keys_keep_plans_apart() -> None:
    doubts = doubts_of(FLIGHTS)
    assert {"origin", "destination"} <= doubts.roles
    assert key("number of flights by origin city", FLIGHTS) != key(
        "number of flights by destination city", FLIGHTS
    )


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("product with the smallest total revenue", "product with the smallest revenue of a sale"),
        ("runs before 2025-06-01", "runs with runtime before 2025-06-01"),
        ("units sold in 2025", "units sold at a discount in 2025"),
    ],
)
def test_one_row_among_many_and_a_column_passed_over_keep_plans_apart(one: str, other: str) -> None:
    assert key(one, SALES) != key(other, SALES)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("revenue for the retail channel", "retail channel revenue"),
        ("how many job runs failed today", "number of failed job runs today"),
        ("revenue by month this year", "monthly revenue this year"),
        ("runs with a runtime over 5 minutes", "runs with a runtime above 300 seconds"),
    ],
)
def test_columns_in_a_slot_are_not_passed_over(one: str, other: str) -> None:
    assert key(one, SALES) == key(other, SALES)


def test_what_goes_to_documents_shares_nothing_with_the_data() -> None:
    frame = Understanding(SALES).read("revenue by region", ASKER, now=NOW, zone="UTC")
    scope = KeyScope(source_id="s", catalog_version="1", doubts=doubts_of(SALES))
    data = Asked(frame=frame, principal=ASKER, at=NOW, zone="UTC")
    assert plan_key(replace(data, tool="docs"), scope) != plan_key(data, scope)
