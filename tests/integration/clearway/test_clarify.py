"""Asked back: every choice is answered as it says; what is chosen is proposed, never learned."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from langgraph.types import Command

from clearway import Clearway, Principal, Settings
from clearway.graph.context import Context
from clearway.llm.guards.guardrails import PatternRedactor
from clearway.outcome import Answered, Clarify, Outcome, Refused
from clearway.stores.glossary import GlossaryEntry, PostgresGlossary
from tests.integration.clearway.conftest import OPERATOR

pytestmark = [pytest.mark.integration, pytest.mark.anyio]

CHURN = "total churn by region"
KEPT = {
    CHURN: ('GROUP BY "sales_fact"."region"',),
    "top products": ('GROUP BY "sales_fact"."product"', "LIMIT 10"),
    "best region": ('GROUP BY "sales_fact"."region"', "LIMIT 1"),
    "average by channel": ("avg(", 'GROUP BY "sales_fact"."channel"'),
    "average duration": ("avg(",),
    "longest duration": ("max(",),
    "duration by status": ("avg(", '"status"'),
    "failed status": ("= 'failed'",),
    "revenue trend": ("sum(", "date_trunc"),
    "revenue by country": ("sum(", "GROUP BY"),
    "performance last year by channel": ('"sale_date" >=', '"channel"'),
}
"""What of a question must be in the statement of every choice."""


@pytest.fixture
async def cw(anyio_backend: str, settings: Settings) -> AsyncIterator[Clearway]:
    many = settings.model_copy(update={"rate_limit_requests": 100_000})
    async with Clearway.open(many, principal=OPERATOR) as opened:
        yield opened


def asked_back(outcome: Outcome) -> Clarify:
    assert isinstance(outcome, Clarify), outcome
    return outcome


async def proposed(cw: Clearway) -> list[GlossaryEntry]:
    return await PostgresGlossary(cw.wired.database.pool, PatternRedactor()).entries()


async def test_every_choice_of_every_question_gives_what_it_says(cw: Clearway) -> None:
    for question, kept in KEPT.items():
        choices = asked_back(await cw.ask(question)).choices
        assert 1 < len(choices) <= 3, question
        statements = set()
        for choice in choices:
            thread = f"{question}-{choice.id}"
            await cw.ask(question, thread_id=thread)
            answer = await cw.ask(choice.id, thread_id=thread)
            assert isinstance(answer, Answered), (question, choice, answer)
            assert answer.sql is not None
            assert all(part in answer.sql for part in kept), (question, choice, answer.sql)
            statements.add(answer.sql)
        assert len(statements) == len(choices), "each choice means something else"


async def test_one_thing_is_named_and_asked_at_a_time(cw: Clearway) -> None:
    outcome = asked_back(await cw.ask(CHURN))
    assert outcome.unclear == ("churn",)
    assert "churn" in outcome.prompt
    assert "region" not in outcome.prompt


async def test_an_answer_in_words_is_read_and_an_unrelated_message_begins_anew(
    cw: Clearway,
) -> None:
    await cw.ask(CHURN, thread_id="words")
    assert isinstance(await cw.ask("total revenue by region", thread_id="words"), Answered)
    await cw.ask(CHURN, thread_id="new")
    other = await cw.ask("how many job runs failed last month", thread_id="new")
    assert isinstance(other, Answered)
    assert other.sql is not None
    assert "job_runs" in other.sql
    assert "region" not in other.sql
    assert await proposed(cw) == []


async def test_an_unrelated_question_has_rounds_of_its_own(cw: Clearway) -> None:
    first = asked_back(await cw.ask(CHURN, thread_id="t"))
    second = asked_back(await cw.ask("churn in total by region", thread_id="t"))
    assert (first.rounds_left, second.rounds_left) == (1, 0)
    third = await cw.ask("region by region, what is our churn", thread_id="t")
    assert isinstance(third, Refused)
    assert "churn" in third.message
    await cw.ask(CHURN, thread_id="u")
    fresh = asked_back(await cw.ask("average duration of everything else", thread_id="u"))
    assert fresh.rounds_left == 1


async def test_a_choice_is_proposed_counted_and_never_learned(cw: Clearway) -> None:
    for user in ("ada", "bob"):
        await cw.ask(CHURN, thread_id=user, user=user)
        assert await proposed(cw) == [] or user == "bob"
        await cw.ask("revenue of sales fact", thread_id=user, user=user)
    (entry,) = await proposed(cw)
    assert (entry.term, entry.target) == ("churn", "column:demo.sales_fact.revenue")
    assert (entry.status, entry.uses, entry.proposed_by) == ("proposed", 2, "ada")
    assert entry.example == CHURN
    assert isinstance(await cw.ask(CHURN), Clarify)


async def test_an_accepted_meaning_is_a_synonym_from_the_next_start_on(
    cw: Clearway, settings: Settings
) -> None:
    await cw.ask(CHURN, thread_id="t")
    await cw.ask("2", thread_id="t")
    glossary = PostgresGlossary(cw.wired.database.pool, PatternRedactor())
    (entry,) = await glossary.entries("proposed")
    at = cw.services.clock.now()
    assert await glossary.decide(entry.entry_id, "accepted", by="owner", at=at)
    async with Clearway.open(settings, principal=OPERATOR) as again:
        assert again.services.semantics.version() != cw.services.semantics.version()
        answer = await again.ask(CHURN)
        assert isinstance(answer, Answered)
        assert again.cache_key(CHURN) != cw.cache_key(CHURN)
    await glossary.decide(entry.entry_id, "rejected", by="owner", at=at)
    async with Clearway.open(settings, principal=OPERATOR) as back:
        assert back.services.semantics.version() == cw.services.semantics.version()
        assert isinstance(await back.ask(CHURN), Clarify)


async def test_proposals_of_tenants_are_kept_apart_and_hold_nothing_personal(
    cw: Clearway,
) -> None:
    for tenant in ("north", "south"):
        someone = Principal(user="zoe", tenant=tenant)
        await cw.ask(CHURN, thread_id=tenant, principal=someone)
        await cw.ask("1", thread_id=tenant, principal=someone)
    assert sorted(entry.tenant for entry in await proposed(cw)) == ["north", "south"]
    private = "total zoe@example.com by region"
    await cw.ask(private, thread_id="private")
    await cw.ask("1", thread_id="private")
    assert {entry.term for entry in await proposed(cw)} == {"churn"}


async def test_a_paused_run_is_resumed_with_a_choice_and_proposes_it_too(cw: Clearway) -> None:
    config = {"configurable": {"thread_id": "paused"}}
    context = Context(clarify="interrupt")
    paused = await cw.graph.ainvoke({"question": CHURN}, config, context=context)
    asked = paused["__interrupt__"][0].value
    assert [set(choice) for choice in asked["choices"]] == [{"id", "label", "effect"}] * 3
    done = await cw.graph.ainvoke(Command(resume={"choice": "2"}), config, context=context)
    assert done["outcome"]["kind"] == "answered"
    assert "revenue" in done["outcome"]["sql"]
    (entry,) = await proposed(cw)
    assert entry.term == "churn"


async def test_a_paused_run_goes_on_with_an_unrelated_question_as_if_new(cw: Clearway) -> None:
    config = {"configurable": {"thread_id": "paused and gone on"}}
    context = Context(clarify="interrupt")
    await cw.graph.ainvoke({"question": CHURN}, config, context=context)
    other = "how many job runs failed last month"
    done = await cw.graph.ainvoke(Command(resume=other), config, context=context)
    assert done["outcome"]["kind"] == "answered"
    assert "job_runs" in done["outcome"]["sql"]
    assert "region" not in done["outcome"]["sql"]
    assert await proposed(cw) == []


async def test_a_paused_run_asks_again_twice_at_most_and_names_what_is_unclear(
    cw: Clearway,
) -> None:
    config = {"configurable": {"thread_id": "paused in vain"}}
    context = Context(clarify="interrupt")
    run = await cw.graph.ainvoke({"question": CHURN}, config, context=context)
    for _ in range(2):
        assert run["__interrupt__"][0].value["unclear"] == ["churn"]
        run = await cw.graph.ainvoke(Command(resume="9"), config, context=context)
    assert run["outcome"]["kind"] == "refused"
    assert "churn" in run["outcome"]["remedy"]


async def test_a_number_of_no_choice_is_told_and_the_last_word_names_what_is_unclear(
    cw: Clearway,
) -> None:
    await cw.ask(CHURN, thread_id="nine")
    again = asked_back(await cw.ask("9", thread_id="nine"))
    assert again.prompt.startswith("That is not one of the choices.")
    assert (len(again.choices), again.unclear, again.rounds_left) == (3, ("churn",), 0)
    last = await cw.ask("9", thread_id="nine")
    assert isinstance(last, Refused)
    assert "churn" in last.remedy


async def test_whatever_was_chosen_and_accepted_is_answered_without_asking_back(
    cw: Clearway, settings: Settings
) -> None:
    chosen = {}
    for question in ("total revenue in Eurrrope", "average duration by status", "cost by country"):
        await cw.ask(question, thread_id=question)
        answer = await cw.ask("1", thread_id=question)
        assert isinstance(answer, Answered), answer
        chosen[question] = answer.sql
    glossary = PostgresGlossary(cw.wired.database.pool, PatternRedactor())
    entries = await glossary.entries("proposed")
    assert {entry.kind for entry in entries} == {"value", "column"}
    for entry in entries:
        await glossary.decide(entry.entry_id, "accepted", by="owner", at=cw.services.clock.now())
    async with Clearway.open(settings, principal=OPERATOR) as again:
        for question, sql in chosen.items():
            answered = await again.ask(question)
            assert isinstance(answered, Answered), (question, answered)
            assert answered.sql == sql
