"""The plan cache on pairs of questions: it answers paraphrases, and never another question."""

from __future__ import annotations

from pathlib import Path

import pytest

from clearway.evals.cache_pairs import load, measure
from tests.integration.conftest import settings_for

pytestmark = [pytest.mark.integration, pytest.mark.anyio]

CORPORA = Path(__file__).parents[2] / "corpora"


async def test_no_question_gets_the_plan_of_another(demo_url: str) -> None:
    pairs, same = load(CORPORA / "pairs_dev.jsonl"), load(CORPORA / "pairs_dev_same.jsonl")
    found = await measure(settings_for(demo_url, demo=True), pairs, same)
    assert (found.scores.wrong, found.shared, found.astray) == ((), [], [])
    assert found.checked >= 4000
    assert found.served >= 400
    assert found.scores.hits >= 0.6 * found.scores.same
