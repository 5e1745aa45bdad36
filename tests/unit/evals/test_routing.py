from __future__ import annotations

import gzip
import json
from pathlib import Path

import pytest

from clearway.evals.routing import Routed, RoutingCase, load, report

pytestmark = pytest.mark.unit


def routed(tool: str, *, to: str, refuse: bool = False, executed: bool = False) -> Routed:
    case = RoutingCase(id="c", question="?", tool=tool, refuse=refuse)
    return Routed(case=case, tool=to, executed=executed)


def test_ninety_percent_passes_and_less_does_not() -> None:
    right = [routed("sql", to="sql")] * 9
    assert report([*right, routed("sql", to="none")], show=False) == 0
    assert report([*right, *[routed("sql", to="none")] * 2], show=False) == 1


def test_more_than_a_few_wrong_tools_fail_though_most_are_right() -> None:
    cases = [*[routed("sql", to="sql")] * 94, *[routed("docs", to="sql")] * 6]
    assert report(cases, show=False) == 1


def test_one_execution_for_what_is_no_question_fails() -> None:
    assert report([*[routed("sql", to="sql")] * 99, routed("none", to="none")], show=False) == 0
    stray = routed("none", to="none", executed=True)
    assert report([*[routed("sql", to="sql")] * 99, stray], show=False) == 1


def test_packed_cases_are_read_and_other_keys_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "cases.jsonl.gz"
    line = {"id": "a", "question": "hi", "tool": "none", "refuse": True, "note": "more"}
    path.write_bytes(gzip.compress((json.dumps(line) + "\n").encode()))
    (case,) = load(path)
    assert case == RoutingCase(id="a", question="hi", tool="none", refuse=True)
    assert not case.harmless
