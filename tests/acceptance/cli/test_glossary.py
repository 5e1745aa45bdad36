"""`clearway glossary`: a choice made in a conversation waits for the owner's word."""

from __future__ import annotations

import json

import pytest

from tests.acceptance.conftest import Run

pytestmark = pytest.mark.acceptance


def test_a_choice_is_listed_reviewed_accepted_and_taken_back(clearway: Run) -> None:
    question = "total frobnication by region"
    clearway("ask", question, "--thread", "glossary", "--user", "ada")
    clearway("ask", "revenue of sales fact", "--thread", "glossary", "--user", "ada")
    (entry,) = map(json.loads, clearway("glossary", "list", "--json").stdout.splitlines())
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
