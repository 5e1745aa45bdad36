"""Checkpoints in Postgres through the whole pool."""

from __future__ import annotations

import asyncio
import inspect
from typing import Annotated, TypedDict

import pytest
from langchain_core.messages import HumanMessage
from langgraph.checkpoint.postgres.aio import AsyncPostgresSaver
from langgraph.graph import END, START, StateGraph
from langgraph.types import Send

from clearway.llm.guards.guardrails import PatternRedactor
from clearway.stores.conversations.checkpoints import RedactingSerializer, checkpointer
from clearway.stores.postgres import Database

pytestmark = [pytest.mark.integration, pytest.mark.anyio]

THREADS = 60


class Count(TypedDict):
    total: Annotated[int, lambda before, more: before + more]


def test_the_saver_still_locks_where_we_unlock() -> None:
    source = inspect.getsource(AsyncPostgresSaver)
    assert source.count("self.lock") == source.count("async with self.lock, ") + 1


async def test_without_the_lock_every_thread_keeps_its_own_state(database: Database) -> None:
    async def one(state: Count) -> Count:
        return {"total": 1}

    builder = StateGraph(Count)
    builder.add_node("one", one)
    builder.add_edge(START, "one")
    builder.add_edge("one", END)
    graph = builder.compile(checkpointer=checkpointer(database.pool, PatternRedactor()))

    async def thrice(number: int) -> int:
        config = {"configurable": {"thread_id": f"thread-{number}"}}
        for _ in range(3):
            out = await graph.ainvoke({"total": number}, config)
        return int(out["total"])

    totals = await asyncio.gather(*(thrice(number) for number in range(THREADS)))
    assert totals == [3 * number + 3 for number in range(THREADS)]


def test_a_message_with_a_secret_is_kept_without_it() -> None:
    serializer = RedactingSerializer(PatternRedactor())
    said = HumanMessage("my key is sk-proj-0123456789abcdefghij")
    sent = Send("part", {"request": {"text": said.text}})
    for value in ([said], said, {"messages": [said], "question": said.text}, sent, [sent]):
        kind, data = serializer.dumps_typed(value)
        assert b"sk-proj" not in data
        assert "[API_KEY]" in repr(serializer.loads_typed((kind, data)))
    assert said.text.endswith("hij")
