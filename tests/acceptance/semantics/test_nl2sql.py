"""Real questions over real databases nobody described, in their words and in others."""

from __future__ import annotations

from pathlib import Path

import pytest

from clearway.evals.bench import nl2sql

DATA = Path(__file__).resolve().parents[4] / "shared" / "data" / "nl2sql"

pytestmark = [
    pytest.mark.acceptance,
    pytest.mark.slow,
    pytest.mark.skipif(not DATA.is_dir(), reason="the databases are not beside this checkout"),
]


@pytest.mark.parametrize("words", [[], ["--syn"]], ids=["as asked", "in other words"])
def test_what_is_answered_is_right(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert nl2sql.main(["--data", str(DATA), *words]) == 0

    assert capsys.readouterr().out.count("all  ") == 2
