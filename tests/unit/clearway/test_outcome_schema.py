"""The published schema: up to date, and strict enough to find what is wrong."""

from __future__ import annotations

import copy
import json
from pathlib import Path

import pytest

from clearway.cli.schema import Contract, schema_text
from tests.outcome_schema import PUBLISHED, conforming

pytestmark = pytest.mark.unit

FIXTURE = Path(__file__).resolve().parents[1] / "fixtures" / "outcomes_v1.json"
KEPT = json.loads(FIXTURE.read_text("utf-8"))


def test_what_is_published_is_what_the_code_says() -> None:
    assert PUBLISHED.read_text("utf-8") == schema_text(Contract.OUTCOME), (
        "run: clearway schema outcome > docs/outcome.schema.json"
    )


@pytest.mark.parametrize(
    "change", ["no kind", "another kind", "a field more", "a field less", "a wrong type"]
)
def test_what_is_no_outcome_does_not_conform(change: str) -> None:
    from clearway.outcome import OUTCOME

    wrong = json.loads(OUTCOME.dump_json(OUTCOME.validate_python(copy.deepcopy(KEPT[0]))))
    conforming(wrong)
    if change == "no kind":
        del wrong["kind"]
    elif change == "another kind":
        wrong["kind"] = "guessed"
    elif change == "a field less":
        del wrong["degradations"]
    elif change == "a field more":
        wrong["rows_i_made_up"] = []
    else:
        wrong["confidence"] = "high"
    with pytest.raises(AssertionError):
        conforming(wrong)
