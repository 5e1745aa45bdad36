"""The plan cache on pairs of questions: it answers paraphrases, and never another question."""

from __future__ import annotations

from pathlib import Path

import pytest

from clearway.evals.cache_pairs import load, measure
from tests.integration.conftest import settings_for

pytestmark = [pytest.mark.integration, pytest.mark.anyio]

CORPORA = Path(__file__).parents[2] / "corpora"


@pytest.mark.parametrize(
    ("pairs", "same", "hits"),
    [
        ("pairs_dev.jsonl", "pairs_dev_same.jsonl", 0.75),
        ("pairs_scored.jsonl.gz", "pairs_scored_same.jsonl", 0.75),
    ],
)
async def test_no_question_gets_the_plan_of_another(
    demo_url: str, pairs: str, same: str, hits: float
) -> None:
    found = await measure(
        settings_for(demo_url, demo=True), load(CORPORA / pairs), load(CORPORA / same)
    )
    assert (found.scores.wrong, found.shared, found.astray) == ((), [], [])
    assert found.checked >= 4000
    assert found.served >= 400
    assert found.scores.hits >= hits * found.scores.same
