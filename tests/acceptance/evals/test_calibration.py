"""The shipped confidence ranks wrong plans below right ones, over a real database."""

from __future__ import annotations

from pathlib import Path

import pytest

from clearway.evals.bench import calibration

DATA = Path(__file__).resolve().parents[4] / "shared" / "data" / "nl2sql"

pytestmark = [
    pytest.mark.acceptance,
    pytest.mark.slow,
    pytest.mark.skipif(not DATA.is_dir(), reason="the databases are not beside this checkout"),
]


def test_what_was_made_wrong_stands_below_the_gold(capsys: pytest.CaptureFixture[str]) -> None:
    assert calibration.main(["--data", str(DATA), "--only", "sakila", "--shipped"]) == 0

    told = capsys.readouterr().out
    kinds = [line for line in told.splitlines() if line.startswith("  ") and " wrong " in line]
    assert len(kinds) >= 6
