"""The model router on the way of a question: who is asked, counted, judged, and told of."""

from __future__ import annotations

import pytest
from pydantic import SecretStr

from clearway import Clearway, Principal, Settings
from clearway.outcome import Answered, Limited
from clearway.stores.models.spend import all_spend
from tests.integration.clearway.conftest import OPERATOR
from tests.integration.clearway.test_model import GOOD, QUESTION, says
from tests.model_server import ModelServer, Reply, model_server

pytestmark = [pytest.mark.integration, pytest.mark.anyio]

ADA = Principal(user="ada", tenant="north")


def keyed(settings: Settings, server: ModelServer, **more: object) -> Settings:
    over = {"openai_api_key": SecretStr("sk-test"), "model_base_url": server.url, **more}
    return settings.model_copy(update=over)


async def test_who_stands_in_shows_in_the_outcome_the_record_the_ledger_and_health(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    with model_server(Reply(status=503)) as down, model_server(GOOD) as up:
        monkeypatch.setenv("LOCAL_MODEL_URL", up.url)
        named = keyed(settings, down, models=("local",))
        async with Clearway.open(named, principal=ADA) as cw:
            outcome = await cw.ask(QUESTION, correlation_id="t-1")
            (record,) = [each for each in await cw.get_audit_records("t-1") if each.step == "ask"]
            state = (await cw.health())["model"]
            spend = await all_spend(cw.wired.database.pool, by="user")
    assert isinstance(outcome, Answered), outcome
    assert outcome.usage.model == "qwen2.5-coder"
    assert [note.detail for note in outcome.degradations] == [
        "configured/main is failing.",
        "local answered in place of configured.",
    ]
    assert record.details["models_tried"] == "gpt-5.1: failed, qwen2.5-coder: success"
    assert len(str(record.details["model_policy"])) == 64
    assert [(each.name, each.attempts) for each in spend] == [("north/ada", 2)]
    assert state.state == "gpt-5.1, then qwen2.5-coder"


async def test_what_one_process_measured_the_next_one_knows(settings: Settings) -> None:
    with model_server(Reply(status=503), Reply(status=503)) as server:
        named = keyed(settings, server)
        found = []
        for _ in range(2):
            async with Clearway.open(named, principal=ADA) as cw:
                router = cw.wired.models.router
                assert router is not None
                (route,) = router.preparing.parts.routes["configured"]
                found.append(router.measured.reliability(route))
                await cw.ask(QUESTION, bypass_cache=True)
    assert found[0] == route.provider.reliability
    assert found[1] < found[0]


async def test_a_limit_on_models_is_an_outcome_that_says_when_it_is_over(
    settings: Settings,
) -> None:
    with model_server(GOOD, GOOD) as server:
        limited = keyed(settings, server, model_user_requests=1)
        for asker, kind in ((ADA, "answered"), (ADA, "limited"), (OPERATOR, "answered")):
            # Each in a process of its own, as far as they can tell.
            async with Clearway.open(limited, principal=asker) as cw:
                outcome = await cw.ask(QUESTION, bypass_cache=True)
            assert outcome.kind == kind, outcome
            if isinstance(outcome, Limited):
                assert 0 < outcome.retry_after_s <= 61
                assert [note.kind for note in outcome.degradations] == ["limit"]


async def test_questions_are_counted_by_all_processes_together(settings: Settings) -> None:
    for where, second in (("auto", "limited"), ("process", "answered")):
        limits = {"rate_limit_requests": 1, "rate_limit_store": where}
        asker = Principal(user=f"of {where}")
        limited = settings.model_copy(update=limits)
        async with (
            Clearway.open(limited, principal=asker) as one,
            Clearway.open(limited, principal=asker) as two,
        ):
            assert (await one.ask("total revenue")).kind == "answered"
            assert (await two.ask("total revenue")).kind == second


async def test_the_router_learns_whose_plans_pass(settings: Settings) -> None:
    refused = [says("SELECT * FROM demo.customers") for _ in range(3)]
    with model_server(*refused, GOOD) as server:
        async with Clearway.open(keyed(settings, server), principal=ADA) as cw:
            router = cw.wired.models.router
            assert router is not None
            assert (await cw.ask(QUESTION)).kind == "refused"
            after_refusal = router.measured.validity("gpt-5.1")
            assert (await cw.ask(QUESTION, bypass_cache=True)).kind == "answered"
            after_answer = router.measured.validity("gpt-5.1")
    assert after_refusal < after_answer < 1.0
