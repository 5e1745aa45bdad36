"""`clearway docs`: documents are added, found, answered from, brought up to date and removed."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.acceptance.conftest import Run

pytestmark = pytest.mark.acceptance

RUNBOOK = "# Loads\n\n## Schema mismatch\n\nCompare the header, then load again.\n"


def test_a_persons_path(clearway: Run, tmp_path: Path) -> None:
    library = tmp_path / "library"
    library.mkdir()
    (library / "loads.md").write_text(RUNBOOK)
    (library / "broken.pdf").write_bytes(b"%PDF-1.7")
    added = clearway("docs", "add", str(library), "--collection", "paths")
    assert added.returncode == 1, "a file that could not be read is no success"
    assert "1 added" in added.stdout
    assert "broken.pdf" in added.stderr
    (library / "broken.pdf").unlink()
    (line,) = clearway("docs", "list", "--json", "--collection", "paths").stdout.splitlines()
    assert (json.loads(line)["document"], json.loads(line)["acl"]) == ("loads.md", ["everyone"])

    found = clearway("docs", "search", "schema mismatch", "--collection", "paths")
    assert "loads.md:1-5" in found.stdout
    assert "by words only" in found.stderr
    answer = clearway("docs", "search", "--answer", "--json", "what about a schema mismatch?")
    said = json.loads(answer.stdout)
    assert said["sentences"][0]["text"] == "Compare the header, then load again."
    assert said["citations"][0]["section"] == ["Schema mismatch"]
    none = clearway("docs", "search", "--answer", "how do I bake bread?")
    assert "do not say" in none.stdout

    assert "1 unchanged" in clearway("docs", "add", str(library), "--collection", "paths").stdout
    (library / "loads.md").unlink()
    assert "1 removed" in clearway("docs", "add", str(library), "--collection", "paths").stdout
    assert clearway("docs", "list", "--json", "--collection", "paths").stdout == ""


def test_who_may_see_a_document_is_said_when_it_is_added(clearway: Run, tmp_path: Path) -> None:
    diary = tmp_path / "diary.md"
    diary.write_text("The zeppelin departs at dawn.\n")
    arguments = ("--collection", "diaries", "--acl", "role:pilots", "--owner", "ada")
    assert clearway("docs", "add", str(diary), *arguments).returncode == 0
    assert "dawn" in clearway("docs", "search", "zeppelin", "--user", "ada").stdout
    assert "Nothing" in clearway("docs", "search", "zeppelin", "--user", "bob").stdout
    assert "role:NAME" in clearway("docs", "add", str(diary), "--acl", "pilots").stderr
    removed = clearway("docs", "remove", "diary.md", "--collection", "diaries")
    assert "1 document removed" in removed.stdout
    assert clearway("docs", "remove", "diary.md", "--collection", "diaries").returncode == 1


def test_vectors_need_an_embedder_and_say_so(clearway: Run) -> None:
    done = clearway("docs", "reembed")
    assert done.returncode == 1
    assert "CLEARWAY_EMBEDDING_MODEL_DIR" in done.stderr
