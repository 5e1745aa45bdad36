"""A sentence is cited by its own lines, so that it is found in its file at once."""

from __future__ import annotations

import re

import pytest

from clearway.identity import Principal
from clearway.tools.docs.answering.answer import extracted
from clearway.tools.docs.answering.search import DocumentSearch
from tests.integration.tools.docs.conftest import Library
from tests.integration.tools.docs.test_refusal import BREWERY

pytestmark = [pytest.mark.integration, pytest.mark.anyio]

ADA = Principal(user="ada")


@pytest.mark.parametrize(
    ("question", "document", "lines"),
    [
        ("what is the notice period of a driver?", "staff.md", (13, 17)),
        ("how is overtime on a Sunday paid?", "staff.md", (21, 21)),
        ("may I add sugar to a stuck tank?", "fermentation.md", (17, 17)),
        ("until when can I order kegs for Friday?", "shipping.txt", (3, 3)),
        ("how often is nitric acid run?", "cleaning.html", (7, 7)),
    ],
)
async def test_an_answer_names_the_lines_it_stands_on(
    library: Library, question: str, document: str, lines: tuple[int, int]
) -> None:
    await library.add(BREWERY / "runbooks")
    answer = extracted(question, await DocumentSearch(library.reader).search(question, ADA))
    (citation,) = [each for each in answer.citations if each.document == document]
    assert (citation.line, citation.end_line) == lines
    text = (BREWERY / "runbooks" / document).read_text("utf-8").splitlines()
    there = re.sub(r"<[^>]*>", " ", " ".join(text[citation.line - 1 : citation.end_line]))
    for quoted in citation.quote.splitlines():
        assert " ".join(quoted.removeprefix("- ").split()) in " ".join(there.split())


async def test_passages_kept_without_lines_are_cited_as_a_whole(library: Library) -> None:
    await library.put("loads.md", "# Loads\n\nA schema mismatch stops the loader.\n\nRestart it.")
    await library.keeper._connection.execute(
        "update doc_chunk set first_lines = null, last_lines = null"
    )
    question = "what stops the loader?"
    answer = extracted(question, await DocumentSearch(library.reader).search(question, ADA))
    assert [(each.line, each.end_line) for each in answer.citations] == [(1, 5)]
