"""Which models the settings name: the one with a key of its own, and those that stand in for it."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from clearway.settings import Settings

if TYPE_CHECKING:
    from clearway.llm.providers.registry import Registry
    from clearway.llm.providers.routes import Route

CONFIGURED = "configured"
"""Id of the provider that CLEARWAY_MODEL and its key make up."""
OPENROUTER = "https://openrouter.ai/api/v1"
OPENAI = "https://api.openai.com/v1"
VENDOR = (".openai.com", ".azure.com")
"""Their newer models refuse `max_tokens`; other servers know nothing else."""
CONTEXT = 128_000
MAX_OUTPUT = 16_384


def model_named(settings: Settings) -> str | None:
    """Return the names of the models that plan, for the key of a kept plan; None without any."""
    keyed = settings.openai_api_key or settings.openrouter_api_key
    names = [settings.model] if keyed else []
    return " ".join([*names, *settings.models]) or None


def named_routes(
    settings: Settings, registry: Registry, environment: Mapping[str, str]
) -> dict[str, list[Route]]:
    """Return the configured model first, then the named providers that have what they need."""
    from clearway.llm.providers.routes import Environment, routes_of

    own = configured(settings)
    routes = {} if own is None else {CONFIGURED: [own]}
    for name in settings.models:
        found = routes_of(registry.named(name), Environment(environment))
        if isinstance(found, list):
            routes[name] = found
    return routes


def configured(settings: Settings) -> Route | None:
    """Return the model that CLEARWAY_MODEL and its key make up; None without a key."""
    openrouter = settings.openai_api_key is None
    key = settings.openrouter_api_key if openrouter else settings.openai_api_key
    if key is None:
        return None
    from clearway.llm.providers.registry import parse
    from clearway.llm.providers.routes import Route

    base_url = settings.model_base_url or (OPENROUTER if openrouter else OPENAI)
    endpoint = {"name": "main", "base_url": base_url}
    vendor = (urlsplit(base_url).hostname or "").endswith(VENDOR)
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
        "dialect": {"max_tokens": "max_completion_tokens" if vendor else "max_tokens"},
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


def _price(settings: Settings) -> dict[str, Decimal] | None:
    from clearway.llm.providers.prices import PRICES

    given = (settings.model_price_input, settings.model_price_output)
    listed = PRICES.get(settings.model.rpartition("/")[2], (None, None))
    price_input, price_output = given if None not in given else listed
    if price_input is None or price_output is None:
        return None
    return {"input": Decimal(str(price_input)), "output": Decimal(str(price_output))}
