"""`clearway maintain` and the administrator's side of `clearway audit`."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.acceptance.conftest import Run

pytestmark = pytest.mark.acceptance


def test_the_jobs_can_be_run_by_hand_tried_and_listed(clearway: Run) -> None:
    tried = clearway("maintain", "--dry-run")
    assert tried.returncode == 0, tried.stderr
    assert "would be brought up" in tried.stdout
    done = clearway("maintain", "history")
    assert "0 plans removed" in done.stdout
    listed = clearway("maintain", "--list").stdout
    assert "audit-retention" in listed
    assert "0 plans removed" in listed
    wrong = clearway("maintain", "everything")
    assert wrong.returncode == 2
    assert "there is no job" in wrong.stderr


def test_a_user_is_erased_and_the_chains_still_verify(clearway: Run, tmp_path: Path) -> None:
    asked = clearway("ask", "total revenue by region", "--user", "grace", "--json")
    trace_id = json.loads(asked.stdout)["trace_id"]
    assert clearway("feedback", trace_id, "down", "--user", "grace").returncode == 0
    heads = tmp_path / "heads.json"
    assert clearway("audit", "heads", str(heads)).returncode == 0
    assert clearway("audit", "erase", "grace").returncode != 0, "nobody confirmed"
    erased = clearway("audit", "erase", "grace", "--yes")
    assert "of grace erased" in erased.stdout
    assert "0 records" not in erased.stdout
    assert "1 mark," in erased.stdout
    assert "grace" not in clearway("feedback", "review").stdout
    shown = clearway("audit", "show", trace_id).stdout
    assert "grace" not in shown
    assert "revenue" not in shown
    verified = clearway("audit", "verify", "--anchor", str(heads))
    assert verified.returncode == 0, verified.stdout
