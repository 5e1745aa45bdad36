"""A server whose models fail on demand, and routers over them."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any

import pytest

from clearway.llm.admission.in_process import MemoryAdmission
from clearway.llm.calls.patience import Patience
from clearway.llm.limits import RouterSettings
from clearway.llm.open import open_router
from clearway.llm.providers.registry import Registry, parse
from clearway.llm.providers.routes import Route
from clearway.llm.router import Router
from clearway.resilience.clock import SystemClock
from tests.fault_server import FaultServer, fault_server

PROVIDER = {
    "context": 100_000,
    "max_output": 1_000,
    "latency_ms": 1_000,
    "reliability": 0.95,
    "price": {"input": "1", "cached": "0.5", "output": "3"},
    "features": ["json", "functions", "streaming"],
}
PATIENT = Patience(connect_s=30.0, first_token_s=30.0, idle_s=30.0, settle_s=0.1)
"""A slow machine is no fault; where silence is the point, a test says how much of it."""


@pytest.fixture
def models() -> Iterator[FaultServer]:
    with fault_server() as server:
        yield server


@pytest.fixture
def admission() -> MemoryAdmission:
    return MemoryAdmission(SystemClock())


Routed = Callable[..., Router]


@pytest.fixture
async def routed(
    anyio_backend: str, models: FaultServer, admission: MemoryAdmission
) -> AsyncIterator[Routed]:
    """Return a router over models in this order of priority: name -> what differs."""

    opened: list[Router] = []

    def made(
        names: dict[str, dict[str, Any]], settings: RouterSettings | None = None, **parts: Any
    ) -> Router:
        routes = {
            name: [route(models, name, len(names) - n, changes)]
            for n, (name, changes) in enumerate(names.items())
        }
        opened.append(
            open_router(
                registry=Registry(each[0].provider for each in routes.values()),
                routes=routes,
                environment={},
                settings=settings or RouterSettings(deadline_s=60, patience=PATIENT),
                **{"admission": admission, **parts},
            )
        )
        return opened[-1]

    yield made
    for router in opened:
        await router.aclose()


def route(models: FaultServer, name: str, priority: int, changes: dict[str, Any]) -> Route:
    url = models.url(name)
    endpoint = {"name": "main", "base_url": url, "key_required": False}
    entry = {"id": name, "model": name, **PROVIDER, "priority": priority, "endpoints": [endpoint]}
    provider = parse({**entry, **changes}, "test")
    return Route(
        provider=provider,
        endpoint="main",
        base_url=url,
        model=name,
        price=provider.price,
        context=provider.context,
    )
