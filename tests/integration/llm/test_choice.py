"""Who is asked next, through the whole router: regions of one provider, and what was measured."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace

import pytest

from clearway.llm import ChatRequest, Router, RouterSettings, open_router
from clearway.llm.ports import BreakerProfile
from clearway.llm.providers.registry import Registry
from clearway.llm.providers.routes import Route
from tests import fault_server as faults
from tests.fault_server import FaultServer
from tests.integration.llm.conftest import PATIENT, route

pytestmark = [pytest.mark.integration, pytest.mark.anyio]

NEVER_OPEN = {"gateway": BreakerProfile(consecutive=None, failure_rate=None)}
ASKED = ChatRequest(messages=[{"role": "user", "content": "A story."}], task="analysis")


def endpoint(models: FaultServer, first: Route, name: str) -> Route:
    """Return the same provider at another place, which is a model of the server's own."""
    return replace(first, endpoint=name, base_url=models.url(name))


def router_over(routes: dict[str, list[Route]], settings: RouterSettings) -> Router:
    registry = Registry(each[0].provider for each in routes.values())
    return open_router(registry=registry, routes=routes, environment={}, settings=settings)


@pytest.fixture
async def regions(anyio_backend: str, models: FaultServer) -> AsyncIterator[Router]:
    """One provider in two regions, and another that stands in."""
    main = route(models, "main", 9, {"reliability": 0.99})
    routes = {
        "main": [endpoint(models, main, "eu"), endpoint(models, main, "us")],
        "other": [route(models, "other", 1, {"reliability": 0.5})],
    }
    router = router_over(routes, RouterSettings(deadline_s=60, patience=PATIENT))
    yield router
    await router.aclose()


async def test_another_region_of_the_same_model_comes_before_another_model(
    models: FaultServer, regions: Router
) -> None:
    models.behaves("eu", faults.reset)
    models.behaves("us", faults.well)
    models.behaves("other", faults.well)
    reply = await regions.generate(ASKED)
    assert (reply.provider, reply.endpoint) == ("main", "us")
    assert [(t.endpoint, t.outcome) for t in reply.attempts] == [
        ("eu", "failed"),
        ("us", "success"),
    ]
    models.behaves("us", faults.status(503))
    assert (await regions.generate(ASKED)).provider == "other"


async def test_each_region_has_a_circuit_of_its_own(models: FaultServer, regions: Router) -> None:
    models.behaves("eu", faults.reset)
    models.behaves("us", faults.well)
    for _ in range(6):
        assert (await regions.generate(ASKED)).endpoint == "us"
    assert len(models.asked["eu"]) == 5
    states = {each.endpoint: each.state for each in await regions.admission.health()}
    assert states == {"eu": "open", "us": "closed"}


async def test_what_is_measured_changes_who_is_asked_first(models: FaultServer) -> None:
    models.behaves("boasts", faults.status(503))
    models.behaves("modest", faults.well)
    routes = {
        "boasts": [route(models, "boasts", 9, {"reliability": 0.99})],
        "modest": [route(models, "modest", 1, {"reliability": 0.80})],
    }
    settings = RouterSettings(
        deadline_s=60, patience=PATIENT, tries_per_route=1, breakers=NEVER_OPEN
    )
    router = router_over(routes, settings)
    assert router.preparing.ranked(ASKED) == ["boasts", "modest"]
    for _ in range(20):
        assert (await router.generate(ASKED)).provider == "modest"
    asked = len(models.asked["boasts"])
    assert router.preparing.ranked(ASKED) == ["modest", "boasts"]
    await router.generate(ASKED)
    assert len(models.asked["boasts"]) == asked < 20
    await router.aclose()
