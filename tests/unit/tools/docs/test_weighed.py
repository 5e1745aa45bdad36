"""What was weighed is what is answered from, and read anew as its asker."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pytest

from clearway.identity import Principal
from clearway.outcome import DocsAnswer
from clearway.plans import CheckedDocs, DocsPlan
from clearway.tools.docs.answering.weighed import MOST, Weighed
from clearway.tools.docs.ports import Lexical
from clearway.tools.docs.tool import DocsTool
from clearway.tools.docs.types import Filters, Found
from tests.ports import inquiry
from tests.unit.graph.shelf import Shelf

pytestmark = [pytest.mark.unit, pytest.mark.anyio]

ADA = Principal(user="ada", roles=frozenset({"finance"}))
LOADS = "A schema mismatch stops the load."
BONUS = "A schema mismatch doubles the bonus."
QUESTION = "what about a schema mismatch?"


class Counting(Shelf):
    """Counts searches."""

    searches = 0

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
        self.searches += 1
        return await super().by_words(
            words, principal, filters, limit=limit, timeout_s=timeout_s, names=names
        )


async def checked_by(tool: DocsTool, who: Principal) -> CheckedDocs:
    asking = inquiry(QUESTION, who)
    plan = (await tool.plan(asking)).by
    assert isinstance(plan, DocsPlan)
    assert (await tool.weigh(plan, asking)).objection is None
    checked = await tool.check(plan, who)
    assert isinstance(checked, CheckedDocs)
    return checked


async def answer(tool: DocsTool, checked: CheckedDocs, who: Principal) -> DocsAnswer:
    said = (await tool.run(checked, inquiry(QUESTION, who))).answer
    assert said is not None
    return said


async def test_a_question_is_searched_for_once() -> None:
    shelf = Counting(("loads.md", LOADS, "everyone"))
    tool = DocsTool(shelf)
    checked = await checked_by(tool, ADA)
    once = await answer(tool, checked, ADA)
    assert (shelf.searches, once.text) == (1, f"{LOADS} [1]")
    assert await answer(tool, checked, ADA) == once
    assert shelf.searches == 2, "what ran is forgotten: running again searches again"


async def test_who_lost_a_right_meanwhile_sees_nothing_of_it() -> None:
    shelf = Counting(("loads.md", LOADS, "everyone"), ("bonus.md", BONUS, "role:finance"))
    tool = DocsTool(shelf)
    checked = await checked_by(tool, ADA)
    shelf.documents = (("loads.md", LOADS, "everyone"), ("bonus.md", BONUS, "role:board"))
    said = await answer(tool, checked, ADA)
    assert "bonus" not in said.model_dump_json()
    assert said.found


async def test_what_one_weighed_is_not_anothers() -> None:
    shelf = Counting(("loads.md", LOADS, "everyone"), ("bonus.md", BONUS, "role:finance"))
    tool = DocsTool(shelf)
    checked = await checked_by(tool, ADA)
    said = await answer(tool, checked, Principal(user="ada"))
    assert (shelf.searches, "bonus" in said.model_dump_json()) == (2, False)


def search(number: int) -> CheckedDocs:
    return CheckedDocs(source_id="documents", query=str(number), terms=("a",), limit=5)


def test_no_more_is_held_than_is_said() -> None:
    weighed = Weighed()
    for number in range(MOST + 1):
        weighed.hold("r", ADA, search(number), Found(hits=()))
    assert weighed.take("r", ADA, search(0)) is None
    assert weighed.take("r", ADA, search(1)) is not None
    assert weighed.take("r", ADA, search(1)) is None
