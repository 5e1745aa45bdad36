"""The models that plan: the one the settings name, and those that stand in for it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import replace
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from clearway.environment import process_environment
from clearway.settings import Settings

if TYPE_CHECKING:
    from clearway.graph.ports import Clock, ModelRequest, PlannerModel
    from clearway.llm.ports import Admission, BreakerProfile
    from clearway.llm.registry import Registry
    from clearway.llm.router import Router
    from clearway.llm.routes import Route
    from clearway.stores.postgres import Database

CONFIGURED = "configured"
"""Id of the provider that CLEARWAY_MODEL and its key make up."""
OPENROUTER = "https://openrouter.ai/api/v1"
OPENAI = "https://api.openai.com/v1"
CONTEXT = 128_000
MAX_OUTPUT = 16_384


@asynccontextmanager
async def open_planner(
    settings: Settings, database: Database, clock: Clock
) -> AsyncIterator[PlannerModel | None]:
    """Yield the planner with its calls counted where all processes see them; None without any."""
    redis = settings.redis_url.get_secret_value() if settings.redis_url else None
    async with AsyncExitStack() as stack:
        planner = None
        if model_named(settings) is not None:
            from clearway.stores.admission import open_admission

            admission = await stack.enter_async_context(
                open_admission(database.pool, database.addresses.app, clock, redis_url=redis)
            )
            router = model_router(settings, process_environment(), admission=admission)
            if router is not None:
                stack.push_async_callback(router.aclose)
                planner = planner_of(settings, router)
        yield planner


def model_router(
    settings: Settings,
    environment: Mapping[str, str],
    *,
    admission: Admission | None = None,
) -> Router | None:
    """Return the router over the configured model and its fallbacks, or None without any model.

    Nobody is asked that the settings do not name: a key in the environment is no consent to send a
    question to its owner.
    """
    from clearway.llm.registry import load_registry

    registry = load_registry(settings.providers_path)
    routes = _routes(settings, registry, environment)
    if not routes:
        return None
    from clearway.llm.calls.dial import FileDial
    from clearway.llm.limits import RouterSettings
    from clearway.llm.open import open_router
    from clearway.llm.policy import RulePolicy, facts_of
    from clearway.llm.policy_rules import load_rules
    from clearway.llm.registry import Registry
    from clearway.resilience.breaker import PROFILES
    from clearway.resilience.clock import SystemClock

    clock = SystemClock()
    everyone = Registry([*registry, *(each[0].provider for each in routes.values())])
    return open_router(
        registry=everyone,
        routes=routes,
        environment=environment,
        settings=RouterSettings(
            deadline_s=settings.model_timeout_s,
            # Rules plan at once what a failing model would plan later.
            tries_per_route=1,
            max_tokens=None,
            breakers={**PROFILES, "planner": _breaker(settings)},
            user_day_usd=settings.user_daily_budget_usd,
            global_day_usd=settings.daily_budget_usd,
        ),
        admission=admission,
        policy=RulePolicy(load_rules(settings.policy_path), map(facts_of, everyone)),
        dial=FileDial(settings.home / "drills.json", clock),
        clock=clock,
    )


def planner_of(settings: Settings, router: Router) -> PlannerModel:
    """Return the planner over the router; it never sees what the guardrails hide."""
    from clearway.llm.chat import RoutedChat
    from clearway.llm.guarded import GuardedPlanner
    from clearway.llm.guardrails import PatternGuardrails
    from clearway.llm.planner import ChatPlanner

    order = tuple(router.preparing.parts.routes)
    chat = RoutedChat(
        router,
        routing={"task": "sql_generation", "workflow": "planner", "order": order},
        logprobs=settings.model_logprobs or None,
    )
    name = router.preparing.parts.routes[order[0]][0].model
    planner = ChatPlanner(
        chat, name=name, max_chars=settings.max_output_chars, options=_call_options
    )
    guardrails = PatternGuardrails(secrets=settings.hides_secrets, personal=settings.hides_personal)
    return GuardedPlanner(planner, guardrails)


def _call_options(request: ModelRequest, left_s: float) -> dict[str, Any]:
    """Return for whom a call is made, and how long all its attempts may take."""
    routing: dict[str, Any] = {
        "trace_id": request.trace_id,
        "bypass_cache": request.fresh,
        "deadline_s": left_s,
    }
    if request.principal is not None:
        routing |= {
            "user": request.principal.user,
            "tenant": request.principal.tenant,
            "roles": request.principal.roles,
        }
    return {"routing": routing}


def model_named(settings: Settings) -> str | None:
    """Return the names of the models that plan, for the key of a kept plan; None without any."""
    keyed = settings.openai_api_key or settings.openrouter_api_key
    names = [settings.model] if keyed else []
    return " ".join([*names, *settings.models]) or None


def _routes(
    settings: Settings, registry: Registry, environment: Mapping[str, str]
) -> dict[str, list[Route]]:
    """Return the configured model first, then the named providers that have what they need."""
    from clearway.llm.routes import Environment, routes_of

    configured = _configured(settings)
    routes = {} if configured is None else {CONFIGURED: [configured]}
    for name in settings.models:
        found = routes_of(registry.named(name), Environment(environment))
        if isinstance(found, list):
            routes[name] = found
    return routes


def _configured(settings: Settings) -> Route | None:
    openrouter = settings.openai_api_key is None
    key = settings.openrouter_api_key if openrouter else settings.openai_api_key
    if key is None:
        return None
    from clearway.llm.registry import parse
    from clearway.llm.routes import Route

    base_url = settings.model_base_url or (OPENROUTER if openrouter else OPENAI)
    endpoint = {"name": "main", "base_url": base_url}
    entry = {
        "id": CONFIGURED,
        "model": settings.model,
        "price": _price(settings),
        "context": CONTEXT,
        "max_output": MAX_OUTPUT,
        "features": ["json", "functions", "streaming", "vision", "rag"],
        "latency_ms": 2_000,
        "reliability": 0.97,
        "clearance": "internal",
        "breaker": "planner",
        "endpoints": [endpoint],
    }
    provider = parse(entry, "CLEARWAY_MODEL")
    return Route(
        provider=provider,
        endpoint="main",
        base_url=base_url.rstrip("/"),
        model=settings.model,
        price=provider.price,
        key=key,
        context=CONTEXT,
        context_declared=False,
    )


def _breaker(settings: Settings) -> BreakerProfile:
    from clearway.resilience.breaker import PROFILES

    return replace(
        PROFILES["planner"],
        windowed=settings.breaker_failures,
        recovery_s=settings.breaker_recovery_s,
    )


def _price(settings: Settings) -> dict[str, Decimal] | None:
    from clearway.llm.prices import PRICES

    given = (settings.model_price_input, settings.model_price_output)
    listed = PRICES.get(settings.model.rpartition("/")[2], (None, None))
    price_input, price_output = given if None not in given else listed
    if price_input is None or price_output is None:
        return None
    return {"input": Decimal(str(price_input)), "output": Decimal(str(price_output))}
