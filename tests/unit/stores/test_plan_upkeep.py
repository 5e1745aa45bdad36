"""What a kept plan is worth: half by use, then by how lately it was used, then by its age."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from clearway.stores.plans.history import HistoryEntry
from clearway.stores.plans.upkeep import ranked_by_value

pytestmark = pytest.mark.unit

NOW = datetime(2026, 3, 31, tzinfo=UTC)
MONTH = timedelta(days=30)
FRESH = HistoryEntry(
    key="fresh",
    tenant="default",
    source_id="shop",
    question="revenue",
    planned_by="rules",
    created_at=NOW,
    last_used_at=NOW,
    use_count=1,
    execution_ms=1.0,
    row_count=1,
    model=None,
    prompt_tokens=0,
    completion_tokens=0,
    cost_usd=None,
    plan_bytes=100,
)


def ranked(*entries: HistoryEntry) -> list[str]:
    return [entry.key for entry in ranked_by_value(entries, NOW, MONTH)]


def test_frequency_weighs_as_much_as_recency_and_age_together() -> None:
    old_and_popular = replace(
        FRESH, key="popular", use_count=1000, created_at=NOW - MONTH, last_used_at=NOW - MONTH
    )
    assert ranked(replace(old_and_popular, use_count=990), replace(FRESH, use_count=1000)) == [
        "popular",
        "fresh",
    ]
    assert ranked(FRESH, replace(old_and_popular, last_used_at=NOW - MONTH / 2)) == [
        "fresh",
        "popular",
    ]


def test_recency_weighs_more_than_age() -> None:
    used_lately = replace(FRESH, key="lately", created_at=NOW - MONTH)
    made_lately = replace(FRESH, key="made", last_used_at=NOW - MONTH)
    assert ranked(used_lately, made_lately) == ["made", "lately"]


def test_nothing_kept_is_no_error() -> None:
    assert ranked() == []
