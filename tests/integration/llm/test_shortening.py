"""Prompts longer than contexts: a larger one first, then shorter prompts, and always told."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from clearway.errors import ContextTooLong
from clearway.llm import ChatRequest, Delta, Finished
from clearway.llm.admission.in_process import MemoryAdmission
from clearway.llm.guards.guardrails import PatternGuardrails
from tests import fault_server as faults
from tests.fault_server import Call, FaultServer
from tests.integration.llm.conftest import Routed

pytestmark = [pytest.mark.integration, pytest.mark.anyio]

SMALL: dict[str, dict[str, Any]] = {"one": {"context": 2_000, "max_output": 200}}
EMAIL = "ada.lovelace@example.test"
SENTENCE = "The harvest of the year {n} was good and nobody slept that night in the village. "
REPORT = "Who wrote the report?\n" + "".join(SENTENCE.format(n=n) for n in range(250))
COLUMNS = ", ".join(
    f"column_{n} integer NOT NULL DEFAULT {n} CHECK (column_{n} >= {n})" for n in range(120)
)
SCHEMA = f"CREATE TABLE things ({COLUMNS});\nCount the things."


def ask(text: str, **fields: Any) -> ChatRequest:
    given = {"order": ("one",), "task": "analysis", **fields}
    return ChatRequest(messages=[{"role": "user", "content": text}], **given)


def texts(models: FaultServer, name: str = "one") -> list[str]:
    return [each.body["messages"][-1]["content"] for each in models.asked[name]]


async def test_a_larger_context_comes_first_and_is_told(
    models: FaultServer, routed: Routed
) -> None:
    models.behaves("two", faults.well)
    reply = await routed({**SMALL, "two": {}}).generate(ask(REPORT, order=("one", "two")))
    assert texts(models, "two") == [REPORT]
    (note,) = reply.degradations
    assert note.detail.startswith("one was not asked: ")
    assert note.detail.endswith("do not fit into its context of 2000.")


async def test_schemas_are_put_in_short_before_anything_is_left_out(
    models: FaultServer, routed: Routed
) -> None:
    models.behaves("one", faults.well)
    reply = await routed(SMALL).generate(ask(SCHEMA))
    (text,) = texts(models)
    assert text.startswith("things(column_0 integer, column_1 integer")
    assert text.endswith("column_119 integer);\nCount the things.")
    (note,) = reply.degradations
    assert (note.kind, "schemas in short" in note.detail) == ("repair", True)


@pytest.mark.parametrize("streamed", [False, True])
async def test_a_long_text_is_read_in_parts_and_every_call_is_on_the_bill(
    models: FaultServer, routed: Routed, admission: MemoryAdmission, streamed: bool
) -> None:
    models.behaves("one", faults.well)
    router = routed(SMALL)
    if streamed:
        events = [each async for each in router.stream(ask(REPORT))]
        said = "".join(each.text for each in events if isinstance(each, Delta))
        assert said.strip() == faults.answer("one")
        assert isinstance(events[-1], Finished)
        reply = events[-1].reply
    else:
        reply = await router.generate(ask(REPORT))
    *parts, last = texts(models)
    assert 2 <= len(parts) <= 8
    read = "".join(each.partition(":\n")[2].partition(":\n")[2] for each in sorted(parts))
    assert read == REPORT
    assert all(part.startswith("What is asked:\nWho wrote the report?") for part in parts)
    assert last.startswith("Who wrote the report?")
    assert last.count(faults.answer("one")) == len(parts)
    assert f"read in {len(parts)} parts" in reply.degradations[0].detail
    assert [each.number for each in reply.attempts] == list(range(1, len(parts) + 2))
    paid = [entry.result.cost_usd for entry in admission.ledger if entry.result]
    assert (len(paid), sum(paid, Decimal(0))) == (len(parts) + 1, reply.cost_usd)
    assert reply.usage.prompt == faults.PROMPT_TOKENS * len(paid)


async def test_a_provider_that_knows_its_context_better_is_believed(
    models: FaultServer, routed: Routed
) -> None:
    async def small(call: Call) -> None:
        long = len(str(call.asked.body["messages"])) > 12_000
        await (faults.context_length if long else faults.well)(call)

    models.behaves("one", small)
    reply = await routed({"one": {}}).generate(ask(REPORT))
    assert reply.attempts[0].outcome == "failed"
    assert {each.outcome for each in reply.attempts[1:]} == {"success"}
    assert len(reply.attempts) >= 4


async def test_where_it_is_not_wanted_or_does_not_help_it_is_an_error(
    models: FaultServer, routed: Routed, admission: MemoryAdmission
) -> None:
    models.behaves("one", faults.well)
    router = routed(SMALL)
    for request in (ask(REPORT, overflow="error"), ask(REPORT * 20)):
        with pytest.raises(ContextTooLong, match="fit into no model's context"):
            await router.generate(request)
    assert list(admission.ledger) == []
    assert models.asked.get("one", []) == []


async def test_what_is_hidden_stays_hidden_in_every_part_and_comes_back(
    models: FaultServer, routed: Routed
) -> None:
    async def repeats(call: Call) -> None:
        seen = "<EMAIL_1>" in str(call.asked.body)
        message = {"content": "<EMAIL_1> did." if seen else "Nothing."}
        choice = {"index": 0, "message": message, "finish_reason": "stop"}
        await call.json({**call.head(), "choices": [choice], "usage": faults.usage("one")})

    models.behaves("one", repeats)
    router = routed(SMALL, guardrails=PatternGuardrails())
    half = len(REPORT) // 2
    reply = await router.generate(ask(f"{REPORT[:half]} {EMAIL} wrote it. {REPORT[half:]}"))
    assert reply.text == f"{EMAIL} did."
    assert not any(EMAIL in str(each.body) for each in models.asked["one"])
    assert reply.degradations[0].kind == "redaction"
