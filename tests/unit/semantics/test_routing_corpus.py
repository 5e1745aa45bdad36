"""The routing cases developed against, on a catalog like the demo's."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path

import pytest

from clearway.semantics.catalog import stamped
from clearway.semantics.types import Catalog, Measure
from clearway.semantics.understanding import Understanding
from tests.unit.semantics.catalogs import ASKER, NOW, declare

pytestmark = pytest.mark.unit

CASES = [
    json.loads(line)
    for line in (Path(__file__).resolve().parents[2] / "corpora" / "routing_dev.jsonl")
    .read_text("utf-8")
    .splitlines()
]
RIGHT = 0.95


@cache
def reading() -> Understanding:
    """Sales, runs of jobs and an audit log, as the demo has them."""
    return Understanding(
        stamped(
            Catalog(
                source_id="warehouse",
                tables=(
                    declare(
                        "sales_fact",
                        "sale_id:int sale_date:date year:int quarter:text month:int region:text"
                        " product:text category:text channel:text units_sold:int unit_price:num"
                        " discount:num revenue:num cost:num",
                        rows=60_000,
                        key="sale_id",
                        values={
                            "quarter": ("Q1", "Q2", "Q3", "Q4"),
                            "region": (
                                "Asia Pacific", "Europe", "Latin America", "Middle East",
                                "North America",
                            ),
                            "product": ("Rail Grease", "Signal Lamp", "Ticket Gate"),
                            "category": ("Maintenance", "Signalling", "Station"),
                            "channel": ("Online", "Partner", "Retail"),
                        },
                        synonyms=("sales", "sale", "transactions"),
                    ),
                    declare(
                        "job_runs",
                        "id:int job_name:text status:text runtime_seconds:num rows_processed:int"
                        " error_message:text created_at:time",
                        rows=20_000,
                        key="id",
                        values={
                            "job_name": ("archive_logs", "load_sales", "train_forecast"),
                            "status": ("cancelled", "failed", "success", "timeout"),
                        },
                        synonyms=("runs", "job runs", "jobs"),
                    ),
                    declare(
                        "audit_log",
                        "created_at:time tool:text action:text status:text duration_ms:num"
                        " row_count:int user_id:text",
                        values={
                            "tool": ("docs", "none", "rest", "sql"),
                            "status": ("answered", "denied", "refused"),
                        },
                        synonyms=("audit entries", "audit", "requests"),
                    ),
                ),
                measures=(
                    Measure(
                        name="profit",
                        table="public.sales_fact",
                        expression="sum(revenue) - sum(cost)",
                    ),
                ),
            )
        )
    )  # fmt: skip


def test_questions_go_where_they_belong() -> None:
    wrong = []
    for case in CASES:
        text = case["question"]
        found = reading().route(text, reading().read(text, ASKER, now=NOW, zone="UTC"), ASKER)
        tool = "clarify" if found.unclear and case["tool"] == "clarify" else found.tool
        if tool != case["tool"]:
            wrong.append(f"{text!r} to {tool}, not {case['tool']}")

    assert len(wrong) <= (1 - RIGHT) * len(CASES), "\n".join(wrong)


@pytest.mark.parametrize(
    "case",
    [c for c in CASES if "injection" in c["note"] or ("destruct" in c["note"] and c["refuse"])],
    ids=lambda case: case["id"],
)
def test_no_attempt_reaches_a_tool(case: dict[str, str]) -> None:
    text = case["question"]
    found = reading().route(text, reading().read(text, ASKER, now=NOW, zone="UTC"), ASKER)

    assert found.tool == "none" or found.raw_sql
