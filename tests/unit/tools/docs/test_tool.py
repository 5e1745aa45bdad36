from __future__ import annotations

from collections.abc import Mapping, Sequence

import pytest

from clearway.errors import RequestTimeoutError
from clearway.identity import Principal
from clearway.plans import CheckedDocs, DocsPlan, Rejection
from clearway.tools.docs.ports import Lexical
from clearway.tools.docs.tool import MAX_QUERY_CHARS, SOURCE_ID, DocsTool
from clearway.tools.docs.types import Defined, Filters, Hit

pytestmark = pytest.mark.unit

ADA = Principal(user="ada")


class EmptyStore:
    """A store in which nothing was ever kept; `slow` never answers."""

    def __init__(self, *, slow: bool = False) -> None:
        self.slow = slow

    async def by_words(
        self,
        words: Mapping[str, float],
        principal: Principal,
        filters: Filters,
        *,
        limit: int,
        timeout_s: float,
    ) -> Lexical:
        if self.slow:
            raise TimeoutError
        return Lexical(hits=(), weights=dict.fromkeys(words, 1.0))

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
        return ()

    async def definitions(
        self, names: Sequence[str], principal: Principal, *, timeout_s: float
    ) -> tuple[tuple[Defined, Hit], ...]:
        return ()

    async def collections(self, principal: Principal) -> tuple[str, ...]:
        return ()


def plan(query: str, source_id: str = SOURCE_ID) -> DocsPlan:
    return DocsPlan(source="model", source_id=source_id, query=query, stated_confidence=0.9)


@pytest.mark.anyio
async def test_the_three_steps() -> None:
    tool = DocsTool(EmptyStore())
    proposed = tool.plan("  how do I\nrestart the loader? ")
    assert (proposed.query, proposed.source) == ("how do I restart the loader?", "rules")
    checked = tool.check(proposed, ADA, collections=["b", "a", "b"])
    assert isinstance(checked, CheckedDocs)
    assert checked.collections == ("a", "b")
    answer = await tool.run(checked, ADA, timeout_s=1)
    assert (answer.found, answer.support) == (False, 0.0)


@pytest.mark.parametrize(
    ("proposed", "rule"),
    [
        (plan("what is it?"), "docs.empty"),
        (plan("loader", source_id="elsewhere"), "docs.source"),
        (plan("loader " * MAX_QUERY_CHARS), "docs.length"),
    ],
)
def test_what_cannot_be_searched_is_refused(proposed: DocsPlan, rule: str) -> None:
    rejection = DocsTool(EmptyStore()).check(proposed, ADA)
    assert isinstance(rejection, Rejection)
    assert rejection.rule == rule


@pytest.mark.anyio
async def test_the_deadline_is_a_typed_failure() -> None:
    tool = DocsTool(EmptyStore(slow=True))
    checked = tool.check(tool.plan("restart the loader"), ADA)
    assert isinstance(checked, CheckedDocs)
    with pytest.raises(RequestTimeoutError, match="documents"):
        await tool.run(checked, ADA, timeout_s=0.5)
