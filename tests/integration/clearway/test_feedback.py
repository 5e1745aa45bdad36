"""Marks on answers: who may give them, what follows at once, and what only after a review."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from pydantic import SecretStr

from clearway import Clearway, Principal, Settings
from clearway.errors import IdentityError, ValidationError
from clearway.evals.verified import judged_examples, reviewed
from clearway.identity import REVIEW
from clearway.outcome import Answered
from tests.integration.clearway.conftest import OPERATOR
from tests.model_server import Reply, model_server

pytestmark = [pytest.mark.integration, pytest.mark.anyio]

OWNER = replace(OPERATOR, scopes=OPERATOR.scopes | {REVIEW})
QUESTION = "total revenue by region"
BY_CHANNEL = "SELECT channel, sum(revenue) AS revenue FROM demo.sales_fact GROUP BY channel"


async def asked(cw: Clearway, question: str = QUESTION, **options: object) -> Answered:
    outcome = await cw.ask(question, **options)  # type: ignore[arg-type]  # names of AskOptions
    assert isinstance(outcome, Answered), outcome
    return outcome


async def test_a_bad_mark_evicts_the_plan(cw: Clearway) -> None:
    await asked(cw)
    assert (await asked(cw)).plan_source == "cache"

    again = await asked(cw)
    kept = await cw.feedback(again.trace_id, "down", note="wrong regions, says bob@example.com")

    assert (kept.mark, kept.status, kept.question) == ("down", "unreviewed", QUESTION)
    assert kept.plan_sql.startswith("SELECT")
    assert "bob@example.com" not in kept.note
    assert (await asked(cw)).plan_source == "rules"


async def test_a_good_mark_evicts_nothing(cw: Clearway) -> None:
    first = await asked(cw)
    await cw.feedback(first.trace_id, "up")

    assert (await asked(cw)).plan_source == "cache"


async def test_only_who_asked_or_a_reviewer_of_the_tenant_may(cw: Clearway) -> None:
    answer = await asked(cw, user="ada")

    with cw._caller.acting_as(Principal(user="eve")), pytest.raises(IdentityError) as other:
        await cw.feedback(answer.trace_id, "down")
    with cw._caller.acting_as(Principal(user="eve")), pytest.raises(IdentityError) as absent:
        await cw.feedback("no-such-trace", "down")
    foreign = Principal(user="ada", tenant="elsewhere", scopes=frozenset({REVIEW}))
    with cw._caller.acting_as(foreign), pytest.raises(IdentityError):
        await cw.feedback(answer.trace_id, "down")

    assert other.value.message == absent.value.message
    with cw._caller.acting_as(Principal(user="ada")):
        assert (await cw.feedback(answer.trace_id, "up")).user_id == "ada"
    with cw._caller.acting_as(OWNER):
        kept = await cw.feedback(answer.trace_id, "down")
    assert (kept.user_id, kept.given_by) == ("ada", OWNER.user)


@pytest.mark.parametrize(
    "sql",
    [
        "DROP TABLE demo.sales_fact",
        "SELECT * FROM demo.customers",
        "SELECT pg_sleep(9)",
        "not sql",
    ],
)
async def test_a_correction_the_interlock_refuses_is_not_kept(cw: Clearway, sql: str) -> None:
    answer = await asked(cw)
    with cw._caller.acting_as(OWNER):
        with pytest.raises(ValidationError):
            await cw.feedback(answer.trace_id, "down", sql=sql)
        assert await cw.feedback_entries() == []


async def test_what_is_unreviewed_changes_nothing_and_what_is_accepted_is_shown(
    settings: Settings,
) -> None:
    reply = Reply(json.dumps({"sql": BY_CHANNEL, "confidence": 0.9, "explanation": ""}))
    with model_server(*[reply] * 6) as server:
        keyed = settings.model_copy(
            update={"openai_api_key": SecretStr("sk-test"), "model_base_url": server.url}
        )
        async with Clearway.open(keyed, principal=OWNER) as cw:
            answer = await asked(cw, "glorbly revenue by channel")
            kept = await cw.feedback(answer.trace_id, "down", sql=BY_CHANNEL + " ORDER BY 2")
            before = await told(cw, server, "frobly revenue by channel")
            await cw.review_feedback(kept.feedback_id, "rejected")
            rejected = await told(cw, server, "blorbly revenue by channel")
            await cw.review_feedback(kept.feedback_id, "accepted")
            accepted = await told(cw, server, "florbly revenue by channel")
            with cw._caller.acting_as(replace(OWNER, tenant="elsewhere")):
                elsewhere = await told(cw, server, "snorbly revenue by channel")

    assert "ORDER BY 2" not in before + rejected + elsewhere
    assert "ORDER BY 2" in accepted


async def told(cw: Clearway, server: object, question: str) -> str:
    """Return what the model was told about a question."""
    await cw.ask(question, bypass_cache=True)
    last = server.asked[-1]  # type: ignore[attr-defined]  # the model server of the tests
    assert question in last["messages"][-1]["content"]
    return str(last["messages"][0]["content"])


async def test_examples_are_only_those_the_asker_may_run(cw: Clearway) -> None:
    with cw._caller.acting_as(OWNER):
        answer = await asked(cw)
        kept = await cw.feedback(answer.trace_id, "up", sql=BY_CHANNEL)
        await cw.review_feedback(kept.feedback_id, "accepted")
    verified = cw.wired.feedback

    seen = await verified.examples("revenue by region", OWNER, limit=5)
    other = await verified.examples("revenue by region", replace(OWNER, tenant="b"), limit=5)
    unlike = await verified.examples("glorbly", OWNER, limit=5)

    assert [each.sql for each in seen] == [BY_CHANNEL]
    assert list(other) == list(unlike) == []


async def test_accepted_feedback_is_a_case_to_calibrate_on(cw: Clearway) -> None:
    with cw._caller.acting_as(OWNER):
        corrected, right = await asked(cw), await asked(cw, "how many job runs failed")
        first = await cw.feedback(corrected.trace_id, "down", sql=BY_CHANNEL)
        second = await cw.feedback(right.trace_id, "up")
        await cw.review_feedback(first.feedback_id, "accepted")
        assert len(await cw.feedback_entries("accepted")) == 1
        await cw.review_feedback(second.feedback_id, "accepted")
        cases = reviewed(await cw.feedback_entries("accepted"))
        examples, unused = await judged_examples(cw, cases)

    assert unused == []
    assert sorted(example.right for example in examples) == [False, True]


async def test_reviewing_needs_the_scope_and_an_entry(cw: Clearway) -> None:
    answer = await asked(cw)
    kept = await cw.feedback(answer.trace_id, "up")

    with pytest.raises(IdentityError):
        await cw.review_feedback(kept.feedback_id, "accepted")
    with pytest.raises(IdentityError):
        await cw.feedback_entries()
    with cw._caller.acting_as(OWNER), pytest.raises(IdentityError):
        await cw.review_feedback(kept.feedback_id + 999, "accepted")


async def test_a_second_mark_replaces_the_first_and_waits_for_review_again(cw: Clearway) -> None:
    answer = await asked(cw)
    first = await cw.feedback(answer.trace_id, "up", sql=BY_CHANNEL)
    with cw._caller.acting_as(OWNER):
        await cw.review_feedback(first.feedback_id, "accepted")
    second = await cw.feedback(answer.trace_id, "down")

    assert second.feedback_id == first.feedback_id
    assert (second.mark, second.sql, second.status) == ("down", "", "unreviewed")
