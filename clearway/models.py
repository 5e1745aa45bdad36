"""The models that plan: the one the settings name, and those that stand in for it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING, Any

from clearway.environment import process_environment
from clearway.errors import ConfigurationError, StoreUnavailable
from clearway.model_routes import model_named, named_routes
from clearway.model_stores import ModelStores, open_model_stores, router_settings
from clearway.settings import Settings

if TYPE_CHECKING:
    from clearway.graph.ports import AuditTrail, Clock, ModelRequest, PlannerModel
    from clearway.llm.providers.registry import Registry
    from clearway.llm.router import Router
    from clearway.stores.postgres import Database
    from clearway.tools.docs.ports import AnswerModel

REMEMBERED = timedelta(days=7)
"""How far back the ledger says how fast and reliable a model is."""


@dataclass(frozen=True, kw_only=True)
class Models:
    """What plans with models, where there are any."""

    router: Router | None = None
    planner: PlannerModel | None = None
    answers: AnswerModel | None = None
    """What writes answers from documents."""

    def judged(self, trail: AuditTrail) -> AuditTrail:
        """Return the trail, from which the router learns whose plans pass the checks."""
        if self.router is None:
            return trail
        from clearway.llm.judging import JudgedTrail

        return JudgedTrail(trail, self.router.measured)


@asynccontextmanager
async def open_models(
    settings: Settings, database: Database, clock: Clock
) -> AsyncIterator[Models]:
    """Yield the models that plan, their calls counted where all processes see them."""
    async with AsyncExitStack() as stack:
        models = Models()
        if model_named(settings) is not None:
            from clearway.llm.tending import tended

            stores = await stack.enter_async_context(open_model_stores(settings, database, clock))
            router = model_router(settings, process_environment(), stores=stores)
            if router is not None:
                stack.push_async_callback(router.aclose)
                await _recall(router, database, clock)
                look = stores.alerts.over if stores.alerts else None
                learn = partial(_judged, database, clock)
                await stack.enter_async_context(tended(router, look, learn))
                models = Models(
                    router=router,
                    planner=planner_of(settings, router),
                    answers=answers_of(settings, router),
                )
        yield models


async def _recall(router: Router, database: Database, clock: Clock) -> None:
    """Let the router begin with what all processes measured in the last days."""
    from clearway.stores.models.spend import all_latency, all_spend

    since = (clock.now() - REMEMBERED).date()
    try:
        spend = await all_spend(database.pool, since=since)
        took = {row.name: row.average_s for row in await all_latency(database.pool, since=since)}
    except StoreUnavailable:
        return  # the declared values do
    known = {row.name: row for row in spend}
    for routes in router.preparing.parts.routes.values():
        for route in routes:
            if row := known.get(f"{route.provider.id}/{route.model}"):
                router.measured.recall(
                    route,
                    calls=row.succeeded + row.failed,
                    good=row.succeeded,
                    latency_s=took.get(row.name, 0.0),
                )


async def _judged(database: Database, clock: Clock) -> Sequence[tuple[str, bool]]:
    """Return whose plans passed their checks in the last days, by any process."""
    from clearway.stores.models.judgements import judged_on_record

    return await judged_on_record(database.pool, since=clock.now() - REMEMBERED)


def model_router(
    settings: Settings,
    environment: Mapping[str, str],
    *,
    stores: ModelStores | None = None,
) -> Router | None:
    """Return the router over the configured model and its fallbacks, or None without any model.

    Nobody is asked that the settings do not name: a key in the environment is no consent to send a
    question to its owner.
    """
    from clearway.llm.providers.registry import load_registry

    registry = load_registry(settings.providers_path)
    routes = named_routes(settings, registry, environment)
    if not routes:
        return None
    from clearway.llm.calls.dial import FileDial
    from clearway.llm.open import open_router
    from clearway.llm.policy.decide import RulePolicy, facts_of
    from clearway.llm.policy.rules import load_rules
    from clearway.llm.providers.registry import Registry
    from clearway.llm.tokens.counter import LocalTokenCounter
    from clearway.resilience.clock import SystemClock

    clock = SystemClock()
    everyone = Registry([*registry, *(each[0].provider for each in routes.values())])
    _require_known(everyone, settings)
    return open_router(
        registry=everyone,
        routes=routes,
        environment=environment,
        settings=router_settings(settings),
        admission=stores.admission if stores else None,
        cache=stores.cache if stores else None,
        flights=stores.flights if stores else None,
        tokens=LocalTokenCounter(settings.tokenizer_dir),
        policy=RulePolicy(
            load_rules(settings.policy_path),
            [facts_of(each, routes.get(each.id, ())) for each in everyone],
        ),
        dial=FileDial(settings.home / "drills.json", clock),
        clock=clock,
    )


def planner_of(settings: Settings, router: Router) -> PlannerModel:
    """Return the planner over the router; it never sees what the guardrails hide."""
    from clearway.llm.chat import RoutedChat
    from clearway.llm.guards.guardrails import PatternGuardrails
    from clearway.llm.planning.guarded import GuardedPlanner
    from clearway.llm.planning.planner import ChatPlanner

    names = tuple(router.preparing.parts.routes)
    order = () if settings.smart_routing else names
    chat = RoutedChat(
        router,
        routing={
            "task": "sql_generation",
            "workflow": "planner",
            "order": order,
            **_told(settings),
        },
        logprobs=settings.model_logprobs or None,
        temperature=settings.default_temperature,
        top_p=settings.default_top_p,
    )
    name = router.preparing.parts.routes[names[0]][0].model
    planner = ChatPlanner(
        chat, name=name, max_chars=settings.max_output_chars, options=_call_options
    )
    guardrails = PatternGuardrails(secrets=settings.hides_secrets, personal=settings.hides_personal)
    return GuardedPlanner(planner, guardrails)


def answers_of(settings: Settings, router: Router) -> AnswerModel:
    """Return the writer of answers from documents, over the router."""
    from clearway.llm.chat import RoutedChat
    from clearway.llm.guards.guardrails import PatternGuardrails
    from clearway.llm.planning.answers import ChatAnswers

    names = tuple(router.preparing.parts.routes)
    order = () if settings.smart_routing else names
    chat = RoutedChat(
        router,
        routing={
            "task": "explanation",
            "workflow": "documents",
            "order": order,
            **_told(settings),
        },
    )
    guardrails = PatternGuardrails(secrets=settings.hides_secrets, personal=settings.hides_personal)
    name = router.preparing.parts.routes[names[0]][0].model
    return ChatAnswers(chat, guardrails, name=name, options=_call_options)


def _require_known(registry: Registry, settings: Settings) -> None:
    named = [(name, "CLEARWAY_PROVIDER_CEILINGS_USD") for name in settings.provider_ceilings_usd]
    if settings.default_provider is not None:
        named.append((settings.default_provider, "CLEARWAY_DEFAULT_PROVIDER"))
    for name, variable in named:
        try:
            registry.named(name)
        except ConfigurationError as error:
            raise ConfigurationError(f"{variable}: {error.message}") from None


def _told(settings: Settings) -> dict[str, Any]:
    """Return what the policy is told of everything that is sent."""
    return {
        # A prompt without its schema or its passages would be answered, and wrongly.
        "overflow": "error",
        "sensitivity": settings.model_sensitivity,
        "residency": settings.model_residency,
        "preference": settings.default_provider,
    }


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
