"""The corpora against the tree layers alone: nothing is executed here."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from clearway.plans import CheckedSql, Rejection
from clearway.tools.sql.guard import SqlInterlock
from tests.unit.tools.corpus import FOLDER, IN_BOUNDS, READER, corpus_catalog, entries

pytestmark = pytest.mark.unit

GUARD = SqlInterlock(corpus_catalog())


def test_ordinary_analytics_pass() -> None:
    refusals = {
        entry["id"]: verdict.rule
        for entry in entries("benign")
        if isinstance(verdict := GUARD.check(entry["sql"], READER), Rejection)
    }
    assert len(refusals) <= len(entries("benign")) * 0.02, refusals


def test_no_text_that_runs_names_anything_denied() -> None:
    allowed = json.loads((FOLDER / "allowed.json").read_text(encoding="utf-8"))["relations"]
    columns = {f"{table}.{name}" for table, names in allowed.items() for name in names}
    for name in ("attacks", "benign"):
        for entry in entries(name):
            verdict = GUARD.check(entry["sql"], READER)
            if isinstance(verdict, CheckedSql):
                assert set(verdict.relations) <= set(allowed), entry["id"]
                assert set(verdict.columns) <= columns, entry["id"]
                assert '"ssn"' not in verdict.sql.replace("AS", "") or "VALUES" in verdict.sql
                assert verdict.limit <= 1000


def test_most_attacks_on_time_and_memory_are_seen_in_the_tree() -> None:
    accepted = Counter(
        entry["category"]
        for entry in entries("attacks")
        if entry["category"] in IN_BOUNDS
        and isinstance(GUARD.check(entry["sql"], READER), CheckedSql)
    )
    total = sum(entry["category"] in IN_BOUNDS for entry in entries("attacks"))
    assert sum(accepted.values()) <= total * 0.05, accepted


_VERDICTS = """
import json, sys
from clearway.plans import CheckedSql
from clearway.tools.sql.guard import SqlInterlock
from tests.unit.tools.corpus import READER, corpus_catalog, entries
import sqlglot.parser
guard = SqlInterlock(corpus_catalog())
verdicts = {}
for name in ("attacks", "benign"):
    for entry in entries(name):
        verdict = guard.check(entry["sql"], READER)
        verdicts[entry["id"]] = verdict.sql if isinstance(verdict, CheckedSql) else verdict.rule
compiled = not sqlglot.parser.__file__.endswith(".py")
json.dump({"compiled": compiled, "verdicts": verdicts}, sys.stdout)
"""


@pytest.mark.slow
def test_compiled_and_plain_sqlglot_give_the_same_verdicts(tmp_path: Path) -> None:
    """A copy of sqlglot without its compiled modules is what a machine without them has."""
    import shutil

    import sqlglot

    package = Path(sqlglot.__file__).parent
    shutil.copytree(package, tmp_path / "sqlglot", ignore=shutil.ignore_patterns("*.so", "*.pyd"))
    root = str(Path(__file__).parents[3])

    def verdicts(*first: str) -> dict[str, object]:
        path = os.pathsep.join([*first, root])
        ran = subprocess.run(
            [sys.executable, "-c", _VERDICTS],
            env={**os.environ, "PYTHONPATH": path},
            capture_output=True,
            text=True,
            check=True,
        )
        found: dict[str, object] = json.loads(ran.stdout)
        return found

    plain = verdicts(str(tmp_path))
    assert plain["compiled"] is False
    assert plain["verdicts"] == verdicts()["verdicts"]
