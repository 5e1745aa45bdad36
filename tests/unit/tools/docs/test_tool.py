from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clearway.errors import RequestTimeoutError
from clearway.identity import Principal
from clearway.plans import CheckedDocs, DocsPlan, Evidence, Rejection
from clearway.semantics.frame import Period
from clearway.semantics.types import Abstention
from clearway.tools.docs.answering.confidence import confidence_of
from clearway.tools.docs.ports import Lexical
from clearway.tools.docs.tool import MAX_QUERY_CHARS, SOURCE_ID, DocsTool
from clearway.tools.docs.types import Filters
from clearway.tools.docs.words.question import narrowed
from tests.ports import inquiry
from tests.unit.graph.shelf import Shelf

pytestmark = pytest.mark.unit

ADA = Principal(user="ada")


class EmptyStore(Shelf):
    """A store in which nothing was ever kept; `slow` never answers."""

    def __init__(self, *, slow: bool = False) -> None:
        super().__init__()
        self.slow = slow

    async def by_words(
        self,
        words: Mapping[str, float],
        principal: Principal,
        filters: Filters,
        *,
        limit: int,
        timeout_s: float,
        names: Sequence[str] = (),
    ) -> Lexical:
        if self.slow:
            raise TimeoutError
        return Lexical(hits=(), weights=dict.fromkeys(words, 1.0))


def plan(query: str, source_id: str = SOURCE_ID) -> DocsPlan:
    return DocsPlan(source="model", source_id=source_id, query=query, stated_confidence=0.9)


@pytest.mark.anyio
async def test_the_way_of_a_question() -> None:
    tool, asking = DocsTool(EmptyStore()), inquiry("  how do I\nrestart the loader? ")
    proposed = (await tool.plan(asking)).by
    assert isinstance(proposed, DocsPlan)
    assert (proposed.query, proposed.source) == ("how do I restart the loader?", "rules")
    weighed = await tool.weigh(proposed, asking)
    assert tool.confidence(weighed.evidence) < 0.1
    assert weighed.shortfall is not None
    assert "clearway docs add" in weighed.shortfall.remedy
    checked = await tool.check(proposed, ADA)
    assert isinstance(checked, CheckedDocs)
    ran = await tool.run(checked, asking)
    assert ran.answer is not None
    assert (ran.answer.found, ran.answer.support) == (False, 0.0)


@pytest.mark.parametrize(
    ("proposed", "rule"),
    [
        (plan("what is it?"), "docs.empty"),
        (plan("loader", source_id="elsewhere"), "docs.source"),
        (plan("loader " * MAX_QUERY_CHARS), "docs.length"),
        (plan("loader").model_copy(update={"collections": ("secret",)}), "docs.collection"),
    ],
)
@pytest.mark.anyio
async def test_what_cannot_be_searched_is_refused(proposed: DocsPlan, rule: str) -> None:
    tool = DocsTool(EmptyStore())
    rejection = await tool.check(proposed, ADA)
    assert isinstance(rejection, Rejection)
    assert rejection.rule == rule
    weighed = await tool.weigh(proposed, inquiry(proposed.query))
    assert weighed.objection == rejection
    assert tool.confidence(weighed.evidence) == 0


@pytest.mark.anyio
async def test_a_question_of_no_words_is_not_planned() -> None:
    proposed = await DocsTool(EmptyStore()).plan(inquiry("what is it?"))
    assert isinstance(proposed.by, Abstention)


@pytest.mark.parametrize(
    ("question", "collections"),
    [
        ("what is a refund in the collection policies?", ("policies",)),
        ("how long does debt collection take?", ()),
    ],
)
def test_a_collection_counts_where_it_is_named_as_one(
    question: str, collections: tuple[str, ...]
) -> None:
    assert narrowed(question, None).collections == collections


def test_a_period_counts_where_it_is_said_of_the_documents() -> None:
    period = Period(start=datetime(2026, 1, 1, tzinfo=UTC), end=None)
    assert narrowed("what do runbooks changed this year say?", period).since == period.start
    assert narrowed("what happened in the outage this year?", period).since is None


@given(st.lists(st.floats(0, 1), min_size=2, max_size=2).map(sorted))
def test_more_support_is_never_less_confidence(shares: list[float]) -> None:
    low, high = (
        confidence_of([Evidence(kind="support", score=share, detail="")]) for share in shares
    )
    assert 0 <= low <= high <= 1


@pytest.mark.anyio
async def test_the_deadline_is_a_typed_failure() -> None:
    tool = DocsTool(EmptyStore(slow=True))
    checked = await tool.check(plan("restart the loader"), ADA)
    assert isinstance(checked, CheckedDocs)
    with pytest.raises(RequestTimeoutError, match="documents"):
        await tool.run(checked, inquiry("restart the loader", timeout_s=0.5))


class Ledger(Shelf):
    """A store whose one collection has a name with a capital."""

    async def collections(self, principal: Principal) -> tuple[str, ...]:
        return ("Ledger",)


@pytest.mark.anyio
async def test_a_collection_is_meant_however_its_name_is_written() -> None:
    tool = DocsTool(Ledger(("bonus.md", "The bonus pool is nine million.", "everyone")))
    proposed = (await tool.plan(inquiry("how large is the bonus in the collection LEDGER?"))).by
    assert isinstance(proposed, DocsPlan)
    checked = await tool.check(proposed, ADA)
    assert isinstance(checked, CheckedDocs)
    assert checked.collections == ("Ledger",)
