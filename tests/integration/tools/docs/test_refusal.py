"""A right answer, or none: questions about a made-up brewery, half of which its handbook answers.

Most questions it does not answer are near its subjects. The set was written for development: what
it shows is that nothing was lost, and not how other handbooks fare.
"""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from clearway.identity import Principal
from clearway.tools.docs.answering.answer import extracted
from clearway.tools.docs.answering.search import DocumentSearch
from tests.integration.tools.docs.conftest import Library

pytestmark = [pytest.mark.integration, pytest.mark.anyio]

BREWERY = Path(__file__).resolve().parents[3] / "corpora" / "brewery"


async def test_most_is_answered_and_what_is_not_there_is_refused(library: Library) -> None:
    await library.add(BREWERY / "runbooks")
    search = DocumentSearch(library.reader)
    lines = (BREWERY / "questions.jsonl").read_text("utf-8").splitlines()
    questions = [json.loads(line) for line in lines]
    right, wrong = [], []
    for each in questions:
        question = each["question"]
        answer = extracted(question, await search.search(question, Principal(user="ada")))
        quoted = any(each["says"] in citation.quote for citation in answer.citations)
        if each["expected"] and answer.found and quoted:
            right.append(question)
        if not each["expected"] and answer.found:
            wrong.append(question)
    assert len(questions) == 108
    assert len(right) >= 50
    assert len(wrong) <= 3, wrong
