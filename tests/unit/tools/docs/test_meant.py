"""What is said in other words is answered where it is clear, and refused where it is only near."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

import pytest

from clearway.errors import ModelUnavailable
from clearway.identity import Principal
from clearway.plans import CheckedDocs, DocsPlan
from clearway.tools.docs.answering.answer import extracted
from clearway.tools.docs.answering.meant import ALIKE, MOST_COMPARED, meant
from clearway.tools.docs.answering.search import NOT_COMPARED
from clearway.tools.docs.tool import DocsTool
from clearway.tools.docs.types import Filters, Hit
from tests.ports import inquiry
from tests.unit.graph.shelf import Shelf
from tests.unit.tools.docs.test_answer import found

pytestmark = [pytest.mark.unit, pytest.mark.anyio]

QUESTION = "how long may a stranded parcel sit idle at the border?"
ANSWER = "At the border it may wait fourteen days before it goes back."
BESIDE = "A parcel has a label."


class Judge:
    """An embedder by which texts that hold a phrase are as like the question as is said."""

    model_id = "judge@1"
    dimensions = 3

    def __init__(self, **likeness: float) -> None:
        self.likeness = likeness
        self.asked: list[Sequence[str]] = []
        self.breaks_at = 0

    async def embed(self, texts: Sequence[str]) -> list[list[float]]:
        self.asked.append(texts)
        if len(self.asked) == self.breaks_at:
            raise ModelUnavailable("the model is away")
        return [self._vector(text) for text in texts]

    def _vector(self, text: str) -> list[float]:
        if text == QUESTION:
            return [1.0, 0.0, 0.0]
        like = next((by for word, by in self.likeness.items() if word in text), 0.0)
        return [like, math.sqrt(1 - like * like), 0.0]


async def test_a_sentence_that_means_it_is_quoted_as_it_stands() -> None:
    judge, what = Judge(fourteen=0.8), found(QUESTION, f"{BESIDE} {ANSWER}")
    assert not extracted(QUESTION, what).found
    places = await meant(what, QUESTION, judge)
    answer = extracted(QUESTION, replace(what, meant=places))
    assert (answer.found, [each.text for each in answer.sentences]) == (True, [ANSWER])
    assert answer.citations[0].quote == ANSWER
    assert any("Loads" in text for text in judge.asked[0]), "with its headings"


@pytest.mark.parametrize(
    ("question", "texts", "likeness"),
    [
        (QUESTION, (f"{BESIDE} {ANSWER}",), ALIKE - 0.01),
        (QUESTION, ("A stranded parcel waits at the border with fourteen of its kind.",), 0.9),
        (QUESTION, (BESIDE, ANSWER), 0.9),
        ("how long is the border?", (f"{BESIDE} {ANSWER}",), 0.9),
    ],
    ids=["not near enough", "no time in it", "in a later passage", "too short a question"],
)
async def test_what_is_only_near_is_no_answer(
    question: str, texts: tuple[str, ...], likeness: float
) -> None:
    assert await meant(found(question, *texts), question, Judge(fourteen=likeness)) == ()


async def test_a_long_passage_is_compared_within_a_bound() -> None:
    judge = Judge(fourteen=0.8)
    text = " ".join([ANSWER, *(f"Parcel {at} sits there for {at} days." for at in range(200))])
    await meant(found(QUESTION, text), QUESTION, judge)
    assert len(judge.asked[0]) == MOST_COMPARED + 1


class Near(Shelf):
    """By meaning, everything somebody may see is as near as the next."""

    async def by_meaning(
        self,
        vector: Sequence[float],
        model_id: str,
        principal: Principal,
        filters: Filters,
        *,
        limit: int,
        timeout_s: float,
    ) -> tuple[Hit, ...]:
        return await self.passages([1, 2, 3], principal, timeout_s=timeout_s)


SHELF = Near(("border.md", f"{BESIDE} {ANSWER}", "everyone"))


async def asked(tool: DocsTool) -> tuple[float, CheckedDocs]:
    proposed = (await tool.plan(inquiry(QUESTION))).by
    assert isinstance(proposed, DocsPlan)
    sure = tool.confidence((await tool.weigh(proposed, inquiry(QUESTION))).evidence)
    checked = await tool.check(proposed, inquiry(QUESTION).principal)
    assert isinstance(checked, CheckedDocs)
    return sure, checked


async def test_what_was_weighed_by_meaning_is_answered_without_comparing_again() -> None:
    judge = Judge(fourteen=0.8)
    tool = DocsTool(SHELF, embedder=judge)
    sure, checked = await asked(tool)
    assert 0.6 < sure < 0.7, "less sure than by words"
    compared = len(judge.asked)
    answer = (await tool.run(checked, inquiry(QUESTION))).answer
    assert answer is not None
    assert (answer.found, answer.sentences[0].text) == (True, ANSWER)
    assert len(judge.asked) == compared


async def test_losing_the_embedder_refuses_and_says_so() -> None:
    judge = Judge(fourteen=0.8)
    judge.breaks_at = 2
    tool = DocsTool(SHELF, embedder=judge)
    sure, checked = await asked(tool)
    assert sure < 0.5
    ran = await tool.run(checked, inquiry(QUESTION))
    assert ran.answer is not None
    assert not ran.answer.found
    assert [note.detail for note in ran.notes] == [NOT_COMPARED]
