"""What a conversation remembers, and what is left when it was idle for too long."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from clearway import Clearway, Principal
from clearway.graph.context import Context
from clearway.outcome import Answered
from clearway.stores.conversations.pruning import idle_threads, prune_threads

pytestmark = [pytest.mark.integration, pytest.mark.anyio]

FIRST = "total revenue by region last quarter"
FOLLOW_UP = "and by channel?"


async def begun(cw: Clearway, thread: str) -> None:
    for question in (FIRST, "only Europe"):
        assert isinstance(await cw.ask(question, thread_id=thread), Answered)


async def pruned(cw: Clearway, *, keep_latest: bool) -> int:
    """Prune whatever has no turn in the hour to come, as the job does after days."""
    pool, soon = cw.wired.database.pool, cw.services.clock.now() + timedelta(hours=1)
    idle = await idle_threads(pool, before=soon, more_than=1 if keep_latest else 0)
    return await prune_threads(pool, idle, keep_latest=keep_latest)


async def kept(cw: Clearway, thread: str) -> dict[str, Any]:
    state = await cw.graph.aget_state({"configurable": {"thread_id": thread}})
    return dict(state.values)


async def test_a_shortened_conversation_is_followed_up_as_before(cw: Clearway) -> None:
    await begun(cw, "short")
    assert await pruned(cw, keep_latest=True) == 1
    answer = await cw.ask(FOLLOW_UP, thread_id="short")
    assert isinstance(answer, Answered)
    assert answer.sql is not None
    assert all(part in answer.sql for part in ("channel", "Europe", "sale_date"))


async def test_a_removed_conversation_is_not_guessed_at(cw: Clearway) -> None:
    await begun(cw, "gone")
    assert await pruned(cw, keep_latest=False) == 1
    assert await kept(cw, "gone") == {}
    for question in (FOLLOW_UP, "only Europe", "what about last quarter"):
        outcome = await cw.ask(question, thread_id="gone")
        assert outcome.kind in ("clarify", "refused"), "there is nothing to follow up"
        await pruned(cw, keep_latest=False)


async def test_a_removed_conversation_may_be_begun_by_anybody_and_tells_nothing(
    cw: Clearway,
) -> None:
    await cw.ask(FIRST, thread_id="whose", user="adelheid")
    assert (await cw.ask(FOLLOW_UP, thread_id="whose", user="bob")).kind == "denied"
    await pruned(cw, keep_latest=False)
    assert (await cw.ask(FOLLOW_UP, thread_id="whose", user="bob")).kind != "answered"
    shown = str(await kept(cw, "whose"))
    assert FIRST not in shown
    assert "adelheid" not in shown
    assert (await cw.ask(FIRST, thread_id="whose", user="adelheid")).kind == "denied"


@pytest.mark.parametrize("unread", ["and by year before?", "and by channel of zyxwv?"])
async def test_a_follow_up_that_was_not_understood_leaves_nothing_to_build_on(
    cw: Clearway, unread: str
) -> None:
    assert isinstance(await cw.ask(FIRST, thread_id="lost"), Answered)
    assert (await cw.ask(unread, thread_id="lost")).kind == "clarify"
    answer = await cw.ask("only Europe", thread_id="lost")
    assert isinstance(answer, Answered)
    plain = await cw.ask(f"{FIRST} in Europe")
    assert isinstance(plain, Answered)
    assert answer.result.rows == plain.result.rows
    assert [c.name for c in answer.result.columns] == [c.name for c in plain.result.columns]


async def test_what_a_turn_leaves_for_the_next_is_its_reading_and_no_row(cw: Clearway) -> None:
    config: Any = {"configurable": {"thread_id": "rows"}}
    with cw._caller.acting_as(Principal(user="ada")):
        done = await cw.graph.ainvoke({"question": FIRST}, config, context=Context())
    left = await kept(cw, "rows")
    assert left["memory"]["text"] == FIRST
    assert left["plan"]["sql"]
    assert "rows" not in left or left["rows"] is None
    assert left["record"]["result"]["rows"] == []
    assert len(done["outcome"]["result"]["rows"]) == 5
