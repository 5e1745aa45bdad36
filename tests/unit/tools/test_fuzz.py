from __future__ import annotations

import pytest

from clearway.evals.bench.fuzz_interlock import fuzz, what_is_wrong
from clearway.evals.bench.mutants import mutants
from clearway.plans import CheckedSql
from tests.unit.tools.corpus import FOLDER, corpus_catalog

pytestmark = pytest.mark.unit


def test_no_mutant_gets_through_with_an_effect() -> None:
    report = fuzz(3000, seed=20260115, folder=FOLDER)
    assert report.findings == []
    assert report.accepted > 200
    assert len(report.rules) > 10


def test_a_seed_gives_the_same_mutants() -> None:
    assert list(mutants(60, 7, FOLDER)) == list(mutants(60, 7, FOLDER))
    assert list(mutants(60, 7, FOLDER)) != list(mutants(60, 8, FOLDER))


@pytest.mark.parametrize(
    ("sql", "wrong"),
    [
        ("SELECT 1 LIMIT 5000", "has no limit"),
        ('SELECT "c"."ssn" FROM "analytics"."customers" AS "c" LIMIT 1', "names something denied"),
        ('SELECT 1 FROM "vaults"."x" AS "x" LIMIT 1', "reads something denied"),
        ("SELECT pg_sleep(1) LIMIT 1", "calls something unknown"),
        ("SELECT 1 LIMIT 1 FOR UPDATE", "holds a LockingClause"),
        ("SELECT 1 LIMIT", "cannot be read"),
        ("DELETE FROM x", "is not one SELECT"),
        ("WITH w AS (DELETE FROM x) SELECT 1 LIMIT 1", "holds a DeleteStmt"),
    ],
)
def test_the_judge_sees_what_is_wrong(sql: str, wrong: str) -> None:
    verdict = CheckedSql(source_id="warehouse", sql=sql, relations=(), limit=1)
    assert (what_is_wrong(verdict, corpus_catalog()) or "").startswith(wrong)
