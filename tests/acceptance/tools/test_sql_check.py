"""`clearway sql check`: each layer with its time, then the statement that would run or why none."""

from __future__ import annotations

import re

import pytest

from tests.acceptance.conftest import Run

pytestmark = pytest.mark.acceptance


def test_a_refusal_names_layer_rule_place_reason_and_remedy(clearway: Run) -> None:
    shown = clearway("sql", "check", "select revenue, nothing from demo.sales_fact")
    assert shown.returncode == 1
    for layer in ("text", "grammar", "tree", "names"):
        assert re.search(rf"{layer}\s+\d+\.\d+ ms", shown.stdout), layer
    words = " ".join(shown.stdout.split())
    assert "There is no column `nothing` here." in words
    assert "layer names, sql.names.column, at character 17" in words


def test_a_check_shows_all_layers_and_what_would_run(clearway: Run) -> None:
    shown = clearway("sql", "check", "select sum(revenue) from demo.sales_fact")
    assert shown.returncode == 0
    for layer in ("bounds", "render", "policy", "agreement", "recheck"):
        assert re.search(rf"{layer}\s+\d+\.\d+ ms", shown.stdout), layer
    assert "LIMIT 1000" in shown.stdout


def test_the_database_has_the_last_word_with_its_time(clearway: Run) -> None:
    shown = clearway("sql", "check", "select sum(revenue) from demo.sales_fact")
    word = r"✓ database\s+\d+\.\d+ ms  EXPLAIN: accepted, cost [1-9]\d*, about 1 rows"
    assert re.search(word, shown.stdout), shown.stdout


def test_what_the_database_finds_too_costly_is_refused_by_its_layer(clearway: Run) -> None:
    sql = "select sum(revenue) from demo.sales_fact"
    shown = clearway("sql", "check", sql, CLEARWAY_MAX_PLAN_COST="1")
    assert shown.returncode == 1
    words = " ".join(shown.stdout.split())
    assert re.search(r"✓ recheck\s+\d", words)
    assert re.search(r"✗ database \d+\.\d+ ms EXPLAIN: refused", words)
    assert "1 are allowed" in words
    assert "layer database, sql.database.cost" in words
    assert "LIMIT 1000" not in words, "what may not run is not shown as what would"


def test_the_database_is_not_asked_about_what_was_refused_before(clearway: Run) -> None:
    shown = clearway("sql", "check", "select pg_sleep(1)")
    assert shown.returncode == 1
    assert "database     not asked: a layer before it refused the statement" in shown.stdout
    assert "EXPLAIN" not in shown.stdout
