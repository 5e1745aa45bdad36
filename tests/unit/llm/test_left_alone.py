"""Endpoints whose circuits are open: waited for where that is soon, else told at once."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Literal

import pytest

from clearway.errors import CircuitBreakerError, GenerationError, PolicyDenied, RateLimitError
from clearway.llm import Router, RouterSettings, open_router
from clearway.llm.admission.in_process import MemoryAdmission
from clearway.llm.calls.chunks import Body
from clearway.llm.calls.faults import Fault
from clearway.llm.face.wire import error_json
from clearway.llm.pace import DrivenPace
from clearway.llm.policy.decide import RulePolicy, facts_of
from clearway.llm.policy.rules import Rules
from clearway.llm.ports import BreakerProfile
from clearway.llm.providers.registry import Registry
from clearway.llm.providers.routes import Route
from clearway.resilience.clock import FakeClock
from tests.unit.llm.conftest import request, route
from tests.unit.llm.test_sharing import Echo

pytestmark = [pytest.mark.unit, pytest.mark.anyio]

DEADLINE_S = 30.0
BREAKERS = {
    "slow": BreakerProfile(consecutive=1, recovery_s=40, successes_to_close=1),
    "within": BreakerProfile(consecutive=1, recovery_s=20, successes_to_close=1),
    "soon": BreakerProfile(consecutive=1, recovery_s=2, successes_to_close=1),
}


class Failing(Echo):
    """Implements `Transport`: endpoints fail as long as they are down."""

    def __init__(self) -> None:
        super().__init__()
        self.down: dict[str, Fault] = {}
        self.names: list[str] = []

    async def complete(self, route: Route, body: Body, *, within_s: float) -> Body:
        self.names.append(route.name)
        if fault := self.down.get(route.name):
            raise fault
        return await super().complete(route, body, within_s=within_s)


class World:
    """Two providers that go down together, and routers of several processes over one store."""

    def __init__(self, one: str = "slow", two: str = "within") -> None:
        self.clock, self.transport = FakeClock(), Failing()
        self.admission = MemoryAdmission(self.clock)
        self.routes = {"one": [route("one", breaker=one)], "two": [route("two", breaker=two)]}

    def router(self, on_no_candidates: Literal["wait", "error"] = "wait") -> Router:
        return open_router(
            registry=Registry(each[0].provider for each in self.routes.values()),
            routes=self.routes,
            environment={},
            settings=RouterSettings(
                breakers=BREAKERS,
                deadline_s=DEADLINE_S,
                tries_per_route=2 if on_no_candidates == "error" else 1,
                on_no_candidates=on_no_candidates,
            ),
            admission=self.admission,
            transport=self.transport,
            clock=self.clock,
            pace=DrivenPace(self.clock),
        )

    async def fails(self, router: Router) -> None:
        self.transport.down = {name: Fault("unavailable") for name in ("one/main", "two/main")}
        with pytest.raises(GenerationError):
            await router.generate(request())
        self.transport.names.clear()


Others = Callable[[World, Router], Router]


@pytest.mark.parametrize(
    "whose",
    [lambda _, router: router, lambda world, _: world.router()],
    ids=["the process that saw it", "another process"],
)
async def test_open_circuits_are_told_at_once_with_when_the_first_may_close(whose: Others) -> None:
    world = World()
    router = world.router()
    await world.fails(router)
    world.clock.advance(5)
    asked_at = world.clock.monotonic()
    asker = whose(world, router)
    for _ in range(3):
        with pytest.raises(CircuitBreakerError) as caught:
            await asker.generate(request())
        status, body, headers = error_json(caught.value)
        assert (status, body["error"]["code"], headers) == (
            503,
            "circuit_open",
            {"retry-after": "15"},
        )
        assert body["error"]["clearway"]["retryable"] is True
        for said in ("one/main", "two/main", "failing", "15 s"):
            assert said in body["error"]["message"]
    assert world.clock.monotonic() == asked_at
    assert world.transport.names == []


async def test_a_circuit_that_may_close_soon_is_waited_for() -> None:
    world = World(two="soon")
    router = world.router()
    await world.fails(router)
    world.transport.down.clear()
    began = world.clock.monotonic()
    assert (await router.generate(request())).provider == "two"
    assert world.clock.monotonic() - began == pytest.approx(2, abs=0.1)


async def test_a_circuit_another_process_closed_is_asked_at_once() -> None:
    world = World()
    router = world.router()
    await world.fails(router)
    with pytest.raises(CircuitBreakerError):
        await router.generate(request())
    world.transport.down.clear()
    began = world.clock.monotonic()
    assert await world.router().reset() == 2
    assert (await router.generate(request())).provider == "one"
    assert world.clock.monotonic() == began


async def test_nobody_is_waited_for_where_that_is_not_wanted() -> None:
    world = World(two="soon")
    router = world.router(on_no_candidates="error")
    await world.fails(router)
    world.transport.down.clear()
    began = world.clock.monotonic()
    for asker in (router, world.router(on_no_candidates="error")):
        with pytest.raises(CircuitBreakerError):
            await asker.generate(request())
    assert (world.clock.monotonic(), world.transport.names) == (began, [])


async def test_what_asked_to_slow_down_for_longer_than_there_is_says_when() -> None:
    world = World()
    router = world.router()
    slow = Fault("rate_limited", retry_after_s=50.0)
    world.transport.down = {"one/main": slow, "two/main": slow}
    for _ in range(2):
        with pytest.raises(RateLimitError) as caught:
            await router.generate(request())
    assert error_json(caught.value)[2] == {"retry-after": "50"}
    assert world.transport.names == ["one/main", "two/main"]


async def test_a_retry_after_is_not_waited_for_either_where_that_is_not_wanted() -> None:
    world = World()
    world.transport.down = {
        "one/main": Fault("rate_limited", retry_after_s=4.0),
        "two/main": Fault("rate_limited", retry_after_s=9.0),
    }
    router, began = world.router(on_no_candidates="error"), world.clock.monotonic()
    for _ in range(2):
        with pytest.raises(RateLimitError) as caught:
            await router.generate(request())
    assert error_json(caught.value)[2] == {"retry-after": "4"}
    assert world.clock.monotonic() == began
    assert world.transport.names == ["one/main", "two/main"]


async def test_a_decision_says_that_everybody_is_failing_too() -> None:
    world = World()
    router = world.router()
    await world.fails(router)
    with pytest.raises(CircuitBreakerError):
        await router.generate(request())
    with pytest.raises(CircuitBreakerError, match="may be asked again in 20 s"):
        router.preparing.decide(request())


async def test_no_endpoint_is_fallen_back_to_that_the_policy_denies() -> None:
    world = World()
    here = {"base_url": "http://house.test/v1", "key_required": False}
    eu = route(
        "house",
        endpoint="eu",
        breaker="slow",
        endpoints=[{"name": name, "residency": [name], **here} for name in ("eu", "us")],
    )
    us = replace(eu, endpoint="us", residency=frozenset({"us"}))
    world.routes = {"house": [eu, replace(eu, endpoint="eu#2"), us]}
    rule = {"id": "only-eu", "allow": {"residency": ["eu"]}, "reason": "Only models in the EU."}
    policy = RulePolicy(
        Rules.model_validate({"version": 1, "rules": [rule]}), [facts_of(eu.provider)]
    )
    router = world.router()
    router = open_router(
        registry=router.preparing.parts.registry,
        routes=world.routes,
        environment={},
        settings=router.settings,
        admission=world.admission,
        policy=policy,
        transport=world.transport,
        clock=world.clock,
        pace=DrivenPace(world.clock),
    )
    world.transport.down = {name: Fault("unavailable") for name in ("house/eu", "house/eu#2")}
    with pytest.raises(GenerationError):
        await router.generate(request())
    assert world.transport.names == ["house/eu", "house/eu#2"]
    with pytest.raises(CircuitBreakerError, match="house/eu"):
        await router.generate(request())
    with pytest.raises(
        PolicyDenied, match=r"at eu: data would go to eu, not to us, at.* and at us: policy"
    ):
        await router.generate(request(residency=frozenset({"us"})))
    assert world.transport.names == ["house/eu", "house/eu#2"]
