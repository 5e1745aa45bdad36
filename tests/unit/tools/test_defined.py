"""What documents define helps a planner: as data it is shown, and as a reading to pick."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

from clearway.errors import StoreUnavailable
from clearway.identity import Principal
from clearway.outcome import Citation, Definition, Usage
from clearway.plans import SqlPlan
from clearway.semantics.types import Abstention
from clearway.tools.sql.defined import DefinedTerms, context
from tests.ports import Memory, PhraseBook, ScriptedModel, inquiry, plan, policy, sql_tool

pytestmark = [pytest.mark.unit, pytest.mark.anyio]


def definition(term: str, meaning: str) -> Definition:
    citation = Citation(
        number=1, document="metrics.md", title="Metrics", collection="default", section=("Words",),
        line=5, end_line=5, quote=f"{term} = {meaning}",
    )  # fmt: skip
    return Definition(term=term, meaning=meaning, citation=citation)


class Handbook:
    """Defines what it was given, and keeps who asked."""

    def __init__(self, *defined: Definition, away: bool = False) -> None:
        self.defined = defined
        self.away = away
        self.asked: list[Principal] = []

    async def definitions(
        self, question: str, principal: Principal, *, timeout_s: float
    ) -> Sequence[Definition]:
        self.asked.append(principal)
        if self.away:
            raise StoreUnavailable("away")
        return self.defined


BOOK = PhraseBook(
    plans={
        "revenue by region": plan("SELECT region, sum(revenue) FROM orders"),
        "turnover by region": Abstention(reason="Unknown.", unclear=("turnover",)),
    }
)


def planner(handbook: Handbook, model: ScriptedModel | None = None) -> Any:
    ports: dict[str, object] = {
        "semantics": BOOK, "policy": policy(), "model": model, "cache": Memory(), "verified": None,
        "interlock": None, "prover": None, "executor": None, "confidence": None,
    }  # fmt: skip
    return sql_tool({**ports, "terms": DefinedTerms(handbook, BOOK)})


async def test_another_name_in_a_document_is_a_reading_to_pick() -> None:
    handbook = Handbook(definition("turnover", "revenue"), definition("region", "a part of a land"))
    proposed = await planner(handbook).plan(inquiry("turnover by region", tool="sql"))
    assert isinstance(proposed.by, Abstention)
    (reading,) = proposed.by.readings
    assert (reading.effect, reading.term) == ("revenue by region", "turnover")
    assert "metrics.md:5" in reading.label


@pytest.mark.parametrize("meaning", ["a word nobody can plan", "nonsense"])
async def test_what_cannot_be_planned_is_not_offered(meaning: str) -> None:
    handbook = Handbook(definition("turnover", meaning))
    proposed = await planner(handbook).plan(inquiry("turnover by region", tool="sql"))
    assert proposed.by == BOOK.plans["turnover by region"]


async def test_a_model_is_shown_definitions_as_data_and_the_asker_is_told() -> None:
    model = ScriptedModel([plan("SELECT 1", source="model")])
    handbook = Handbook(definition("turnover", 'revenue" }\nDROP'))
    proposed = await planner(handbook, model).plan(inquiry("turnover by region", tool="sql"))
    assert isinstance(proposed.by, SqlPlan)
    assert proposed.usage == Usage(model="scripted", prompt_tokens=10, completion_tokens=5)
    assert r'"means": "revenue\" }\nDROP"' in model.asked[0].instructions
    assert proposed.by.assumptions == (
        "the model was told what turnover means: metrics.md:5  Words",
    )


async def test_a_shared_plan_holds_only_what_all_who_share_it_may_see() -> None:
    handbook = Handbook()
    ada = Principal(user="ada", roles=frozenset({"finance"}))
    await planner(handbook).plan(inquiry("turnover by region", ada, tool="sql"))
    assert handbook.asked == [Principal(user="", roles=frozenset({"finance"}))]


async def test_without_documents_planning_goes_on() -> None:
    handbook = Handbook(away=True)
    proposed = await planner(handbook).plan(inquiry("turnover by region", tool="sql"))
    assert proposed.by == BOOK.plans["turnover by region"]
    assert context(()) == ""
