"""Services asked through the whole graph: the demo's, and those of a services.yaml."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from langgraph.types import Command

from clearway import Clearway, Principal, Settings
from clearway.graph.context import Context
from clearway.health import health
from clearway.identity import APPROVE
from clearway.outcome import Answered
from tests.integration.clearway.conftest import OPERATOR
from tests.rest_server import Asked, Line, says, serving
from tests.unit.tools.rest.documents import PAYMENTS

pytestmark = [pytest.mark.integration, pytest.mark.anyio]


async def test_the_demo_service_answers_and_the_call_is_on_record(cw: Clearway) -> None:
    outcome = await cw.ask("is the payments service up?", user="ada")
    assert isinstance(outcome, Answered)
    assert outcome.tool == "rest"
    assert outcome.result is not None
    assert outcome.result.rows[0][:2] == ("payments", "up")
    records = await cw.get_audit_records(correlation_id=outcome.trace_id)
    executed = [each for each in records if each.step == "execute-1"]
    assert {each.tool for each in executed} == {"rest"}
    assert "check the health of payments" in str(executed)


async def test_a_plan_is_kept_and_serves_again(cw: Clearway) -> None:
    first = await cw.ask("GET /payments?status=failed")
    again = await cw.ask("show payment 17 of the payments service", user="ada")
    third = await cw.ask("show payment 17 of the payments service", user="ada")
    assert isinstance(first, Answered)
    assert isinstance(again, Answered)
    assert isinstance(third, Answered)
    assert (third.plan_source, third.result) == ("cache", again.result)


BOSS = Principal(user="boss", scopes=OPERATOR.scopes | {APPROVE})


@pytest.mark.parametrize(("who", "kind"), [(OPERATOR, "needs_review"), (BOSS, "answered")])
async def test_a_write_waits_for_someone_who_may_approve(
    settings: Settings, who: Principal, kind: str
) -> None:
    config = {"configurable": {"thread_id": f"w-{who.user}"}}
    async with Clearway.open(settings, principal=who) as cw:
        waiting = await cw.ask("POST /payments/refresh", thread_id=f"w-{who.user}")
        assert waiting.kind == "needs_review"
        assert "payments.refreshPayments()" in waiting.message
        yes = Command(resume={"approved": True})
        done = await cw.graph.ainvoke(yes, config, context=Context())
    assert done["outcome"]["kind"] == kind
    if kind == "answered":
        assert done["outcome"]["result"]["rows"] == [[40]]


async def test_a_write_whose_caller_goes_away_is_ended_and_not_called_cancelled(
    settings: Settings, tmp_path: Path
) -> None:
    begun, may_end = asyncio.Event(), asyncio.Event()

    async def slow(asked: Asked, line: Line) -> None:
        begun.set()
        await may_end.wait()
        await line.reply(b'{"id": 9}', 201)

    (tmp_path / "payments.yaml").write_text(PAYMENTS)
    async with serving({"/payments": slow}) as server:
        services = tmp_path / "services.yaml"
        services.write_text(
            "version: 1\nservices:\n  payments:\n    openapi: payments.yaml\n"
            f"    base_url: {server.url}\n    private: [127.0.0.0/8]\n"
            "    allow: {methods: [GET, POST]}\n    writes: approval\n"
        )
        changed = settings.model_copy(update={"services_path": services})
        async with Clearway.open(changed, principal=BOSS) as cw:
            write = 'POST /payments {"amount": 5, "customer_id": 7}'
            held = await cw.ask(write, thread_id="t")
            going = asyncio.create_task(cw.ask("yes", thread_id="t"))
            await begun.wait()
            going.cancel()
            may_end.set()
            with pytest.raises(asyncio.CancelledError):
                await going
            records = await cw.get_audit_records(held.trace_id)
            again = await cw.ask("yes", thread_id="t")
    assert {each.status for each in records if each.step == "execute-1"} == {"WriteUnsettled"}
    assert again.kind == "needs_review"
    assert "was done. It is not sent again" in again.message
    assert len(server.asked) == 1


async def test_a_service_others_may_not_see_is_absent_with_the_cache_warm(
    settings: Settings, tmp_path: Path
) -> None:
    (tmp_path / "payments.yaml").write_text(PAYMENTS)
    async with serving({"/payments/42": says({"id": 42, "status": "settled"})}) as server:
        services = tmp_path / "services.yaml"
        services.write_text(
            "version: 1\nservices:\n  payments:\n    openapi: payments.yaml\n"
            f"    base_url: {server.url}\n    private: [127.0.0.0/8]\n    users: [ann, bob]\n"
        )
        changed = settings.model_copy(update={"services_path": services})
        async with Clearway.open(changed, principal=OPERATOR) as cw:
            question = "show payment 42 of the payments service"
            for user in ("ann", "ann", "bob"):
                assert (await cw.ask(question, user=user)).kind == "answered"
            eves = await cw.ask(question, user="eve")
            nobodys = await cw.ask("show zebra 42 of the zebras service", user="eve")
    assert (eves.kind, eves.message) == (nobodys.kind, nobodys.message)
    assert len(server.asked) == 3


async def test_health_says_what_may_be_called(cw: Clearway) -> None:
    found = await health(cw.wired)
    assert found["services"].state == "4 operations of 1 service may be called"
