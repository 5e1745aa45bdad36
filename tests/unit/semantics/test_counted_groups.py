"""How many kinds there are of which something holds: kinds are kept first, then counted."""

from __future__ import annotations

import pytest

from tests.unit.semantics.catalogs import abstained, planned, sales

pytestmark = pytest.mark.unit


@pytest.mark.parametrize(
    ("question", "key", "having"),
    [
        (
            "how many products had revenue above 10 million",
            "sales_fact.product",
            "SUM(sales_fact.revenue) > 10000000",
        ),
        (
            "how many products had a total revenue above 10 million",
            "sales_fact.product",
            "SUM(sales_fact.revenue) > 10000000",
        ),
        ("how many regions had more than 1000 sales", "sales_fact.region", "COUNT(*) > 1000"),
        ("how many jobs had more than 100 failures", "job_runs.job_name", "COUNT(*) > 100"),
        (
            "how many jobs had an average runtime above 100",
            "job_runs.job_name",
            "AVG(job_runs.runtime_seconds) > 100",
        ),
        (
            "how many jobs never failed",
            "job_runs.job_name",
            "COUNT(CASE WHEN job_runs.status = 'failed' THEN 1 END) = 0",
        ),
        (
            "how many products are not sold online",
            "sales_fact.product",
            "COUNT(CASE WHEN sales_fact.channel = 'Online' THEN 1 END) = 0",
        ),
        (
            "how many regions do not sell Anvils",
            "sales_fact.region",
            "COUNT(CASE WHEN sales_fact.product = 'Anvil' THEN 1 END) = 0",
        ),
    ],
)
def test_groups_are_kept_by_their_number_and_counted(question: str, key: str, having: str) -> None:
    sql = planned(sales, question)

    assert sql.startswith("SELECT COUNT(groups.counted)")
    assert f"GROUP BY {key} HAVING {having}) AS groups" in sql


@pytest.mark.parametrize(
    ("question", "part"),
    [
        ("how many sales had revenue above 1000", "WHERE sales_fact.revenue > 1000"),
        ("how many runs took longer than 5 minutes", "WHERE job_runs.runtime_seconds > 300"),
        ("how many products are sold online", "COUNT(DISTINCT sales_fact.product)"),
    ],
)
def test_rows_are_still_counted_one_by_one(question: str, part: str) -> None:
    sql = planned(sales, question)

    assert part in sql
    assert "HAVING" not in sql


@pytest.mark.parametrize("asked", ["how many quarters", "which quarters"])
def test_what_comes_again_every_year_is_added_up_within_one_year_only(asked: str) -> None:
    abstained(sales, f"{asked} had revenue above 1 million")
    assert "SUM(sales_fact.revenue) > 1000000" in planned(
        sales, f"{asked} had revenue above 1 million in 2025"
    )


def test_a_number_of_all_rows_keeps_none_of_them() -> None:
    abstained(sales, "how many sales had a total revenue above 1000")
