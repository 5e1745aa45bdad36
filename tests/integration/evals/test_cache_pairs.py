"""The plan cache on pairs of questions: it answers paraphrases, and never another question."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from clearway.evals.cache_pairs import NOW, load, measure
from tests.integration.conftest import settings_for

pytestmark = [pytest.mark.integration, pytest.mark.anyio]

SATURDAY = datetime(2026, 11, 21, 15, 30, tzinfo=UTC)
"""When the second half was written: `last Friday` and `yesterday` are one day."""
CORPORA = Path(__file__).parents[2] / "corpora"


@pytest.mark.parametrize(
    ("pairs", "same", "hits", "at"),
    [
        ("pairs_dev.jsonl", "pairs_dev_same.jsonl", 0.75, NOW),
        ("pairs_scored.jsonl.gz", "pairs_scored_same.jsonl", 0.75, NOW),
        ("pairs_scored_second.jsonl.gz", "pairs_scored_second_same.jsonl", 0.75, SATURDAY),
    ],
)
async def test_no_question_gets_the_plan_of_another(
    demo: str, pairs: str, same: str, hits: float, at: datetime
) -> None:
    settings = settings_for(demo, demo=True)
    found = await measure(settings, load(CORPORA / pairs), load(CORPORA / same), at=at)
    assert (found.scores.wrong, found.shared, found.astray) == ((), [], [])
    assert found.checked >= 4000
    assert found.served >= 400
    assert found.scores.hits >= hits * found.scores.same
