"""What waits for a person, of one question or of several at once: named, and settled by a word."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from langgraph.types import Command

from clearway import Clearway, Principal, Settings
from clearway.graph.context import Context
from clearway.identity import APPROVE
from clearway.nodes.approve import declined
from clearway.outcome import Answered, NeedsReview, Outcome
from tests.integration.clearway.conftest import OPERATOR

pytestmark = [pytest.mark.integration, pytest.mark.anyio]

BOSS = Principal(user="boss", scopes=OPERATOR.scopes | {APPROVE})
ONE = "total revenue by region"
TWO = "total revenue by region, and is the payments service up?"
BOTH = f"{TWO} Also show total revenue by category"


@pytest.fixture
async def costly(settings: Settings) -> AsyncIterator[Clearway]:
    """Give a Clearway in which every statement needs a person."""
    held = settings.model_copy(update={"approval_plan_cost": 0.001})
    async with Clearway.open(held, principal=BOSS) as cw:
        yield cw


def kinds(outcome: Outcome) -> list[str]:
    return [part.outcome.kind for part in outcome.parts]


async def test_a_part_that_waits_is_named_and_a_yes_settles_it(costly: Clearway) -> None:
    waiting = await costly.ask(TWO, thread_id="t-yes")
    assert isinstance(waiting, NeedsReview)
    (approval,) = waiting.approvals
    assert approval.question == "total revenue by region"
    assert approval.statement.startswith("SELECT")
    assert approval.statement in waiting.message
    done = await costly.ask("Yes.", thread_id="t-yes")
    assert (done.kind, kinds(done)) == ("answered", ["answered", "answered"])


async def test_a_write_in_a_part_waits_and_is_sent_after_a_yes(settings: Settings) -> None:
    question = (
        "is the payments service up? Also show total revenue by region; POST /payments/refresh"
    )
    async with Clearway.open(settings, principal=BOSS) as cw:
        waiting = await cw.ask(question, thread_id="t-write")
        assert isinstance(waiting, NeedsReview)
        assert [each.statement for each in waiting.approvals] == ["payments.refreshPayments()"]
        done = await cw.ask("yes", thread_id="t-write")
        assert kinds(done) == ["answered"] * 3
        again = await cw.ask("yes", thread_id="t-write")
    assert again.kind != "answered"


@pytest.mark.parametrize("durability", ["exit", "sync"])
async def test_an_answer_got_while_another_part_waited_has_its_rows(
    settings: Settings, durability: str
) -> None:
    changed = {"approval_plan_cost": 0.001, "durability": durability}
    held = settings.model_copy(update=changed)
    async with Clearway.open(held, principal=BOSS) as cw:
        waiting = await cw.ask(BOTH, thread_id="t-rows")
        assert isinstance(waiting, NeedsReview)
        first, second = waiting.approvals
        await cw.approve("t-rows", {first.id: True})
        done = await cw.approve("t-rows", {second.id: True})
        records = await cw.get_audit_records(waiting.trace_id)
    assert kinds(done) == ["answered"] * 3
    results = [part.outcome.result for part in done.parts if isinstance(part.outcome, Answered)]
    rows = [len(each.rows) if each else 0 for each in results]
    assert rows[1:] == [1, 3]
    told = "not kept while" in str(done.parts[0].outcome.degradations)
    assert (rows[0], told) in ((5, False), (0, True))
    ran = [each for each in records if each.step.startswith("execute") and each.tool == "sql"]
    assert len(ran) == 2, "what a person let through runs once"


async def test_a_no_leaves_the_other_part_standing(costly: Clearway) -> None:
    await costly.ask(TWO, thread_id="t-no")
    done = await costly.approve("t-no", False)
    assert (done.kind, kinds(done)) == ("answered", ["needs_review", "answered"])


async def test_one_word_settles_all_that_waits(costly: Clearway) -> None:
    waiting = await costly.ask(BOTH, thread_id="t-both")
    assert isinstance(waiting, NeedsReview)
    assert len(waiting.approvals) == 2
    assert len({each.id for each in waiting.approvals}) == 2
    done = await costly.approve("t-both")
    assert kinds(done) == ["answered", "answered", "answered"]


async def test_each_is_settled_by_its_id(costly: Clearway) -> None:
    waiting = await costly.ask(BOTH, thread_id="t-each")
    assert isinstance(waiting, NeedsReview)
    first, second = waiting.approvals
    left = await costly.approve("t-each", {first.id: True})
    assert isinstance(left, NeedsReview)
    assert [each.id for each in left.approvals] == [second.id]
    done = await costly.approve("t-each", {second.id: False})
    assert kinds(done) == ["answered", "answered", "needs_review"]


@pytest.mark.parametrize(
    "word",
    [True, {"approved": True}, {"decisions": [{"type": "approve"}]}],
    ids=["true", "approved", "chat-client"],
)
async def test_a_resume_with_one_word_is_said_to_each(costly: Clearway, word: object) -> None:
    config = {"configurable": {"thread_id": f"t-resume-{type(word).__name__}-{len(str(word))}"}}
    held = await costly.graph.ainvoke({"question": BOTH}, config, context=Context())
    asked = held["__interrupt__"][0].value
    assert asked["review_configs"][0]["allowed_decisions"] == ["approve", "reject"]
    done = await costly.graph.ainvoke(Command(resume=word), config, context=Context())
    assert [each["outcome"]["kind"] for each in done["outcome"]["parts"]] == ["answered"] * 3


@pytest.mark.parametrize("word", [{"decisions": [{"type": "reject"}]}, {"decisions": []}, "yes", 1])
async def test_what_is_no_plain_yes_approves_nothing(costly: Clearway, word: object) -> None:
    config = {"configurable": {"thread_id": f"t-not-{word}"}}
    await costly.graph.ainvoke({"question": ONE}, config, context=Context())
    done = await costly.graph.ainvoke(Command(resume=word), config, context=Context())
    assert done["outcome"]["kind"] == "needs_review"


@pytest.mark.parametrize(
    ("question", "said"),
    [
        (ONE, "You declined; nothing was run."),
        ("POST /payments/refresh", "You declined; nothing was sent."),
    ],
)
async def test_a_no_is_told_as_the_deciders_own(costly: Clearway, question: str, said: str) -> None:
    await costly.ask(question, thread_id="t-own")
    done = await costly.ask("no", thread_id="t-own")
    assert isinstance(done, NeedsReview)
    assert (done.message, done.approvals) == (said, ())


@pytest.mark.parametrize(
    ("word", "own"),
    [
        (False, True),
        ({"approved": False}, True),
        ({"decisions": [{"type": "reject"}]}, True),
        ({"decisions": [{"type": "edit"}]}, False),
        ({"approved": None}, False),
        ("no", False),
        (0, False),
    ],
)
def test_only_a_plain_no_is_one(word: object, own: bool) -> None:
    assert declined(word) is own


async def test_who_may_not_approve_approves_nothing(costly: Clearway) -> None:
    await costly.ask(ONE, thread_id="t-ada", user="ada", principal=OPERATOR)
    done = await costly.ask("yes", thread_id="t-ada", user="ada", principal=OPERATOR)
    assert isinstance(done, NeedsReview)
    assert done.approvals == ()
    assert "not approved by someone who may" in done.message


async def test_nobody_settles_what_waits_in_anothers_conversation(costly: Clearway) -> None:
    await costly.ask(ONE, thread_id="t-mine")
    eve = Principal(user="eve", scopes=frozenset({APPROVE}))
    assert (await costly.ask("yes", thread_id="t-mine", principal=eve)).kind == "denied"
    assert (await costly.approve("t-mine")).kind == "answered"


async def test_where_nothing_waits_a_yes_is_a_question_and_an_approval_is_refused(
    costly: Clearway,
) -> None:
    assert (await costly.ask("yes", thread_id="t-none")).kind in ("clarify", "refused")
    done = await costly.approve("t-none")
    assert (done.kind, "Nothing waits" in done.message) == ("refused", True)


async def test_another_question_leaves_what_waited_behind(costly: Clearway) -> None:
    await costly.ask(ONE, thread_id="t-on")
    done = await costly.ask("is the payments service up?", thread_id="t-on")
    assert done.kind == "answered"
    assert (await costly.approve("t-on")).kind == "refused"
