"""The corpora are whole: enough of each, no double, and no attack that was never seen to work."""

from __future__ import annotations

import json
from collections import Counter
from typing import Any

import pytest

from tests.corpora.sql.servers import HERE
from tests.corpora.sql.verify import entries

pytestmark = pytest.mark.unit

ATTACKS = entries(HERE / "attacks.jsonl")
BENIGN = entries(HERE / "benign.jsonl")
ALLOWED: dict[str, Any] = json.loads((HERE / "allowed.json").read_text(encoding="utf-8"))


def test_every_attack_was_seen_to_have_its_effect() -> None:
    seen = {record["id"]: record["effect"] for record in entries(HERE / "verified.jsonl")}

    assert {entry["id"]: entry["effect"] for entry in ATTACKS} == seen


def test_no_text_or_id_is_counted_twice() -> None:
    both = ATTACKS + BENIGN

    for key in ("id", "sql"):
        repeated = [value for value, n in Counter(entry[key] for entry in both).items() if n > 1]
        assert repeated == []


def test_the_corpora_are_broad() -> None:
    assert len(ATTACKS) >= 600
    assert len({entry["category"] for entry in ATTACKS}) >= 25
    assert len(BENIGN) >= 300


def test_denied_columns_are_not_listed_as_allowed() -> None:
    listed = {
        (name, column) for name, columns in ALLOWED["relations"].items() for column in columns
    }

    assert ("analytics.customers", "email") in listed
    assert not listed & {
        ("analytics.customers", "ssn"),
        ("analytics.employees", "salary"),
        ("analytics.employees", "private_note"),
    }
