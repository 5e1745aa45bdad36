"""`clearway calibrate` and `clearway feedback`, as the owner of some data uses them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from clearway.cli.app import cli
from tests.acceptance.conftest import Run

pytestmark = pytest.mark.acceptance

CASES = [
    {
        "question": "total revenue by region",
        "gold_sql": "SELECT region, sum(revenue) FROM demo.sales_fact GROUP BY region",
    },
    {
        "question": "total revenue by region",
        "sql": "SELECT region, avg(revenue) FROM demo.sales_fact GROUP BY region",
        "verdict": "wrong",
    },
]


def test_it_draws_writes_and_refuses_to_promise_too_much(clearway: Run, tmp_path: Path) -> None:
    cases, out = tmp_path / "verified.jsonl", tmp_path / "mine" / "calibration.json"
    cases.write_text("\n".join(map(json.dumps, CASES)))

    done = clearway("calibrate", "--cases", str(cases), "--out", str(out), "--max-wrong", "0.02")

    assert done.returncode == 1, "a promise from two plans"
    for told in ("2 plans judged", "ECE", "Brier", "AUROC", "threshold", "at least 149"):
        assert told in done.stdout
    assert json.loads(out.read_text())["record"]["n"] == 2
    assert out.with_suffix(".png").read_bytes().startswith(b"\x89PNG")


def test_bad_input_is_an_error_that_says_where(clearway: Run, tmp_path: Path) -> None:
    cases = tmp_path / "verified.jsonl"
    cases.write_text(json.dumps(CASES[0]) + '\n{"question": "x"}\n')

    bad = clearway("calibrate", "--cases", str(cases))
    assert bad.returncode == 1
    assert "line 2" in bad.stderr
    broken = clearway("ask", "total revenue by region", CLEARWAY_CALIBRATION=str(cases))
    assert broken.returncode == 1
    assert "CLEARWAY_CALIBRATION" in broken.stderr


def test_an_answer_is_marked_corrected_and_reviewed(clearway: Run) -> None:
    asked = json.loads(clearway("ask", "--json", "total revenue by channel").stdout)
    correction = "SELECT channel, sum(revenue) FROM demo.sales_fact GROUP BY channel"

    given = clearway("feedback", asked["trace_id"], "down", "--sql", correction)
    assert given.returncode == 0, given.stderr
    assert "waits for review" in given.stdout
    listed = json.loads(clearway("feedback", "review", "--json").stdout)
    assert (listed["question"], listed["sql"]) == ("total revenue by channel", correction)
    number = str(listed["feedback_id"])
    assert "accepted" in clearway("feedback", "review", number, "accept").stdout


@pytest.mark.parametrize(
    "arguments",
    [
        ["calibrate"],
        ["calibrate", "--feedback", "--max-wrong", "2"],
        ["feedback", "some-trace", "sideways"],
        ["feedback", "review", "seven", "accept"],
        ["feedback", "review", "7", "maybe"],
    ],
)
def test_misuse_is_told_before_anything_is_opened(arguments: list[str]) -> None:
    assert CliRunner().invoke(cli, arguments).exit_code == 2


def test_explain_shows_the_evidence(clearway: Run) -> None:
    told = clearway("explain", "total revenue by region").stdout

    for kind in ("coverage", "wording", "mentions", "values", "joins", "agreement", "explain"):
        assert f" {kind} " in told
    assert "confidence 0." in told
