"""`clearway glossary`: a choice made in a conversation waits for the owner's word."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.acceptance.conftest import Run

pytestmark = pytest.mark.acceptance


def entries(clearway: Run) -> list[dict[str, Any]]:
    """Return every meaning that was chosen, the undecided first."""
    return [json.loads(line) for line in clearway("glossary", "list", "--json").stdout.splitlines()]


def test_a_choice_is_listed_reviewed_accepted_and_taken_back(clearway: Run) -> None:
    question = "total frobnication by region"
    for entry in entries(clearway):  # of other tests in this home
        clearway("glossary", "reject", str(entry["entry_id"]))
    clearway("ask", question, "--thread", "glossary", "--user", "ada")
    clearway("ask", "revenue of sales fact", "--thread", "glossary", "--user", "ada")
    (entry,) = (each for each in entries(clearway) if each["status"] == "proposed")
    assert (entry["term"], entry["status"], entry["proposed_by"]) == (
        "frobnication",
        "proposed",
        "ada",
    )
    reviewed = clearway("glossary", "review", stdin=b"accept\n")
    assert question in reviewed.stdout
    answered = json.loads(clearway("ask", question, "--json").stdout)
    assert answered["kind"] == "answered"
    assert "revenue" in answered["sql"]
    assert clearway("glossary", "reject", str(entry["entry_id"])).returncode == 0
    assert json.loads(clearway("ask", question, "--json").stdout)["kind"] == "clarify"
    assert clearway("glossary", "accept", "999999").returncode == 2
