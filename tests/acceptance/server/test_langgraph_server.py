"""The LangGraph server over this graph, driven by the official SDK."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import httpx
import psycopg
import pytest
from langgraph_sdk import get_client
from langgraph_sdk.client import LangGraphClient

from tests.acceptance.server.development import GRAPH, serving
from tests.outcome_schema import conforming
from tests.ports import ANSWERED_PATH

pytestmark = [pytest.mark.acceptance, pytest.mark.slow, pytest.mark.anyio]


@pytest.fixture(scope="module")
def server(environment: dict[str, str], kept_warm: None, tmp_path_factory: Any) -> Iterator[str]:
    """Start `langgraph dev` on a free port and wait until it answers."""
    with serving(environment, tmp_path_factory.mktemp("server") / "log") as url:
        yield url


@pytest.fixture
async def client(server: str) -> AsyncIterator[LangGraphClient]:
    async with get_client(url=server) as opened:
        yield opened


async def test_a_question_is_answered_with_rows(client: LangGraphClient) -> None:
    thread = await client.threads.create()
    out = await client.runs.wait(
        thread["thread_id"], GRAPH, input={"question": "total revenue by region"}
    )
    assert out["outcome"]["kind"] == "answered"
    assert len(out["outcome"]["result"]["rows"]) == 5


@pytest.mark.parametrize(
    ("kind", "question"),
    [
        ("answered", "total revenue by region"),
        ("clarify", "total churn by region"),
        ("refused", "drop the sales table"),
        ("failed", "SELECT sum(revenue) / (sum(cost) - sum(cost)) FROM demo.sales_fact"),
    ],
)
async def test_every_kind_has_the_published_form(
    client: LangGraphClient, kind: str, question: str
) -> None:
    thread = await client.threads.create()
    out = await client.runs.wait(thread["thread_id"], GRAPH, input={"question": question})
    assert conforming(out["outcome"])["kind"] == kind
    kept = (await client.threads.get_state(thread["thread_id"]))["values"]
    assert conforming(kept["record"])["kind"] == kind


async def test_in_a_chat_a_choice_answers_and_an_unrelated_message_begins_anew(
    client: LangGraphClient,
) -> None:
    async def said(thread_id: str, text: str) -> dict[str, Any]:
        message = {"role": "user", "content": text}
        out = await client.runs.wait(thread_id, GRAPH, input={"messages": [message]})
        return dict(conforming(out["outcome"]))

    for reply, expected in (("2", "revenue"), ("how many job runs failed last month", "job_runs")):
        thread_id = (await client.threads.create())["thread_id"]
        asked = await said(thread_id, "total churn by region")
        assert (asked["kind"], len(asked["choices"])) == ("clarify", 3)
        answer = await said(thread_id, reply)
        assert answer["kind"] == "answered"
        assert expected in answer["sql"]


async def test_updates_stream_node_by_node(client: LangGraphClient) -> None:
    thread = await client.threads.create()
    nodes: list[str] = []
    async for part in client.runs.stream(
        thread["thread_id"],
        GRAPH,
        input={"question": "total revenue"},
        stream_mode="updates",
        context={"bypass_cache": True},
    ):
        if part.event == "updates":
            nodes += part.data
    assert nodes == ANSWERED_PATH


async def test_chat_mode_takes_blocks_and_a_clarification_is_answered_on_the_thread(
    client: LangGraphClient,
) -> None:
    thread = (await client.threads.create())["thread_id"]

    async def say(text: str) -> dict[str, Any]:
        blocks = [{"type": "text", "text": text}]
        messages = [{"type": "human", "content": blocks}]
        out = await client.runs.wait(thread, GRAPH, input={"messages": messages})
        assert isinstance(out, dict)
        return out

    first = await say("total churn by region")
    assert first["outcome"]["kind"] == "clarify"
    assert first["pending"]
    second = await say("total revenue by region")
    assert second["outcome"]["kind"] == "answered"
    assert [message["type"] for message in second["messages"]] == ["human", "ai", "human", "ai"]


async def test_an_interrupt_is_resumed(client: LangGraphClient) -> None:
    thread = (await client.threads.create())["thread_id"]
    context = {"clarify": "interrupt"}
    await client.runs.wait(
        thread, GRAPH, input={"question": "total churn by region"}, context=context
    )
    state = await client.threads.get_state(thread)
    assert state["next"] == ["clarify"]
    out = await client.runs.wait(
        thread, GRAPH, command={"resume": "total revenue by region"}, context=context
    )
    assert out["outcome"]["kind"] == "answered"


async def test_checkpoints_are_in_postgres_and_hold_no_rows(
    client: LangGraphClient, home: Path
) -> None:
    thread = (await client.threads.create())["thread_id"]
    await client.runs.wait(thread, GRAPH, input={"question": "total revenue"})
    state = await client.threads.get_state(thread)
    assert state["values"]["record"]["kind"] == "answered"
    assert state["values"]["record"]["result"]["rows"] == []
    with psycopg.connect(_admin(home)) as connection:
        found = connection.execute(
            "select count(*) from clearway.checkpoints where thread_id = %s", [thread]
        ).fetchone()
    assert found is not None
    assert found[0] > 0


@pytest.mark.parametrize("node", ["route", "gate", "validate", "execute", "respond", "audit"])
async def test_a_client_cannot_enter_in_the_middle(client: LangGraphClient, node: str) -> None:
    thread = (await client.threads.create())["thread_id"]
    await client.runs.wait(thread, GRAPH, input={"question": "total revenue"})
    placed: Any = {"goto": node, "update": {"confidence": 1.0}}
    with pytest.raises(httpx.HTTPStatusError) as caught:
        await client.runs.wait(thread, GRAPH, command=placed)
    assert caught.value.response.status_code == 403


async def test_a_client_cannot_edit_the_state(client: LangGraphClient) -> None:
    thread = (await client.threads.create())["thread_id"]
    await client.runs.wait(thread, GRAPH, input={"question": "total revenue"})
    with pytest.raises(httpx.HTTPStatusError) as caught:
        await client.threads.update_state(thread, {"confidence": 1.0}, as_node="gate")
    assert caught.value.response.status_code == 403
    await client.threads.update(thread, metadata={"title": "mine"})


async def test_input_cannot_name_the_caller(client: LangGraphClient) -> None:
    thread = (await client.threads.create())["thread_id"]
    forged = {"question": "total revenue", "request": {"principal": {"user": "mallory"}}}
    out = await client.runs.wait(thread, GRAPH, input=forged)
    assert out["request"]["principal"]["user"] != "mallory"


async def test_the_schemas_show_a_question_and_a_context_form(client: LangGraphClient) -> None:
    found = await client.assistants.search(graph_id=GRAPH)
    schemas = await client.assistants.get_schemas(found[0]["assistant_id"])
    assert set(schemas["input_schema"]["properties"]) == {"question", "messages"}
    assert "confidence_threshold" in schemas["context_schema"]["properties"]


def _admin(home: Path) -> str:
    from clearway.stores.embedded.server import join

    return join(home).conninfo()
