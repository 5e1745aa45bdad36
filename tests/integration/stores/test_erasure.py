"""Feedback that is old, and people who want to be forgotten."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import pytest

from clearway.graph.ports import Meaning
from clearway.identity import Principal
from clearway.llm.guards.guardrails import PatternRedactor
from clearway.semantics.types import Catalog
from clearway.stores.audit.facts import Recorder
from clearway.stores.connect import connect
from clearway.stores.conversations.threads import open_threads
from clearway.stores.erasure import NOBODY, erase_person
from clearway.stores.feedback import Feedback, PostgresFeedback, Status
from clearway.stores.feedback_retention import count_old_feedback, prune_feedback
from clearway.stores.glossary import PostgresGlossary
from clearway.stores.keys import load_keys
from clearway.stores.postgres import VARIABLE, Database
from clearway.tools.sql.guard import SqlInterlock

pytestmark = [pytest.mark.integration, pytest.mark.anyio]

NOW = datetime(2026, 5, 20, tzinfo=UTC)
ADA, BOB = (Principal(user=user, tenant="north") for user in ("ada", "bob"))
NAMESAKE = Principal(user="ada", tenant="south")


@pytest.fixture
async def feedback(database: Database) -> AsyncIterator[PostgresFeedback]:
    yield PostgresFeedback(
        database.pool, SqlInterlock(Catalog(source_id="s", tables=())), source_id="s"
    )


async def marked(
    feedback: PostgresFeedback,
    asker: Principal,
    trace_id: str,
    *,
    given_by: str = "",
    at: datetime = NOW,
    status: Status = "unreviewed",
) -> Feedback:
    kept = await feedback.give(
        asker,
        given_by=given_by or asker.user,
        trace_id=trace_id,
        mark="down",
        question=f"what {asker.user} asked",
        plan_sql="SELECT 1",
        sql="SELECT 2",
        note="a note",
        at=at,
    )
    if status != "unreviewed":
        await feedback.decide(kept.feedback_id, asker.tenant, status, by="bob", at=at)
    return kept


async def entries(feedback: PostgresFeedback) -> list[Feedback]:
    return [each for tenant in ("north", "south") for each in await feedback.entries(tenant)]


async def erased(database: Database, principal: Principal) -> tuple[int, int, int]:
    recorder = Recorder(await load_keys(database.pool), PatternRedactor())
    async with await connect(database.addresses.owner, VARIABLE) as owner:
        gone = await erase_person(
            database.pool,
            owner,
            recorder,
            user=principal.user,
            tenant=principal.tenant,
            by="admin",
            now=NOW,
        )
    return gone.feedback, gone.meanings, gone.conversations


async def test_what_a_person_gave_goes_and_what_others_gave_stays(
    database: Database, feedback: PostgresFeedback
) -> None:
    await marked(feedback, ADA, "a", status="accepted")
    await marked(feedback, BOB, "b", given_by="ada")
    await marked(feedback, NAMESAKE, "c")
    assert (await erased(database, ADA))[0] == 1
    found = {each.trace_id: each for each in await entries(feedback)}
    assert found.keys() == {"b", "c"}
    assert (found["b"].user_id, found["b"].given_by) == ("bob", NOBODY)
    assert (found["c"].user_id, found["c"].tenant) == ("ada", "south")
    await erased(database, BOB)
    assert [each.trace_id for each in await entries(feedback)] == ["c"]


async def test_a_chosen_meaning_stays_without_who_chose_it_and_what_they_asked(
    database: Database,
) -> None:
    glossary = PostgresGlossary(database.pool, PatternRedactor())
    for who in (ADA, NAMESAKE):
        await glossary.propose(
            Meaning(
                term="churn",
                target="column:shop.orders.lost",
                question="total churn of my own team",
                source_id="s",
                principal=who,
                at=NOW,
            )
        )
    assert (await erased(database, ADA))[1] == 1
    by_tenant = {each.tenant: each for each in await glossary.entries()}
    assert (by_tenant["north"].proposed_by, by_tenant["north"].example) == (NOBODY, "")
    assert by_tenant["north"].term == "churn"
    assert by_tenant["south"].proposed_by == "ada"


async def test_conversations_go_but_for_one_that_is_held(database: Database) -> None:
    async with open_threads(database.addresses.app, size=3) as threads:
        for thread, who in (("one", ADA), ("two", ADA), ("three", NAMESAKE)):
            async with threads.turn(thread, who):
                pass
        async with threads.turn("two", ADA):
            assert (await erased(database, ADA))[2] == 1
    async with database.pool.connection() as connection:
        rows = await (await connection.execute("select thread_id from thread")).fetchall()
    assert {row["thread_id"] for row in rows} == {"two", "three"}


async def test_old_feedback_goes_and_verified_questions_lose_their_names(
    database: Database, feedback: PostgresFeedback
) -> None:
    old, young = NOW - timedelta(days=400), NOW - timedelta(days=100)
    for who in (ADA, BOB):  # a caller's own trace id may come twice
        await marked(feedback, who, "kept", at=old, status="accepted")
    await marked(feedback, ADA, "unreviewed", at=old)
    await marked(feedback, ADA, "rejected", at=old, status="rejected")
    await marked(feedback, ADA, "young", at=young)
    before = NOW - timedelta(days=365)
    assert await count_old_feedback(database.pool, before=before) == 4
    assert await prune_feedback(database.pool, before=before) == (2, 2)
    found = await entries(feedback)
    assert sorted(each.trace_id for each in found) == ["kept", "kept", "young"]
    for each in found:
        if each.trace_id == "kept":
            assert (each.sql, each.question[:4], each.note) == ("SELECT 2", "what", "")
            assert not {"ada", "bob"} & {each.user_id, each.given_by}
    assert await prune_feedback(database.pool, before=before) == (0, 0), "twice is once"
