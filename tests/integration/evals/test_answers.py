"""Gold statements of any kind against the demo warehouse."""

from __future__ import annotations

import pytest

from clearway.evals.answers import judge_all
from tests.conftest import NewHome

pytestmark = pytest.mark.integration

QUESTIONS = [
    {
        "id": "sound",
        "question": "rows in job_runs",
        "gold_sql": "select count(*) from demo.job_runs",
    },
    {
        "id": "no column",
        "question": "rows in job_runs",
        "gold_sql": "select nix from demo.job_runs",
    },
    {"id": "no sql", "question": "rows in job_runs", "gold_sql": "how many?"},
    {"id": "no rows", "question": "rows in job_runs", "gold_sql": ""},
    {"id": "fails", "question": "rows in job_runs", "gold_sql": "select 1 / 0"},
    {"id": "none", "question": "rows in job_runs"},
]


@pytest.mark.anyio
async def test_gold_that_does_not_run_is_excluded_and_the_rest_judged(new_home: NewHome) -> None:
    verdicts, rejected = await judge_all(QUESTIONS, new_home())

    assert verdicts == ["right"]
    assert rejected == ["no column", "no sql", "no rows", "fails", "none"]
