"""Accepted meanings: what was asked back is answered then, as the choice said it would be."""

from __future__ import annotations

from dataclasses import replace

import pytest

from clearway.identity import Principal
from clearway.semantics.catalog import from_json, stamped, to_json
from clearway.semantics.glossary import with_accepted
from clearway.semantics.types import Catalog, Reading
from clearway.semantics.understanding import Understanding
from tests.unit.semantics.catalogs import (
    ASKER,
    LIBRARY,
    SALES,
    abstained,
    declare,
    frame,
    planned,
)

pytestmark = pytest.mark.unit

TWICE = stamped(
    Catalog(
        source_id="work",
        tables=(
            declare("task", "task_id:int state:text duration:num started_at:time", key="task_id"),
            declare("call", "call_id:int state:text duration:num made_at:time", key="call_id"),
        ),
    )
)
ASKED = [
    (SALES, "total churn by region"),
    (SALES, "performance by region"),
    (SALES, "revenue by country"),
    (SALES, "revenue in Eurrropee"),
    (LIBRARY, "loans by frobnicator"),
    (TWICE, "average duration"),
    (TWICE, "longest duration"),
    (TWICE, "duration last week"),
    (TWICE, "how many states are there"),
]


def accepting(catalog: Catalog, *readings: Reading) -> Understanding:
    """Return a reader of the catalog after its owner accepted what was chosen."""
    return Understanding(with_accepted(catalog, [(r.term.casefold(), r.target) for r in readings]))


@pytest.mark.parametrize(("catalog", "question"), ASKED)
def test_what_is_accepted_is_answered_as_the_choice_said(catalog: Catalog, question: str) -> None:
    before = Understanding(catalog)
    readings = abstained(before, question).readings
    assert readings
    for reading in readings:
        after = accepting(catalog, reading)
        assert planned(after, question) == planned(before, reading.effect)
        assert after.version() != before.version()


@pytest.mark.parametrize("question", ["average duration", "revenue in Eurrropee"])
def test_what_is_accepted_gives_the_gate_no_reason_to_doubt(question: str) -> None:
    catalog = TWICE if "duration" in question else SALES
    after = accepting(catalog, abstained(Understanding(catalog), question).readings[0])
    asked = frame(after, question)
    plan = after.plan(asked, ASKER)
    assert [(e.kind, e.detail) for e in after.evidence(asked, plan, ASKER) if e.score < 0.8] == []


def test_two_accepted_meanings_of_a_word_are_asked_about_as_before() -> None:
    readings = abstained(Understanding(TWICE), "average duration").readings
    both = abstained(accepting(TWICE, *readings), "average duration")
    assert [r.effect for r in both.readings] == [r.effect for r in readings]


def test_what_the_question_says_itself_outweighs_what_was_accepted() -> None:
    task, call = abstained(Understanding(TWICE), "average duration").readings
    assert "task" in task.effect
    assert "public.call" in planned(accepting(TWICE, task), "average duration of calls")
    assert "public.task" in planned(accepting(TWICE, call), "average duration of tasks")


def test_a_name_for_a_value_nobody_may_see_is_not_known_and_not_told() -> None:
    secret = tuple(
        replace(
            table,
            columns=tuple(
                replace(c, roles=frozenset({"board"})) if c.name == "region" else c
                for c in table.columns
            ),
        )
        for table in SALES.tables
    )
    named = [("the old world", "value:public.sales_fact.region=Europe")]
    reading = Understanding(with_accepted(replace(SALES, tables=secret), named))
    board = Principal(user="bea", roles=frozenset({"board"}))
    asked = frame(reading, "revenue in the old world")
    assert "old world" in reading.prompt_schema(asked, board)
    told = reading.prompt_schema(asked, ASKER)
    assert "old world" not in told
    assert "Europe" not in told
    assert "Europe" not in str(abstained(reading, "revenue in the old world"))


def test_a_target_that_is_gone_is_passed_over_and_a_kept_catalog_has_the_words() -> None:
    gone = with_accepted(
        SALES, [("x", "value:public.sales_fact.region=Atlantis"), ("y", "column:public.gone.z")]
    )
    assert abstained(Understanding(gone), "revenue in x").unclear
    kept = with_accepted(SALES, [("emea", "value:public.sales_fact.region=Europe")])
    assert from_json(to_json(kept)) == kept


def test_the_glossary_of_a_catalog_file_is_read_where_its_words_are_known() -> None:
    words = {"EMEA": "Europe", "turnover": "revenue", "fog": "something nobody has heard of"}
    reading = Understanding(stamped(replace(SALES, glossary=words)))
    plain = planned(Understanding(SALES), "revenue in Europe")
    assert planned(reading, "revenue in EMEA") == plain
    assert planned(reading, "turnover in Europe") == plain
    assert abstained(reading, "fog by region").unclear == ("fog",)
