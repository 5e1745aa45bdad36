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
