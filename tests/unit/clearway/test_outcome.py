"""The Outcome contract: one schema, and every version of it still read."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from clearway.outcome import OUTCOME, SCHEMA_VERSION

pytestmark = pytest.mark.unit

FIXTURES = Path(__file__).resolve().parents[1] / "fixtures"
KINDS = {"answered", "clarify", "refused", "needs_review", "denied", "limited", "failed"}


def test_there_is_a_fixture_of_every_version() -> None:
    found = {path.name for path in FIXTURES.glob("outcomes_v*.json")}
    assert found == {f"outcomes_v{version}.json" for version in range(1, SCHEMA_VERSION + 1)}


@pytest.mark.parametrize("path", sorted(FIXTURES.glob("outcomes_v*.json")), ids=lambda p: p.stem)
def test_every_version_is_still_read(path: Path) -> None:
    kept = json.loads(path.read_text("utf-8"))
    assert {each["kind"] for each in kept} == KINDS
    for each in kept:
        read = OUTCOME.validate_python(each)
        again = json.loads(OUTCOME.dump_json(read))
        assert {key: again[key] for key in each} == each


def test_the_schema_names_its_kinds() -> None:
    schema = OUTCOME.json_schema()
    assert set(schema["discriminator"]["mapping"]) == KINDS
