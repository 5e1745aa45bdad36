"""A correction that was accepted answers its question from then on, without a model too."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta

import pytest

from clearway import Clearway, Principal, Settings
from clearway.graph.verified import VERIFIED
from clearway.identity import REVIEW
from clearway.outcome import Answered, Outcome
from tests.integration.clearway.conftest import OPERATOR

pytestmark = [pytest.mark.integration, pytest.mark.anyio]

OWNER = replace(OPERATOR, scopes=OPERATOR.scopes | {REVIEW})
QUESTION = "total revenue by region"
RIGHT = "SELECT channel, avg(revenue) AS revenue FROM demo.sales_fact GROUP BY channel"


@pytest.fixture
async def cw(anyio_backend: str, settings: Settings) -> AsyncIterator[Clearway]:
    async with Clearway.open(settings, principal=OWNER) as opened:
        yield opened


async def corrected(cw: Clearway, question: str = QUESTION, sql: str = RIGHT, **asked: str) -> int:
    """Correct an answer, have the correction accepted, and return its number."""
    outcome = await cw.ask(question, **asked)  # type: ignore[arg-type]  # names of AskOptions
    kept = await cw.feedback(outcome.trace_id, "down", sql=sql)
    await cw.review_feedback(kept.feedback_id, "accepted")
    return kept.feedback_id


def by(outcome: Outcome) -> str:
    assert isinstance(outcome, Answered), outcome
    return outcome.plan_source


@pytest.mark.parametrize(
    "asked", [QUESTION, "Show me the total revenue per region, please?", "Total Revenue by region"]
)
async def test_the_same_question_is_answered_by_the_accepted_statement(
    cw: Clearway, asked: str
) -> None:
    assert await cw.verified(asked) is None
    number = await corrected(cw)
    found = await cw.verified(asked)
    assert found is not None
    assert found.sql == RIGHT
    for _ in range(2):
        outcome = await cw.ask(asked)
        assert by(outcome) == "verified"
        assert isinstance(outcome, Answered)
        assert "avg(" in (outcome.sql or "")
        assert "LIMIT" in (outcome.sql or ""), "it passed the interlock like any other"
        assert VERIFIED in outcome.assumptions
        assert any(item.kind == "explain" for item in outcome.evidence)
        (ran,) = [r for r in await cw.get_audit_records(outcome.trace_id) if r.step == "execute-1"]
        assert (ran.success, ran.statement) == (True, outcome.sql)
    await cw.review_feedback(number, "rejected")
    assert by(await cw.ask(asked)) == "rules"


@pytest.mark.parametrize(
    "asked", ["total revenue by channel", "total revenue by region in 2025", "total cost by region"]
)
async def test_other_questions_are_answered_as_before(cw: Clearway, asked: str) -> None:
    await corrected(cw)
    assert by(await cw.ask(QUESTION)) == "verified"
    assert by(await cw.ask(asked)) == "rules"


async def test_what_waits_for_review_and_what_only_was_praised_changes_nothing(
    cw: Clearway,
) -> None:
    answer = await cw.ask(QUESTION)
    await cw.feedback(answer.trace_id, "down", sql=RIGHT)
    assert by(await cw.ask(QUESTION)) == "rules"
    praised = await cw.ask("total cost by region")
    kept = await cw.feedback(praised.trace_id, "up")
    await cw.review_feedback(kept.feedback_id, "accepted")
    assert by(await cw.ask("total cost by region")) == "cache"


async def test_another_tenant_has_its_own_and_a_question_that_was_refused_is_answered(
    cw: Clearway,
) -> None:
    strange = "glorbly mumbles of the wumpus"
    assert (await cw.ask(strange)).kind != "answered"
    await corrected(cw, strange)
    assert by(await cw.ask(strange)) == "verified"
    elsewhere = Principal(user="ada", tenant="elsewhere")
    assert (await cw.ask(strange, principal=elsewhere)).kind != "answered"


async def test_a_question_about_oneself_is_verified_for_who_asked_it(cw: Clearway) -> None:
    mine = "show my glorbly orders"
    await corrected(cw, mine, user="ada")
    assert by(await cw.ask(mine, user="ada")) == "verified"
    bobs = await cw.ask(mine, user="bob")
    assert not (isinstance(bobs, Answered) and bobs.plan_source == "verified")


async def test_a_follow_up_is_no_question_by_itself(cw: Clearway) -> None:
    await cw.ask(QUESTION, thread_id="t")
    await corrected(cw, "only Europe", thread_id="t")
    again = [await cw.ask("only Europe", thread_id="t"), await cw.ask("only Europe")]
    assert not [o for o in again if isinstance(o, Answered) and o.plan_source == "verified"]
    (kept,) = await cw.feedback_entries()
    assert kept.question == "… only Europe"


@pytest.mark.parametrize(
    ("when", "later"),
    [("sale_date >= DATE '2026-01-01'", "rules"), ("sale_date >= current_date - 30", "verified")],
)
async def test_periods_that_moved_on_are_not_answered_by_the_dates_of_another_day(
    cw: Clearway, when: str, later: str
) -> None:
    question = "total revenue by region last month"
    sql = f"SELECT region, avg(revenue) FROM demo.sales_fact WHERE {when} GROUP BY region"
    number = await corrected(cw, question, sql)
    assert by(await cw.ask(question)) == "verified"
    before = cw.services.clock.now() - timedelta(days=40)
    async with cw.wired.database.pool.connection() as connection:
        given = "update feedback set given_at = %s where feedback_id = %s"
        await connection.execute(given, [before, number])
    assert by(await cw.ask(question)) == later
