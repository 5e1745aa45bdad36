"""`clearway catalog`, `explain`, `sql`, `health`: looking without asking."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.acceptance.conftest import Run

pytestmark = pytest.mark.acceptance


def test_show_lists_what_may_be_asked_and_nothing_else(clearway: Run) -> None:
    shown = clearway("catalog", "show").stdout
    assert "demo.sales_fact" in shown
    assert "customers" not in shown


def test_a_denied_table_is_not_there(clearway: Run) -> None:
    denied = clearway("catalog", "show", "customers").stdout
    absent = clearway("catalog", "show", "customerz").stdout
    assert denied == absent.replace("customerz", "customers")


def test_columns_have_types_and_meanings(clearway: Run) -> None:
    shown = clearway("catalog", "show", "demo.sales_fact").stdout
    assert "revenue" in shown
    assert "numeric" in shown


def test_init_writes_what_check_accepts(clearway: Run, tmp_path: Path) -> None:
    path = tmp_path / "catalog.yaml"
    assert clearway("catalog", "init", str(path)).returncode == 0
    again = clearway("catalog", "init", str(path))
    assert again.returncode == 1
    assert "--force" in again.stderr
    checked = clearway("catalog", "check", CLEARWAY_CATALOG_PATH=str(path))
    assert checked.returncode == 0, checked.stdout + checked.stderr


def test_check_names_what_the_database_does_not_have(clearway: Run, tmp_path: Path) -> None:
    path = tmp_path / "catalog.yaml"
    path.write_text(
        "version: 1\ntables:\n  demo.sales_fact:\n    columns:\n      revenu: {unit: USD}\n"
    )
    checked = clearway("catalog", "check", CLEARWAY_CATALOG_PATH=str(path))
    assert checked.returncode == 1
    assert "revenu" in checked.stdout + checked.stderr


def test_a_malformed_catalog_is_one_sentence(clearway: Run, tmp_path: Path) -> None:
    path = tmp_path / "catalog.yaml"
    path.write_text("tables: [")
    done = clearway("ask", "total revenue", CLEARWAY_CATALOG_PATH=str(path))
    assert done.returncode == 1
    assert "catalog.yaml" in done.stderr
    assert "Traceback" not in done.stderr


def test_explain_shows_slots_and_plan_and_runs_nothing(clearway: Run) -> None:
    shown = clearway("explain", "total revenue by region in Q3 2025").stdout
    assert "region" in shown
    assert "2025-07-01" in shown
    assert "SELECT" in shown


def test_sql_check_shows_every_layer(clearway: Run) -> None:
    passed = clearway("sql", "check", "SELECT sum(revenue) FROM demo.sales_fact")
    assert passed.returncode == 0
    assert "ms" in passed.stdout
    assert "LIMIT" in passed.stdout
    refused = clearway("sql", "check", "DELETE FROM demo.sales_fact")
    assert refused.returncode == 1


def test_health_names_every_part(clearway: Run) -> None:
    shown = json.loads(clearway("health", "--json").stdout)
    assert shown["ok"]
    assert {"store", "warehouse", "catalog", "model", "cache"} <= shown["parts"].keys()


def test_chat_keeps_a_thread(clearway: Run) -> None:
    done = clearway("chat", stdin=b"total revenue by region in 2025\nexit\n")
    assert done.returncode == 0, done.stderr
    assert "Europe" in done.stdout
