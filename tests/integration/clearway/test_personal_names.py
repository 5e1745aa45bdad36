"""Users whose names are personal data: conversations are theirs, and nobody keeps the names."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from langgraph.types import Command

from clearway import Clearway, Principal, Settings
from clearway.errors import IdentityError
from clearway.graph.build import build_graph
from clearway.graph.context import Context
from clearway.graph.owner import asks
from clearway.identity import APPROVE
from clearway.nodes.admit import new_request
from clearway.outcome import Answered, Clarify, NeedsReview, Outcome
from tests.integration.clearway.conftest import OPERATOR

pytestmark = [pytest.mark.integration, pytest.mark.anyio]

NAMES = ("ada@example.test", "+44 20 7946 0958")
BOB = "bob@example.test"
QUESTION = "total revenue by region"
UNCLEAR = "top products"
HELD = {"approval_plan_cost": 0.001, "rate_limit_requests": 1000}
REFRESH = "POST /payments/refresh"


def approver(name: str) -> Principal:
    return Principal(user=name, scopes=frozenset({APPROVE}))


def answered(outcome: Outcome) -> Answered:
    assert isinstance(outcome, Answered), outcome
    return outcome


@pytest.mark.parametrize("name", NAMES)
async def test_a_conversation_goes_on(cw: Clearway, name: str) -> None:
    answered(await cw.ask(QUESTION, user=name, thread_id="t"))
    follow_up = answered(await cw.ask("only Europe", user=name, thread_id="t"))
    assert follow_up.result is not None
    assert follow_up.result.row_count == 1
    assert isinstance(await cw.ask(UNCLEAR, user=name, thread_id="t"), Clarify)
    answered(await cw.ask("1", user=name, thread_id="t"))


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("question", [QUESTION, REFRESH, f"{QUESTION}; {REFRESH}"])
async def test_what_waits_is_settled_by_who_asked_also_in_another_process(
    settings: Settings, name: str, question: str
) -> None:
    held = settings.model_copy(update=HELD)
    async with Clearway.open(held, principal=approver(name)) as cw:
        assert isinstance(await cw.ask(question, thread_id="t"), NeedsReview)
    async with Clearway.open(held, principal=approver(BOB)) as cw:
        assert (await cw.ask("yes", thread_id="t")).kind == "denied"
    async with Clearway.open(held, principal=approver(name)) as cw:
        done = answered(await cw.ask("yes", thread_id="t"))
        records = await cw.get_audit_records(done.trace_id)
    assert {record.user_id for record in records} == {name}


async def test_an_interrupt_is_answered(cw: Clearway) -> None:
    config: Any = {"configurable": {"thread_id": "t"}}
    context = Context(user=NAMES[0], clarify="interrupt")
    await cw.graph.ainvoke({"question": UNCLEAR}, config, context=context)
    done = await cw.graph.ainvoke(Command(resume="1"), config, context=context)
    assert done["outcome"]["kind"] == "answered", done["outcome"]


async def test_names_that_read_alike_are_no_way_into_a_conversation(cw: Clearway) -> None:
    """The graph itself says no, where a deployment's own checkpointer is the only guard."""
    config: Any = {"configurable": {"thread_id": "t"}}
    graph = build_graph(cw.services).compile(checkpointer=cw.wired.checkpointer)
    said = {"question": QUESTION}
    await graph.ainvoke(said, config, context=Context(user=NAMES[0]))
    for other in (BOB, "[EMAIL]", NAMES[1], None):
        with pytest.raises(IdentityError):
            await graph.ainvoke(said, config, context=Context(user=other))
    done = await graph.ainvoke(said, config, context=Context(user=NAMES[0]))
    assert done["outcome"]["kind"] == "answered", done["outcome"]


@pytest.mark.parametrize(
    ("kept", "may"), [("ada", {"ada"}), ("[EMAIL]", set()), ("+[PHONE]", set())]
)
async def test_threads_kept_with_the_name_itself_are_told_by_it_where_it_can_be_read(
    cw: Clearway, kept: str, may: set[str]
) -> None:
    graph = build_graph(cw.services).compile(checkpointer=cw.wired.checkpointer)
    for number, name in enumerate(("ada", "eve", kept, *NAMES)):
        config: Any = {"configurable": {"thread_id": f"t{number}"}}
        before = {"owner": {"user": kept, "tenant": "default"}}
        await graph.aupdate_state(config, before, as_node="audit")
        let_in = True
        try:
            await graph.ainvoke({"question": QUESTION}, config, context=Context(user=name))
        except IdentityError:
            let_in = False
        assert let_in == (name in may), name


async def test_no_checkpoint_holds_the_name(settings: Settings) -> None:
    held = settings.model_copy(update=HELD)
    async with Clearway.open(held, principal=approver(NAMES[0])) as cw:
        config: Any = {"metadata": {"owner": NAMES[0]}, "configurable": {"thread_id": "t"}}
        await cw.graph.ainvoke({"question": f"{QUESTION}; {REFRESH}"}, config)
        await cw.ask("yes", thread_id="t")
        async with cw.wired.database.pool.connection() as connection:
            for table in ("checkpoints", "checkpoint_blobs", "checkpoint_writes"):
                cursor = await connection.execute(f"select * from {table}".encode())
                rows = await cursor.fetchall()
                assert rows
                assert NAMES[0] not in repr(rows), table


async def test_limits_and_plans_of_a_user_are_told_apart_by_the_whole_name(
    settings: Settings,
) -> None:
    once = settings.model_copy(update={"rate_limit_requests": 1})
    async with Clearway.open(once, principal=OPERATOR) as cw:
        for name in (*NAMES, BOB):
            answered(await cw.ask(QUESTION, user=name, thread_id=name))
            assert (await cw.ask(QUESTION, user=name, thread_id=name)).kind == "limited"
        assert (
            len({cw.cache_key("my orders", user=name) for name in (*NAMES, BOB)}) == len(NAMES) + 1
        )


async def test_the_proof_of_who_asks_covers_what_they_may_do(cw: Clearway) -> None:
    """A request with another's name is not taken for the caller's, nor with fewer rights."""
    seal, ada = cw.services.seal, Principal(user=NAMES[0])
    request = new_request(QUESTION, ada, Context(), cw.services)
    blacked_out = {**request, "principal": {**request["principal"], "user": "[EMAIL]"}}
    assert asks(ada, blacked_out, seal)  # type: ignore[arg-type]  # a dict of its keys
    for other in (replace(ada, user=BOB), replace(ada, tenant="b"), approver(NAMES[0])):
        assert not asks(other, blacked_out, seal)  # type: ignore[arg-type]  # a dict of its keys
