"""The router over real sockets: who is asked, how often, for how long, and what it costs."""

from __future__ import annotations

import asyncio
from decimal import Decimal
from typing import Any

import pytest

from clearway.errors import (
    BudgetExceeded,
    CircuitBreakerError,
    ContentRefused,
    ContextTooLong,
    GenerationError,
    NoModelAllowed,
    RateLimitError,
    RequestTimeoutError,
    StoreUnavailable,
)
from clearway.llm import ChatRequest, Delta, Finished, Restarted, RouterSettings
from clearway.llm.admission.in_process import MemoryAdmission
from clearway.llm.limits import SWIFT
from clearway.llm.pace import DrivenPace
from clearway.llm.ports import Attempt, Pass, Purse, Result, Turned
from clearway.llm.router import Router
from clearway.resilience.clock import FakeClock, SystemClock
from tests import fault_server as faults
from tests.fault_server import Call, FaultServer
from tests.integration.llm.conftest import PATIENT, Routed

pytestmark = [pytest.mark.integration, pytest.mark.anyio]

TWO: dict[str, dict[str, Any]] = {"one": {}, "two": {}}


def ask(**fields: Any) -> ChatRequest:
    given = {"order": ("one", "two"), "task": "analysis", **fields}
    return ChatRequest(messages=[{"role": "user", "content": "A story."}], **given)


def spent(admission: MemoryAdmission) -> dict[str, tuple[str, Decimal, bool]]:
    """Return what the ledger says of each model: status, cost, estimated."""
    told = {}
    for entry in admission.ledger:
        assert entry.result is not None, "an attempt was never left"
        result = entry.result
        told[entry.attempt.model] = (result.status, result.cost_usd, result.estimated)
    return told


def bill(model: str) -> Decimal:
    usage = faults.usage(model)
    return (usage["prompt_tokens"] + 3 * Decimal(usage["completion_tokens"])) / 10**6


async def test_the_reply_says_what_was_tried_and_what_it_cost(
    models: FaultServer, routed: Routed, admission: MemoryAdmission
) -> None:
    models.behaves("one", faults.status(503))
    models.behaves("two", faults.well)
    reply = await routed(TWO).generate(ask(trace_id="t-1"))
    assert reply.trace == {"one": "failed", "two": "success"}
    assert (reply.provider, reply.trace_id, reply.cost_usd) == ("two", "t-1", bill("two"))
    assert [(each.kind, each.detail) for each in reply.degradations] == [
        ("fallback", "one/main is failing."),
        ("fallback", "two answered in place of one."),
    ]
    assert spent(admission) == {
        "one": ("failed", Decimal(0), False),
        "two": ("succeeded", bill("two"), False),
    }


async def test_cached_prompt_tokens_have_their_own_price(
    models: FaultServer, routed: Routed
) -> None:
    async def with_cache(call: Call) -> None:
        usage = {**faults.usage("one"), "prompt_tokens_details": {"cached_tokens": 10}}
        choice = {"index": 0, "message": {"content": "x"}, "finish_reason": "stop"}
        await call.json({"choices": [choice], "usage": usage})

    models.behaves("one", with_cache)
    reply = await routed({"one": {}}).generate(ask())
    assert reply.usage.cached == 10
    assert reply.cost_usd == bill("one") - Decimal(10) / 10**6 / 2


async def test_three_silent_routes_end_with_the_deadline(
    models: FaultServer, routed: Routed, admission: MemoryAdmission
) -> None:
    names = {name: {} for name in ("one", "two", "three")}
    for name in names:
        models.behaves(name, faults.silent)
    router = routed(names)
    with pytest.raises(RequestTimeoutError, match=r"one/main: timeout.*three/main: timeout"):
        await router.generate(ask(order=tuple(names), deadline_s=3.0))
    assert {status for status, _, _ in spent(admission).values()} == {"timeout"}


async def test_a_silent_route_is_not_asked_again(models: FaultServer, routed: Routed) -> None:
    models.behaves("one", faults.silent)
    with pytest.raises(RequestTimeoutError):
        await routed({"one": {}}).generate(ask(deadline_s=2.0))
    assert len(models.asked["one"]) == 1


async def test_a_route_alone_is_asked_again_after_a_back_off(
    models: FaultServer, routed: Routed
) -> None:
    clock = FakeClock()
    pace = DrivenPace(clock)
    models.behaves("one", faults.status(500), faults.status(500), faults.well)
    router = routed({"one": {}}, clock=clock, pace=pace, admission=MemoryAdmission(clock))
    reply = await router.generate(ask())
    assert reply.text == faults.answer("one")
    assert len(pace.slept) == 2
    assert 0.125 <= pace.slept[0] <= 0.25 <= pace.slept[1] <= 0.5


async def test_retry_after_beyond_the_deadline_is_not_waited_for(
    models: FaultServer, routed: Routed
) -> None:
    models.behaves("one", faults.status(429, retry_after="60"))
    router = routed({"one": {}})
    with pytest.raises(RateLimitError) as first:
        await router.generate(ask())
    assert first.value.retry_after_s == 60
    assert len(models.asked["one"]) == 1


async def test_a_bad_request_is_not_sent_to_the_same_model_again(
    models: FaultServer, routed: Routed
) -> None:
    models.behaves("one", faults.status(422, error={"message": "temperature: too hot"}))
    with pytest.raises(GenerationError, match=r"too hot.*one, HTTP 422, trying again will not"):
        await routed({"one": {}}).generate(ask())
    assert len(models.asked["one"]) == 1


async def test_too_long_a_prompt_goes_to_a_larger_context_or_nowhere(
    models: FaultServer, routed: Routed
) -> None:
    models.behaves("one", faults.context_length)
    models.behaves("small", faults.well)
    models.behaves("large", faults.well)
    names = {"one": {}, "small": {"context": 50_000}, "large": {"context": 200_000}}
    reply = await routed(names).generate(ask(order=tuple(names)))
    assert (reply.provider, models.asked["small"]) == ("large", [])
    with pytest.raises(ContextTooLong, match="no larger one"):
        await routed({"one": {}, "small": {"context": 50_000}}).generate(
            ask(order=("one", "small"))
        )


async def test_a_prompt_no_context_holds_is_told_before_anyone_is_called(
    models: FaultServer, routed: Routed
) -> None:
    models.behaves("one", faults.well)
    with pytest.raises(ContextTooLong, match="fit into no model"):
        await routed({"one": {"context": 10}}).generate(ask(order=()))
    assert models.asked["one"] == []


async def test_a_filter_in_the_answer_is_a_refusal_and_is_billed(
    models: FaultServer, routed: Routed, admission: MemoryAdmission
) -> None:
    async def filtered(call: Call) -> None:
        choice = {"index": 0, "message": {"content": "It"}, "finish_reason": "content_filter"}
        await call.json({"choices": [choice], "usage": faults.usage("one")})

    models.behaves("one", filtered)
    models.behaves("two", faults.well)
    with pytest.raises(ContentRefused):
        await routed(TWO).generate(ask())
    assert spent(admission) == {"one": ("refused", bill("one"), False)}


async def test_a_cancelled_call_is_settled_and_its_connection_closed(
    models: FaultServer, routed: Routed, admission: MemoryAdmission
) -> None:
    models.behaves("one", faults.silent)
    task = asyncio.create_task(routed(TWO).generate(ask()))
    while not models.asked.get("one"):
        await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    (asked,) = models.asked["one"]
    assert await asyncio.to_thread(asked.gone.wait, 300)
    status, cost, estimated = spent(admission)["one"]
    assert (status, estimated) == ("cancelled", True)
    assert cost > 0


async def test_an_abandoned_stream_is_billed_for_what_came(
    models: FaultServer, routed: Routed, admission: MemoryAdmission
) -> None:
    models.behaves("one", faults.stall)
    events = routed(TWO).stream(ask())
    async for event in events:
        if isinstance(event, Delta) and event.text:
            break
    await events.aclose()
    status, cost, estimated = spent(admission)["one"]
    assert (status, estimated) == ("abandoned", True)
    assert cost > 0


async def test_a_live_stream_that_breaks_begins_anew_where_the_caller_can(
    models: FaultServer, routed: Routed, admission: MemoryAdmission
) -> None:
    models.behaves("one", faults.cut)
    models.behaves("two", faults.well)
    text, restarts, reply = "", [], None
    async for event in routed(TWO).stream(ask(), restarts=True):
        if isinstance(event, Delta):
            text += event.text
        elif isinstance(event, Restarted):
            text = ""
            restarts.append(event.provider)
        elif isinstance(event, Finished):
            reply = event.reply
    assert text.split() == faults.answer("two").split()
    assert restarts == ["one"]
    assert reply is not None
    assert (reply.provider, reply.text) == ("two", text)
    assert spent(admission)["one"][0] == "failed"
    assert spent(admission)["one"][1] > 0


async def test_a_live_stream_that_breaks_is_an_error_where_the_caller_cannot(
    models: FaultServer, routed: Routed
) -> None:
    models.behaves("one", faults.cut)
    models.behaves("two", faults.well)
    events = routed(TWO).stream(ask())
    with pytest.raises(GenerationError, match="broke off in mid-answer"):
        async for event in events:
            assert not isinstance(event, Finished | Restarted)
    assert models.asked["two"] == []


async def test_a_complete_stream_hands_out_nothing_of_a_broken_answer(
    models: FaultServer, routed: Routed
) -> None:
    models.behaves("one", faults.cut)
    models.behaves("two", faults.well)
    events = [event async for event in routed(TWO).stream(ask(), mode="complete")]
    text = "".join(event.text for event in events if isinstance(event, Delta))
    assert text.split() == faults.answer("two").split()


async def test_an_open_circuit_is_not_asked(models: FaultServer, routed: Routed) -> None:
    models.behaves("one", faults.status(503))
    settings = RouterSettings(patience=PATIENT, tries_per_route=1)
    router = routed({"one": {"breaker": "provider"}}, settings)
    for _ in range(3):
        with pytest.raises(GenerationError):
            await router.generate(ask(order=("one",)))
    with pytest.raises(CircuitBreakerError, match="one/main is failing"):
        await router.generate(ask(order=("one",)))
    assert len(models.asked["one"]) == 3


async def flapping(router: Router, clock: FakeClock, models: FaultServer) -> list[str]:
    """Ask once a second for three minutes: the primary is down for the first."""
    served = []
    for second in range(180):
        models.scripts["one"] = [faults.status(503) if second < 60 else faults.well]
        served.append((await router.generate(ask())).provider)
        clock.advance(1.0)
    return served


async def test_a_primary_that_flaps_is_seldom_probed_and_soon_back(
    models: FaultServer, routed: Routed
) -> None:
    clock = FakeClock()
    models.behaves("one", faults.well)
    models.behaves("two", faults.well)
    profile = {"one": {"breaker": "swift"}, "two": {"breaker": "swift"}}
    router = routed(profile, clock=clock, pace=DrivenPace(clock), admission=MemoryAdmission(clock))
    served = await flapping(router, clock, models)
    assert len(served) == 180  # nobody went without an answer
    back = served.index("one")
    assert 60 <= back < 90
    assert set(served[back + SWIFT.successes_to_close :]) == {"one"}
    while_down = len(models.asked["one"]) - served.count("one")
    assert while_down <= 5 + 3  # until it opened, and the probes after that


async def test_a_budget_lets_no_call_begin_that_could_overshoot_it(
    models: FaultServer, routed: Routed, admission: MemoryAdmission
) -> None:
    models.behaves("one", faults.well)
    # The worst case of one call: 15 estimated tokens and 1000 generated ones at 3 USD a million.
    limit = Decimal("0.0092")
    router = routed({"one": {}}, RouterSettings(patience=PATIENT, user_day_usd=limit))
    results = await asyncio.gather(
        *(router.generate(ask(order=("one",))) for _ in range(20)), return_exceptions=True
    )
    passed = [each for each in results if not isinstance(each, BaseException)]
    assert {type(each) for each in results if isinstance(each, BaseException)} == {BudgetExceeded}
    assert 1 <= len(passed) <= 3
    settled, reserved = await admission.spent(
        Purse(key="user:default/anonymous", period="day", limit_usd=limit)
    )
    assert (settled, reserved) == (bill("one") * len(passed), 0)


async def test_a_request_may_cap_itself(models: FaultServer, routed: Routed) -> None:
    models.behaves("one", faults.well)
    with pytest.raises(BudgetExceeded, match="could cost"):
        await routed({"one": {}}).generate(ask(order=(), budget_usd=Decimal("0.0001")))


async def test_near_the_end_of_a_budget_cheaper_models_are_preferred(
    models: FaultServer, routed: Routed
) -> None:
    models.behaves("dear", faults.well)
    models.behaves("cheap", faults.well)
    strong = {"analysis": 1.0}
    names = {
        "dear": {"price": {"input": "9", "output": "60"}, "strengths": strong},
        "cheap": {"price": {"input": "0.1", "output": "0.1"}, "strengths": {"analysis": 0.7}},
    }
    router = routed(names, RouterSettings(patience=PATIENT, user_day_usd=Decimal("0.07")))
    first = await router.generate(ask(order=()))
    second = await router.generate(ask(order=()))
    assert (first.provider, second.provider) == ("dear", "cheap")
    assert "The budget runs low: cheaper models are preferred." in [
        each.detail for each in second.degradations
    ]


@pytest.mark.parametrize(("ratio", "second"), [(0.5, "dear"), (0.01, "cheap")])
async def test_a_provider_may_warn_of_its_ceiling_at_a_share_of_its_own(
    models: FaultServer, routed: Routed, ratio: float, second: str
) -> None:
    models.behaves("dear", faults.well)
    models.behaves("cheap", faults.well)
    dear = {
        "price": {"input": "9", "output": "60"},
        "strengths": {"analysis": 1.0},
        "spend_ceiling_usd": "1",
        "warning_ratio": ratio,
    }
    cheap = {"price": {"input": "0.1", "output": "0.1"}, "strengths": {"analysis": 0.7}}
    router = routed({"dear": dear, "cheap": cheap})
    assert (await router.generate(ask(order=()))).provider == "dear"
    assert (await router.generate(ask(order=()))).provider == second


async def test_a_callers_own_window_counts_requests_not_attempts(
    models: FaultServer, routed: Routed
) -> None:
    models.behaves("one", faults.status(500))
    models.behaves("two", faults.well)
    router = routed(TWO, RouterSettings(patience=PATIENT, user_requests=2))
    await router.generate(ask())
    await router.generate(ask())
    with pytest.raises(RateLimitError, match="user:default/anonymous"):
        await router.generate(ask())
    assert len(models.asked["two"]) == 2


async def test_nobody_left_to_ask_is_said_for_each(models: FaultServer, routed: Routed) -> None:
    models.behaves("one", faults.well)
    router = routed({"one": {"clearance": "public"}})
    with pytest.raises(NoModelAllowed, match="one: it is cleared for public data"):
        await router.generate(ask(order=(), sensitivity="restricted"))


async def test_a_hedge_asks_the_next_route_too_and_drops_the_slower(
    models: FaultServer, routed: Routed, admission: MemoryAdmission
) -> None:
    models.behaves("one", faults.silent)
    models.behaves("two", faults.well)
    router = routed(TWO, RouterSettings(patience=PATIENT, hedge_after_s=0.05))
    reply = await router.generate(ask())
    assert reply.provider == "two"
    assert spent(admission)["one"][0] == "cancelled"


async def test_the_status_of_a_provider_is_its_declaration_its_record_and_its_circuit(
    models: FaultServer, routed: Routed
) -> None:
    models.behaves("one", faults.status(503))
    models.behaves("two", faults.well)
    settings = RouterSettings(patience=PATIENT, tries_per_route=1)
    router = routed({"one": {"breaker": "provider"}, "two": {}}, settings)
    for _ in range(3):
        await router.generate(ask())
    one, two = await router.status()
    assert (one.available, one.reason) == (False, "every circuit is open")
    assert (one.metrics.total_requests, one.metrics.success_rate) == (3, 0.0)
    assert one.reliability_score < 0.95 < two.reliability_score
    assert (two.available, two.circuits, two.metrics.total_cost_usd) == (
        True,
        {"main": "closed"},
        3 * bill("two"),
    )
    assert two.cost_per_1k_tokens == Decimal("0.002")
    models.behaves("one", faults.well)
    assert await router.reset("one") == 1
    assert (await router.generate(ask())).provider == "one"


class LeavesFail(MemoryAdmission):
    """A store that goes away while calls are under way."""

    async def leave(self, attempt_id: str, result: Result) -> None:
        raise StoreUnavailable("The database is away.")


async def test_an_answer_is_not_lost_with_the_ledger(models: FaultServer, routed: Routed) -> None:
    models.behaves("one", faults.well)
    router = routed({"one": {}}, admission=LeavesFail(SystemClock()))
    reply = await router.generate(ask())
    assert reply.text == faults.answer("one")
    assert "could not be reached" in reply.attempts[0].reason
    events = [event async for event in router.stream(ask())]
    assert isinstance(events[-1], Finished)


class EntersFail(MemoryAdmission):
    """A store that is away."""

    async def enter(self, attempt: Attempt) -> Pass | Turned:
        raise StoreUnavailable("The database is away.")


async def test_what_cannot_be_counted_is_not_called(models: FaultServer, routed: Routed) -> None:
    models.behaves("one", faults.well)
    with pytest.raises(StoreUnavailable):
        await routed({"one": {}}, admission=EntersFail(SystemClock())).generate(ask())
    assert models.asked["one"] == []
