"""The gates can fail."""

from __future__ import annotations

from pathlib import Path

import pytest

from clearway.errors import ConfigurationError
from clearway.evals.cases import Case, load_cases
from clearway.evals.run import HERE, Tally, valid
from clearway.outcome import Answered, Refused, Result, ResultColumn

pytestmark = pytest.mark.unit


def answered(sql: str, rows: int = 1) -> Answered:
    return Answered(
        trace_id="t",
        message="",
        tool="sql",
        sql=sql,
        plan_source="rules",
        result=Result(
            columns=(ResultColumn(name="n", type="bigint"),),
            rows=((1,),) * rows,
            row_count=rows,
            result_hash="h",
        ),
    )


def case(**expect: object) -> Case:
    wanted = {"tool": "sql", "kind": "answered", **expect}
    return Case.model_validate({"id": "c", "question": "q", "expect": wanted})


def test_a_gate_fails_below_its_rate_and_when_nothing_was_counted() -> None:
    tally = Tally("x", 0.8)
    assert not tally.passed
    for ok in (True, True, True, True, False):
        tally.count(ok, "note")
    assert tally.passed
    tally.count(False, "note")
    assert not tally.passed


@pytest.mark.parametrize(
    ("expect", "says"),
    [
        ({"kind": "refused"}, "kind answered"),
        ({"sql_contains": ["revenue"]}, "lacks 'revenue'"),
        ({"columns": 2}, "1 columns"),
        ({"min_rows": 2}, "at least 2"),
        ({"max_rows": 0}, "at most 0"),
    ],
)
def test_what_is_wrong_is_named(expect: dict[str, object], says: str) -> None:
    (mistake,) = case(**expect).mistakes(answered("SELECT 1"))
    assert says in mistake


def test_what_is_right_has_no_mistakes() -> None:
    assert case(sql_contains=["select"], columns=1).mistakes(answered("SELECT 1")) == []
    assert valid(answered("SELECT 1"))


def test_a_refusal_is_judged_by_its_kind_alone() -> None:
    refused = Refused(trace_id="t", message="", reason="", remedy="")
    assert case(kind=["refused", "clarify"], sql_contains=["x"]).mistakes(refused) == []


def test_a_bad_line_is_named(tmp_path: Path) -> None:
    path = tmp_path / "cases.jsonl"
    path.write_text('{"id": "a"}\n')
    with pytest.raises(ConfigurationError, match="line 1"):
        load_cases(path)
    path.write_text("\n")
    with pytest.raises(ConfigurationError, match="no case"):
        load_cases(path)


def test_the_golden_cases_are_enough_and_cover_every_tool() -> None:
    cases = load_cases(HERE / "golden.jsonl")
    assert len(cases) >= 80
    assert len({each.id for each in cases}) == len(cases)
    assert {tool for each in cases for tool in each.expect.tool} == {"sql", "docs", "rest", "none"}
    assert {kind for each in cases for kind in each.expect.kind} >= {
        "answered",
        "refused",
        "clarify",
    }
