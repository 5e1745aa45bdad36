"""The LangGraph server under an operator's rules: every kind a lone developer does not see."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import Any

import httpx
import pytest
from langgraph_sdk import get_client
from langgraph_sdk.client import LangGraphClient

from tests.acceptance.server.development import GRAPH, serving
from tests.outcome_schema import conforming

pytestmark = [pytest.mark.acceptance, pytest.mark.slow, pytest.mark.anyio]

QUESTION = "total revenue by region"
KEYS = {
    "asker": (),
    "approver": ("approve",),
    "second": ("approve",),
    "third": ("approve",),
    "debugger": ("approve", "edit_state"),
    "carla@corp.test": ("approve",),
}
"""Who may call, by name, and what they may do; the name is the key, and nobody else asks by it."""
PLANTED = "SELECT region, sum(cost) AS revenue FROM demo.sales_fact GROUP BY region"


@pytest.fixture(scope="module")
def server(environment: dict[str, str], kept_warm: None, tmp_path_factory: Any) -> Iterator[str]:
    """Serve with keys, an approval for every query, and one question a minute for each user."""
    folder: Path = tmp_path_factory.mktemp("contract")
    keys = folder / "keys.yaml"
    keys.write_text(
        "\n".join(
            f"- {{sha256: {hashlib.sha256(user.encode()).hexdigest()}, user: {user}, "
            f"scopes: [{', '.join(scopes)}]}}"
            for user, scopes in KEYS.items()
        )
    )
    rules = {
        "CLEARWAY_API_KEYS_PATH": str(keys),
        "CLEARWAY_APPROVAL_PLAN_COST": "0.001",
        "CLEARWAY_RATE_LIMIT_REQUESTS": "1",
    }
    with serving({**environment, **rules}, folder / "log") as url:
        yield url


def calling(server: str, key: str) -> AbstractAsyncContextManager[LangGraphClient]:
    return get_client(url=server, api_key=key)


async def ran(client: LangGraphClient, thread: str, **options: Any) -> dict[str, Any]:
    """Run on a thread; return its Outcome, which conforms, and so does what is kept of it."""
    out = await client.runs.wait(thread, GRAPH, **options)
    kept = (await client.threads.get_state(thread))["values"]["record"]
    assert isinstance(out, dict)
    assert conforming(kept)["kind"] == conforming(out["outcome"])["kind"]
    outcome: dict[str, Any] = out["outcome"]
    return outcome


async def test_what_is_denied_limited_or_held_for_a_person_has_the_published_form(
    server: str,
) -> None:
    async with calling(server, "asker") as client:
        thread = (await client.threads.create())["thread_id"]
        denied = await ran(
            client, thread, input={"question": QUESTION}, context={"user": "approver"}
        )
        assert denied["kind"] == "denied"

        held = (await client.threads.create())["thread_id"]
        out = await client.runs.wait(held, GRAPH, input={"question": QUESTION})
        assert isinstance(out, dict)
        assert out["__interrupt__"][0]["value"]["kind"] == "approve"
        own_word = await ran(client, held, command={"resume": {"approved": True}})
        assert own_word["kind"] == "needs_review", "who asks may not approve it"

        limited = await ran(client, held, input={"question": QUESTION})
        assert limited["kind"] == "limited"
        assert 0 < limited["retry_after_s"] <= 60


async def test_who_may_approve_gets_the_answer(server: str) -> None:
    async with calling(server, "approver") as client:
        thread = (await client.threads.create())["thread_id"]
        await client.runs.wait(thread, GRAPH, input={"question": QUESTION})
        answered = await ran(client, thread, command={"resume": {"approved": True}})
        assert answered["kind"] == "answered"
        assert len(answered["result"]["rows"]) == 5


async def test_a_user_named_by_an_address_goes_on_with_a_conversation(server: str) -> None:
    async with calling(server, "carla@corp.test") as client:
        thread = (await client.threads.create())["thread_id"]
        await client.runs.wait(thread, GRAPH, input={"question": QUESTION})
        answered = await ran(client, thread, command={"resume": {"approved": True}})
        assert answered["kind"] == "answered"
        second = await ran(client, thread, input={"question": QUESTION})
        assert second["kind"] == "limited", "one question a minute, and hers all the same"


async def test_parts_that_wait_are_settled_by_one_word_or_each_by_its_id(server: str) -> None:
    one = f"{QUESTION}, and is the payments service up?"
    two = f"{one} Also show total revenue by category"
    async with calling(server, "second") as client:
        thread = (await client.threads.create())["thread_id"]
        out = await client.runs.wait(thread, GRAPH, input={"question": one})
        assert isinstance(out, dict)
        (waits,) = out["__interrupt__"]
        assert waits["value"]["review_configs"][0]["allowed_decisions"] == ["approve", "reject"]
        said = {"decisions": [{"type": "approve"}]}
        done = await ran(client, thread, command={"resume": said})
        assert [len(part["outcome"]["result"]["rows"]) for part in done["parts"]] == [5, 1]
    async with calling(server, "third") as client:
        both = (await client.threads.create())["thread_id"]
        await client.runs.wait(both, GRAPH, input={"question": two})
        held = (await client.threads.get_state(both))["interrupts"]
        assert [each["value"]["question"] for each in held] == [
            "total revenue by region",
            "show total revenue by category",
        ]
        each_of = {held[0]["id"]: {"approved": True}, held[1]["id"]: {"approved": False}}
        done = await ran(client, both, command={"resume": each_of})
        assert [part["outcome"]["kind"] for part in done["parts"]] == [
            "answered",
            "answered",
            "needs_review",
        ]


async def test_who_may_edit_the_state_cannot_put_a_plan_past_the_gate(server: str) -> None:
    async with calling(server, "debugger") as client:
        thread = (await client.threads.create())["thread_id"]
        await client.runs.wait(thread, GRAPH, input={"question": QUESTION})
        await ran(client, thread, command={"resume": {"approved": False}})
        planned = (await client.threads.get_state(thread))["values"]["plan"]
        planted = {**planned, "sql": PLANTED, "source": "raw", "stated_confidence": 1.0}
        for node in ("gate", "validate"):
            jump: Any = {"goto": node, "update": {"plan": planted, "ending": None}}
            outcome = await ran(client, thread, command=jump)
            assert outcome["kind"] == "refused"
            assert "not made for this request" in outcome["reason"]


async def test_nobody_calls_without_a_key(server: str) -> None:
    async with calling(server, "nobody") as client:
        with pytest.raises(httpx.HTTPStatusError) as caught:
            await client.threads.create()
    assert caught.value.response.status_code == 401
