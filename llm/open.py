"""Put a router together: everything that is not given has a default that works in one process."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from clearway.llm.calls.adapters import adapters_for
from clearway.llm.calls.dial import Dial, DialledTransport
from clearway.llm.calls.discreet import DiscreetTransport
from clearway.llm.calls.dispatch import Dispatch
from clearway.llm.calls.simulated import SCHEME, SimulatedTransport
from clearway.llm.calls.transport import HttpTransport, Transport
from clearway.llm.choice.measured import Measured
from clearway.llm.guards.guardrails import PatternGuardrails
from clearway.llm.limits import RouterSettings
from clearway.llm.pace import Clock, Pace, SystemPace
from clearway.llm.ports import (
    Admission,
    Attempt,
    GenerationCache,
    GenerationFlights,
    Guardrails,
    ModelPolicy,
    Result,
    TokenCounter,
)
from clearway.llm.providers.registry import Registry, load_registry
from clearway.llm.providers.routes import Environment, Route, Unavailable, all_routes
from clearway.llm.requests.preparing import Parts, Preparing
from clearway.llm.router import Router
from clearway.llm.sharing.shared import Shared
from clearway.llm.tokens.counter import LocalTokenCounter
from clearway.resilience.clock import SystemClock


def open_router(
    *,
    registry: Registry | None = None,
    environment: Mapping[str, str] | None = None,
    routes: Mapping[str, Sequence[Route]] | None = None,
    settings: RouterSettings | None = None,
    admission: Admission | None = None,
    policy: ModelPolicy | None = None,
    guardrails: Guardrails | None = None,
    tokens: TokenCounter | None = None,
    cache: GenerationCache | None = None,
    flights: GenerationFlights | None = None,
    dial: Dial | None = None,
    transport: Transport | None = None,
    adapters: Mapping[str, Transport] | None = None,
    clock: Clock | None = None,
    pace: Pace | None = None,
    observers: Sequence[Callable[[Attempt, Result], None]] = (),
) -> Router:
    """Return a router; nothing is connected before the first call.

    `environment` (default: this process's) names keys, addresses and the user's provider file;
    `routes` takes the place of what would be found with it. Without `admission` everything is
    counted in this process only. `adapters` call providers that do not speak OpenAI's form, by the
    scheme of their `base_url`; installed packages may bring more (`clearway.llm.calls.adapters`).
    """
    clock, pace = clock or SystemClock(), pace or SystemPace()
    settings = settings or RouterSettings()
    variables = Environment(os.environ if environment is None else environment)
    registry = registry or load_registry(_own_file(variables))
    if guardrails is None and policy is not None:
        guardrails = PatternGuardrails(secrets=False, personal=False)  # the policy may require them
    measured = Measured()
    closed: Mapping[str, Unavailable] = {}
    if routes is None:
        routes, closed = all_routes(registry, variables)
    parts = Parts(
        registry=registry,
        routes=routes,
        closed=closed,
        settings=settings,
        clock=clock,
        measured=measured,
        tokens=tokens or LocalTokenCounter(),
        policy=policy,
        guardrails=guardrails,
    )
    return Router(
        Preparing(parts),
        admission=admission or _in_process(clock),
        transport=DiscreetTransport(
            transport or _transport(parts, pace, adapters or {}, dial),
            (route for its_routes in routes.values() for route in its_routes),
        ),
        clock=clock,
        settings=settings,
        measured=measured,
        pace=pace,
        shared=Shared(
            cache=cache,
            flights=flights if settings.share_flights else None,
            ttl_s=settings.cache_ttl_s,
            scope=settings.cache_scope,
        ),
        observers=observers,
    )


def _own_file(variables: Environment) -> Path | None:
    named = variables.value("PROVIDERS_PATH")
    return Path(named) if named else None


def _in_process(clock: Clock) -> Admission:
    from clearway.llm.admission.in_process import MemoryAdmission

    return MemoryAdmission(clock)


def _transport(
    parts: Parts, pace: Pace, adapters: Mapping[str, Transport], dial: Dial | None
) -> Transport:
    patience = parts.settings.patience
    found = adapters_for(
        (route for its_routes in parts.routes.values() for route in its_routes),
        adapters,
        patience,
        ours=("http", "https", SCHEME),
    )
    others: dict[str, Transport] = {SCHEME: SimulatedTransport(pace), **found}
    calls: Transport = Dispatch(HttpTransport(parts.clock, patience), others)
    return calls if dial is None else DialledTransport(calls, dial, pace)
