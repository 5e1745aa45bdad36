"""`clearway ask --json`: every kind it can end in conforms to the published schema."""

from __future__ import annotations

import json
from importlib.metadata import version

import pytest

from tests.acceptance.conftest import Run
from tests.outcome_schema import PUBLISHED, conforming

pytestmark = pytest.mark.acceptance

FAILING = "SELECT sum(revenue) / (sum(cost) - sum(cost)) AS r FROM demo.sales_fact"
APPROVE = {"CLEARWAY_APPROVAL_PLAN_COST": "0.001"}
NOWHERE = {"CLEARWAY_DATABASE_URL": "postgresql://nobody@127.0.0.1:1/none"}


@pytest.mark.parametrize(
    ("kind", "question", "changed"),
    [
        ("answered", "total revenue by region", {}),
        ("clarify", "total churn by region", {}),
        ("refused", "drop the sales table", {}),
        ("failed", FAILING, {}),
        ("failed", "total revenue", NOWHERE),
        ("needs_review", "total revenue by region", APPROVE),
    ],
)
def test_what_the_command_line_prints_conforms(
    clearway: Run, kind: str, question: str, changed: dict[str, str]
) -> None:
    done = clearway("ask", question, "--json", **changed)
    assert conforming(json.loads(done.stdout))["kind"] == kind
    assert done.returncode == int(kind == "failed")


def test_another_users_conversation_is_denied_in_the_same_form(clearway: Run) -> None:
    for user, kind in (("ada", "answered"), ("bob", "denied")):
        done = clearway("ask", "total revenue", "--json", "--thread", "hers", "--user", user)
        assert conforming(json.loads(done.stdout))["kind"] == kind


def test_a_conversation_that_asks_too_much_is_limited_in_the_same_form(clearway: Run) -> None:
    talk = b"total revenue by region\n\nand by channel?\n"
    limits = {"CLEARWAY_RATE_LIMIT_REQUESTS": "1", "CLEARWAY_RATE_LIMIT_STORE": "process"}
    done = clearway("chat", "--json", stdin=talk, **limits)
    first, second = (conforming(json.loads(line)) for line in done.stdout.splitlines())
    assert (first["kind"], second["kind"]) == ("answered", "limited")
    assert 0 < second["retry_after_s"] <= 60


def test_the_schema_can_be_printed(clearway: Run) -> None:
    assert clearway("schema", "outcome").stdout == PUBLISHED.read_text("utf-8")


def test_the_version_is_shown(clearway: Run) -> None:
    done = clearway("--version")
    assert (done.returncode, done.stdout) == (0, f"clearway {version('clearway')}\n")
