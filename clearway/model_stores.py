"""What model calls share with other processes: counts and money, calls under way, kept replies."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, TypeVar

from clearway.errors import ConfigurationError
from clearway.settings import Settings

if TYPE_CHECKING:
    from clearway.graph.ports import Clock
    from clearway.llm.admission.alerts import FailureAlerts
    from clearway.llm.admission.records import Records
    from clearway.llm.limits import RouterSettings
    from clearway.llm.ports import Admission, GenerationCache, GenerationFlights
    from clearway.stores.models.spend_alerts import SpendAlerts
    from clearway.stores.postgres import Database

Value = TypeVar("Value")


@dataclass(frozen=True, kw_only=True)
class ModelStores:
    """The router's ports, over one database and perhaps a Redis."""

    admission: Admission
    records: Records
    """What the ledger of all processes has on record."""
    flights: GenerationFlights
    cache: GenerationCache
    alerts: SpendAlerts | None
    """None where no ceiling is set."""


@asynccontextmanager
async def open_model_stores(
    settings: Settings, database: Database, clock: Clock
) -> AsyncIterator[ModelStores]:
    """Yield them; Redis, where there is one, comes before Postgres, and money never is in it."""
    from clearway.llm.sharing.generations import MemoryGenerations, SharedFlights
    from clearway.stores.models.admission import open_admission
    from clearway.stores.models.generation_flights import PostgresGenerationFlights
    from clearway.stores.models.generations import PostgresGenerations, RedisGenerations
    from clearway.stores.models.records import PostgresRecords
    from clearway.stores.models.spend_alerts import alerts_of
    from clearway.stores.redis_client import open_redis

    redis_url = settings.redis_url.get_secret_value() if settings.redis_url else None
    pool, app = database.pool, database.addresses.app
    async with AsyncExitStack() as stack:
        failing = failure_alerts(settings)
        if failing is not None:
            stack.push_async_callback(failing.told)
        admission = await stack.enter_async_context(
            open_admission(pool, app, clock, redis_url=redis_url, failing=failing)
        )
        kept: GenerationCache = PostgresGenerations(pool)
        if redis_url is not None:
            redis = await stack.enter_async_context(open_redis(redis_url, clock))
            kept = RedisGenerations(redis, PostgresGenerations(pool))
        yield ModelStores(
            admission=admission,
            records=PostgresRecords(pool, settled=admission.settled),
            flights=SharedFlights(clock, beyond=PostgresGenerationFlights(pool, clock)),
            cache=MemoryGenerations(clock, max_entries=settings.model_cache_entries, beyond=kept),
            alerts=alerts_of(settings, pool),
        )


def failure_alerts(settings: Settings) -> FailureAlerts | None:
    """Return what tells a webhook of endpoints that keep failing; None without one."""
    if settings.alert_webhook_url is None:
        return None
    from clearway.llm.admission.alerts import FailureAlerts

    return FailureAlerts(settings.alert_webhook_url.get_secret_value())


def router_settings(settings: Settings) -> RouterSettings:
    """Return how the planner's router is set."""
    from clearway.llm.choice.score import weights_of
    from clearway.llm.limits import SWIFT, RouterSettings
    from clearway.llm.providers.specs import Price
    from clearway.resilience.breaker import PROFILES

    try:
        weights = weights_of(settings.model_weights)
    except ValueError as error:
        raise ConfigurationError(f"CLEARWAY_MODEL_WEIGHTS: {error}.") from None
    planner = PROFILES["planner"]
    return RouterSettings(
        deadline_s=settings.model_timeout_s,
        # Rules plan at once what a failing model would plan later.
        tries_per_route=1,
        max_tokens=told(settings, "default_max_tokens", settings.default_max_tokens),
        budgeted_tokens=settings.default_max_tokens,
        unknown_price=Price(
            input=settings.unknown_price_input, output=settings.unknown_price_output
        ),
        breakers={
            **PROFILES,
            "swift": SWIFT,
            "planner": replace(
                planner,
                windowed=settings.breaker_failures,
                recovery_s=settings.breaker_recovery_s,
            ),
        },
        hedge_after_s=settings.model_hedge_after_s,
        weights=weights,
        user_requests=settings.model_user_requests,
        user_tokens=settings.model_user_tokens,
        global_requests=settings.model_requests,
        global_tokens=settings.model_tokens,
        window_s=settings.model_window_s,
        user_day_usd=settings.user_daily_budget_usd,
        tenant_day_usd=settings.tenant_daily_budget_usd,
        tenant_month_usd=settings.tenant_monthly_budget_usd,
        global_day_usd=settings.daily_budget_usd,
        warning_ratio=settings.budget_warning_ratio,
        cache_ttl_s=settings.model_cache_ttl_s,
        cache_scope=settings.model_cache_scope,
        share_flights=settings.share_model_calls,
    )


def told(settings: Settings, name: str, value: Value) -> Value | None:
    """Return a setting's value where somebody has set it; None where it is only the default."""
    return value if name in settings.model_fields_set else None
