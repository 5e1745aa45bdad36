"""Several questions in one sentence are cut where they go to different tools, and nowhere else."""

from __future__ import annotations

import pytest

from clearway.semantics.routing.several import split
from clearway.semantics.types import Route

pytestmark = pytest.mark.unit


def routed(part: str) -> Route:
    words = part.lower()
    if "runbook" in words:
        return Route(tool="docs", confidence=0.9, reason="")
    if "service" in words:
        return Route(tool="rest", confidence=0.9, reason="")
    known = any(word in words for word in ("revenue", "jobs"))
    return Route(tool="sql" if known else "none", confidence=0.9 if known else 0.1, reason="")


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        (
            "Which jobs failed yesterday, and what does the runbook say about schema mismatch?",
            ("Which jobs failed yesterday", "what does the runbook say about schema mismatch?"),
        ),
        (
            "What does the runbook say about retries and how many jobs failed?",
            ("What does the runbook say about retries", "how many jobs failed?"),
        ),
        (
            "Is the payments service up? Also show revenue by region; what does the runbook say?",
            ("Is the payments service up", "show revenue by region", "what does the runbook say?"),
        ),
        (
            "Show revenue by region; POST /service/refresh",
            ("Show revenue by region", "POST /service/refresh"),
        ),
        (
            "Is the payments service up and list failed service payments",
            ("Is the payments service up", "list failed service payments"),
        ),
        (
            "Is the payments service up? And POST /service/refresh",
            ("Is the payments service up", "POST /service/refresh"),
        ),
        (
            "GET /service/1 and GET /service/2",
            ("GET /service/1", "GET /service/2"),
        ),
        ("Is the payments service up and is the orders service healthy?", ()),
        ("Ping the payments service and check the health of the orders service", ()),
        ("List service payments and show service refunds", ()),
        ("Show revenue by region and post the service's runbook", ()),
        ("Show revenue by region and which jobs failed", ()),
        ("What does the runbook say about jobs and revenue?", ()),
        ("Which jobs failed, and why is the sky blue?", ()),
        ("revenue and jobs", ()),
        ("", ()),
    ],
)
def test_parts(text: str, parts: tuple[str, ...]) -> None:
    assert split(text, routed) == parts


def test_a_long_text_is_read_as_one() -> None:
    assert split("Which jobs failed, and what does the runbook say? " * 60, routed) == ()
