"""The services tool from question to table, over real sockets."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import datetime
from ipaddress import ip_network
from pathlib import Path
from typing import Any, Literal

import pytest

from clearway.errors import ClearwayError, WriteUnsettled
from clearway.graph.ports import Inquiry, Ran
from clearway.identity import Principal
from clearway.plans import CheckedRest, Rejection, RestPlan
from clearway.resilience.clock import SystemClock
from clearway.semantics.types import Abstention
from clearway.tools.rest.calling.client import Client
from clearway.tools.rest.calling.runner import Runner
from clearway.tools.rest.calling.shape import Shaper
from clearway.tools.rest.calling.writing import EARLIER
from clearway.tools.rest.declared.registry import Registry
from clearway.tools.rest.declared.types import Auth, Bounds, Check
from clearway.tools.rest.planning.model import ModelPlanner
from clearway.tools.rest.ports import Came
from clearway.tools.rest.tool import RestTool
from tests.rest_server import Answer, Asked, Line, Server, resets, says, serving, stalls
from tests.unit.tools.rest.documents import PAYMENTS, SERVICES, registry
from tests.unit.tools.rest.inquiries import ANN, inquiry
from tests.unit.tools.rest.test_model import Scribe

pytestmark = [pytest.mark.integration, pytest.mark.anyio]

Script = dict[str, Answer | list[Answer]]
PATIENT = Bounds(connect_s=30.0, read_s=30.0, total_s=60.0, retries=0)
"""A slow machine is no fault; where silence is the point, a test says how much of it."""
HASTY = replace(PATIENT, read_s=0.2)
ANNS = [{"id": 3, "name": "Annabel Lee"}, {"id": 7, "name": "Ann Lee"}]


class Book:
    """A guard of writes that counts in memory."""

    def __init__(self) -> None:
        self.claimed: dict[str, Came] = {}
        self.calls: dict[str, tuple[str, datetime]] = {}

    async def claim(
        self, request_id: str, *, call: str, asked_at: datetime, at: datetime
    ) -> Literal["claimed"] | Came:
        if request_id in self.claimed:
            return self.claimed[request_id]
        self.calls[request_id] = call, at
        self.claimed[request_id] = "unknown"
        return "claimed"

    async def unsettled(self, call: str, *, since: datetime) -> datetime | None:
        open_ = [name for name, came in self.claimed.items() if came == "unknown"]
        found = [at for said, at in map(self.calls.__getitem__, open_) if said == call]
        return max(found, default=None)

    async def settle(self, request_id: str, *, came: Came, at: datetime) -> None:
        self.claimed[request_id] = came


@asynccontextmanager
async def tool_over(
    folder: Path,
    script: Script,
    services: str = SERVICES,
    *,
    document: str = PAYMENTS,
    model: ModelPlanner | None = None,
    environment: dict[str, str] | None = None,
    **changed: Any,
) -> AsyncIterator[tuple[RestTool, Server]]:
    async with serving(script) as server:
        found = registry(folder, services, document)
        moved = tuple(
            replace(
                each,
                **{
                    "base_url": server.url,
                    "networks": (ip_network("127.0.0.0/8"),),
                    "bounds": PATIENT,
                    **changed,
                },
            )
            for each in found.services
        )
        here = Registry(services=moved, operations=found.operations, version=found.version)
        clock = SystemClock()
        async with Client(here, clock, lambda: environment or {}) as client:
            runner = Runner(here, client, Shaper(row_limit=100), clock, Book())
            yield RestTool(here, runner, model=model), server


async def answered(tool: RestTool, asking: Inquiry) -> Ran:
    proposed = await tool.plan(asking)
    assert isinstance(proposed.by, RestPlan), proposed.by
    weighed = await tool.weigh(proposed.by, asking)
    assert tool.confidence(weighed.evidence) >= 0.7
    checked = await tool.check(proposed.by, asking.principal)
    assert isinstance(checked, CheckedRest), checked
    return await tool.run(checked, asking)


async def test_a_second_call_takes_the_id_of_who_was_named(tmp_path: Path) -> None:
    script: Script = {"/customers": says(ANNS), "/customers/7/payments": says([{"id": 1}])}
    async with tool_over(tmp_path, script) as (tool, server):
        ran = await answered(tool, inquiry("payments of customer Ann Lee"))
    assert ran.rows.rows == ((1,),)
    assert [each.target for each in server.asked] == [
        "/customers?query=Ann+Lee",
        "/customers/7/payments",
    ]
    assert ran.notes == ()


async def test_the_first_of_several_is_told(tmp_path: Path) -> None:
    script: Script = {"/customers": says(ANNS), "/customers/3/payments": says([])}
    async with tool_over(tmp_path, script) as (tool, _):
        ran = await answered(tool, inquiry("payments of customer Lee"))
    assert [each.detail for each in ran.notes] == [
        "customer_id of payments.listCustomerPayments is the first of 2 that were found"
    ]


async def test_where_nobody_is_found_no_more_is_called(tmp_path: Path) -> None:
    async with tool_over(tmp_path, {"/customers": says([])}) as (tool, server):
        ran = await answered(tool, inquiry("payments of customer Ann Lee"))
    assert (ran.rows.rows, [each.kind for each in ran.notes]) == ((), ["missing"])
    assert len(server.asked) == 1


async def test_what_a_service_brings_may_not_lead_elsewhere(tmp_path: Path) -> None:
    planted = says([{"id": "../../admin", "name": "Ann Lee"}])
    async with tool_over(tmp_path, {"/customers": planted}) as (tool, server):
        with pytest.raises(Exception, match="cannot be given"):
            await answered(tool, inquiry("payments of customer Ann Lee"))
    assert len(server.asked) == 1


async def test_health_checks_run_at_once_and_each_says_how_it_is(tmp_path: Path) -> None:
    checks = (
        Check(name="fine", path="/health", within_s=30.0),
        Check(name="stuck", path="/stuck", within_s=0.2),
        Check(name="stuck too", path="/stuck", within_s=0.2),
        Check(name="broken", path="/broken", within_s=30.0),
        Check(name="gone", path="/gone", within_s=30.0),
        Check(name="wanted", path="/gone", expect=(404,), within_s=30.0),
    )
    script: Script = {"/health": says({}), "/stuck": stalls, "/broken": resets}
    async with tool_over(tmp_path, script, checks=checks) as (tool, _):
        ran = await answered(tool, inquiry("is the payments service up?"))
    names = [each.name for each in ran.rows.columns]
    found = [dict(zip(names, row, strict=True)) for row in ran.rows.rows]
    assert [(each["check"], each["state"], each["detail"]) for each in found] == [
        ("fine", "up", "HTTP 200"),
        ("stuck", "down", "no answer within 0.2 s"),
        ("stuck too", "down", "no answer within 0.2 s"),
        ("broken", "down", "the connection broke"),
        ("gone", "down", "HTTP 404"),
        ("wanted", "up", "HTTP 404"),
    ]
    assert all(each["checked_at"] for each in found)


async def test_a_health_check_is_no_answer_to_what_else_is_asked(tmp_path: Path) -> None:
    checks = (Check(name="fine", path="/health", within_s=30.0),)
    async with tool_over(tmp_path, {"/health": says({})}, checks=checks) as (tool, server):
        proposed = await tool.plan(inquiry("is the payments service up and refresh the payments"))
    assert isinstance(proposed.by, Abstention)
    assert proposed.by.unclear == ("refresh the payments",)
    assert server.asked == []


WRITE = 'POST /payments {"amount": 5, "customer_id": 7}'


async def test_a_write_needs_a_person_and_is_sent_once(tmp_path: Path) -> None:
    async with tool_over(tmp_path, {"/payments": says({"id": 9}, 201)}) as (tool, server):
        asking = inquiry(WRITE)
        proposed = await tool.plan(asking)
        assert isinstance(proposed.by, RestPlan)
        checked = await tool.check(proposed.by, ANN)
        assert isinstance(checked, CheckedRest)
        assert "changes something" in tool.approval(checked, None)
        assert (await tool.run(checked, asking)).rows.rows == ((9,),)
        with pytest.raises(WriteUnsettled, match="not sent again"):
            await tool.run(checked, asking)
        await tool.run(checked, inquiry(WRITE, request_id="r-2"))
    keys = [each.headers["idempotency-key"] for each in server.asked]
    assert len(keys) == 2
    assert keys[0] != keys[1]


@pytest.mark.parametrize(
    ("answer", "came"),
    [
        (resets, "unknown"),
        (stalls, "unknown"),
        (says({}, 500), "unknown"),
        (says({}, 503, {"retry-after": "9"}), "unknown"),
        (says({}, 303, {"location": "/done"}), "unknown"),
        (says({}, 409), "not_done"),
        (says({}, 429), "not_done"),
        (says(b"OK", 200, {"content-type": "text/plain"}), "done"),
        (says(b"{", 201), "done"),
        (says(b"", 204), "done"),
    ],
)
async def test_what_came_of_a_write_is_told_and_on_record(
    tmp_path: Path, answer: Answer, came: Came
) -> None:
    bounds = HASTY if answer is stalls else PATIENT
    async with tool_over(tmp_path, {"/payments": answer}, bounds=bounds) as (tool, server):
        asking = inquiry(WRITE)
        if came == "done":
            assert (await answered(tool, asking)).rows.rows
        else:
            with pytest.raises(ClearwayError) as raised:
                await answered(tool, asking)
            assert isinstance(raised.value, WriteUnsettled) is (came == "unknown")
        with pytest.raises(WriteUnsettled, match=EARLIER[came]) as again:
            await answered(tool, asking)
    assert again.value.details["came"] == came
    assert len(server.asked) == 1


async def test_a_call_the_asker_wrote_is_theirs_when_it_is_recalled(tmp_path: Path) -> None:
    async with tool_over(tmp_path, {}) as (tool, _):
        for text, sure in ((WRITE, True), ("GET /payments/42", True), ("GET /payments/43", False)):
            planned = (await tool.plan(inquiry(text))).by
            assert isinstance(planned, RestPlan)
            kept = planned.model_copy(update={"source": "cache"})
            asked = text if sure else "GET /payments/42"
            weighed = await tool.weigh(kept, inquiry(asked))
            assert ("asker" in {each.kind for each in weighed.evidence}) is sure


async def test_who_asks_for_an_unsettled_write_again_is_told_of_it(tmp_path: Path) -> None:
    async with tool_over(tmp_path, {"/payments": [resets, says({"id": 9}, 201)]}) as (tool, _):
        plan = (await tool.plan(inquiry(WRITE))).by
        assert isinstance(plan, RestPlan)
        first = await tool.check(plan, ANN)
        assert isinstance(first, CheckedRest)
        assert first.notes == ()
        with pytest.raises(WriteUnsettled):
            await tool.run(first, inquiry(WRITE))
        warned = await tool.check(plan, ANN)
        assert isinstance(warned, CheckedRest)
        assert "not known whether it was done" in " ".join(warned.notes)
        others = await tool.check(plan, Principal(user="bob"))
        assert isinstance(others, CheckedRest)
        assert others.notes == (), "whose write it was is nobody else's business"
        await tool.run(warned, inquiry(WRITE, request_id="r-2"))
        still = await tool.check(plan, ANN)
        assert isinstance(still, CheckedRest)
        assert still.notes == warned.notes, "one is done, of the other nobody knows"


@pytest.mark.parametrize(
    "changed",
    [
        {"base_url": "http://127.0.0.1:1"},
        {"networks": ()},
        {"auth": Auth(kind="bearer", secret="UNSET")},
        {"auth": Auth(kind="oauth2", user="ID", secret="ID", token_url="http://127.0.0.1:1")},
    ],
)
async def test_a_write_that_was_never_sent_is_not_called_unsettled(
    tmp_path: Path, changed: dict[str, Any]
) -> None:
    async with tool_over(tmp_path, {}, environment={"ID": "us"}, **changed) as (tool, server):
        with pytest.raises(ClearwayError) as raised:
            await answered(tool, inquiry(WRITE))
        assert not isinstance(raised.value, WriteUnsettled)
        with pytest.raises(WriteUnsettled, match="was not done"):
            await answered(tool, inquiry(WRITE))
    assert server.asked == []


async def test_a_write_that_was_begun_is_ended_though_nobody_waits(tmp_path: Path) -> None:
    begun, may_end = asyncio.Event(), asyncio.Event()

    async def slow(asked: Asked, line: Line) -> None:
        begun.set()
        await may_end.wait()
        await line.reply(b'{"id": 9}', 201)

    async with tool_over(tmp_path, {"/payments": slow}) as (tool, server):
        asking = inquiry(WRITE)
        waiting = asyncio.create_task(answered(tool, asking))
        await begun.wait()
        waiting.cancel()
        may_end.set()
        with pytest.raises(asyncio.CancelledError):
            await waiting
        with pytest.raises(WriteUnsettled, match="was done"):
            await answered(tool, asking)
    assert len(server.asked) == 1


async def test_three_users_see_what_is_theirs_and_denied_looks_absent(tmp_path: Path) -> None:
    """The same index serves all three, warm; whoever may not see is told what nobody has."""
    services = SERVICES + "    roles: [support]\n    users: [ann]\n"
    bob = Principal(user="bob", roles=frozenset({"support"}))
    eve = Principal(user="eve")
    questions = ["show payment 42", "GET /payments/42", "is the payments service up?"]
    script: Script = {"/payments/42": says({"id": 42}), "/health": says({})}
    async with tool_over(tmp_path, script, services) as (tool, server):
        for question in questions:
            for who in (ANN, bob):
                assert (await answered(tool, inquiry(question, who))).rows.rows
            calls = len(server.asked)
            refused = (await tool.plan(inquiry(question, eve))).by
            nobodys = (await tool.plan(inquiry("show zebra 42", eve))).by
            assert isinstance(refused, Abstention)
            assert refused == nobodys
            anns = (await tool.plan(inquiry(question, ANN))).by
            assert isinstance(anns, RestPlan)
            kept = anns.model_copy(update={"source": "cache"})
            absent = RestPlan.model_validate(
                {**anns.model_dump(), "steps": [{"operation_id": "no.such"}], "health": []}
                if anns.steps
                else {**anns.model_dump(), "health": ["nobody"]}
            )
            found = await tool.check(kept, eve)
            assert isinstance(found, Rejection)
            assert found == await tool.check(absent, eve)
            assert len(server.asked) == calls


def scribe(name: str, **parameters: Any) -> tuple[Scribe, ModelPlanner]:
    step = {"operation_id": name, "parameters": parameters}
    asked = Scribe({"steps": [step], "confidence": 0.9})
    return asked, ModelPlanner(asked, source_id="services", timeout_s=5)


async def test_a_model_is_asked_where_rules_are_not_sure_and_held_to_the_same(
    tmp_path: Path,
) -> None:
    asked, model = scribe("payments.listCustomerPayments", customer_id="../admin")
    async with tool_over(tmp_path, {}, model=model) as (tool, server):
        sure = await tool.plan(inquiry("list all payments"))
        assert isinstance(sure.by, RestPlan)
        assert (sure.by.source, asked.told) == ("rules", "")
        asking = inquiry("payment of Ann")
        unsure = await tool.plan(asking)
        assert isinstance(unsure.by, RestPlan)
        assert unsure.by.source == "model"
        weighed = await tool.weigh(unsure.by, asking)
        assert weighed.objection is not None
        assert weighed.objection.rule == "rest.value"
        assert tool.confidence(weighed.evidence) == 0
        again = replace(asking, rejected=(weighed.objection,))
        await tool.plan(again)
        assert weighed.objection.reason in asked.told
    assert server.asked == []


async def test_a_model_that_names_what_is_hidden_is_told_it_is_not_there(tmp_path: Path) -> None:
    _, model = scribe("payments.getPayment", payment_id=42)
    services = SERVICES + "    users: [ann]\n"
    eve = Principal(user="eve")
    async with tool_over(tmp_path, {}, services, model=model) as (tool, _):
        planned = (await tool.plan(inquiry("payments by Ann"))).by
        assert isinstance(planned, RestPlan)
        assert isinstance(await tool.check(planned, ANN), CheckedRest)
        assert isinstance(await tool.check(planned, eve), Rejection)


async def test_a_question_that_held_a_secret_calls_nothing(tmp_path: Path) -> None:
    asking = replace(inquiry("GET /customers?query=[SECRET]"), withheld=True)
    async with tool_over(tmp_path, {}) as (tool, _):
        assert isinstance((await tool.plan(asking)).by, Abstention)
