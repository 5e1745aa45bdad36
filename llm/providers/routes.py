"""Routes: what can be called at all, given the environment's keys and addresses."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal

from pydantic import SecretStr

from clearway.errors import ConfigurationError
from clearway.llm.providers.prices import PRICES
from clearway.llm.providers.registry import Registry
from clearway.llm.providers.specs import Endpoint, Price, Provider, is_address

ALIASES = {
    "QWEN_BASE_URL": ("QWEN_API_BASE",),
    "LOCAL_BASE_URL": ("LOCAL_MODEL_URL",),
    "LOCAL_MODEL": ("LOCAL_MODEL_NAME",),
}
CONTEXTS = {"QWEN": "QWEN_MAX_CONTEXT"}
SIMULATED = "CLEARWAY_SIMULATED_PROVIDER"


@dataclass(frozen=True, kw_only=True)
class Route:
    """One model at one endpoint with one key: the unit that is tried, limited and measured."""

    provider: Provider
    endpoint: str
    """The endpoint's name, with `#2` for its second key."""
    base_url: str
    model: str
    price: Price | None
    residency: frozenset[str] = frozenset()
    key: SecretStr | None = field(default=None, repr=False)
    context: int
    context_declared: bool = True
    """False where the context is only a default: a longer prompt may fit all the same."""

    @property
    def name(self) -> str:
        """`provider/endpoint`, for records and messages."""
        return f"{self.provider.id}/{self.endpoint}"

    @property
    def place(self) -> str:
        """`provider/endpoint` whichever key it is asked with: what rules speak of."""
        return self.name.partition("#")[0]


@dataclass(frozen=True, kw_only=True)
class Unavailable:
    """A provider that cannot be called, and why, in words."""

    provider: Provider
    reason: str


class Environment:
    """The variables that name keys, addresses and models; the prefixed form wins."""

    def __init__(self, variables: Mapping[str, str]) -> None:
        """Keep the mapping; it is read when asked, never logged."""
        self._variables = variables

    def value(self, name: str) -> str | None:
        """Return a variable under its own name, with our prefix, or under another known name."""
        for known in (f"CLEARWAY_{name}", name, *ALIASES.get(name, ())):
            if found := self._variables.get(known, "").strip():
                return found
        return None

    def keys(self, endpoint: Endpoint, prefix: str | None) -> list[SecretStr]:
        """Return an endpoint's keys: those of the first variable that holds any."""
        own = f"{prefix}_API_KEY" if prefix else None
        for name in dict.fromkeys((*endpoint.keys, own) if own else endpoint.keys):
            if found := self.value(name):
                return [SecretStr(key.strip()) for key in found.split(",") if key.strip()]
        return []

    def switched_on(self, name: str) -> bool:
        """Return whether a switch is set to something that means yes."""
        return (self.value(name.removeprefix("CLEARWAY_")) or "").lower() in (
            "1",
            "true",
            "yes",
            "on",
        )


def routes_of(provider: Provider, environment: Environment) -> list[Route] | Unavailable:
    """Return the provider's routes in the order of its endpoints, or why it has none."""
    if provider.simulated is not None and not environment.switched_on(SIMULATED):
        return Unavailable(provider=provider, reason=f"it answers only with {SIMULATED}=1")
    routes: list[Route] = []
    missing: list[str] = []
    for endpoint in provider.endpoints:
        base_url, variable = _base_url(endpoint, provider, environment)
        keys = environment.keys(endpoint, provider.env)
        if base_url is None:
            missing.append(f"{provider.env or provider.id.upper()}_BASE_URL")
        elif endpoint.key_required and not keys:
            missing += endpoint.keys
        else:
            _check(base_url, variable)
            routes += _routes(provider, endpoint, base_url, keys, environment)
    if routes:
        return routes
    wanted = " or ".join(dict.fromkeys(missing)) or "a key"
    return Unavailable(provider=provider, reason=f"{wanted} is not set")


def all_routes(
    registry: Registry, environment: Environment
) -> tuple[dict[str, list[Route]], dict[str, Unavailable]]:
    """Return the routes of every provider that has any, and why the others have none."""
    open_, closed = {}, {}
    for provider in registry:
        found = routes_of(provider, environment)
        if isinstance(found, Unavailable):
            closed[provider.id] = found
        else:
            open_[provider.id] = found
    return open_, closed


def _routes(
    provider: Provider,
    endpoint: Endpoint,
    base_url: str,
    keys: list[SecretStr],
    environment: Environment,
) -> list[Route]:
    model = environment.value(f"{provider.env}_MODEL") if provider.env else None
    context = environment.value(CONTEXTS.get(provider.env or "", ""))
    given: list[SecretStr | None] = [*keys] or [None]
    return [
        Route(
            provider=provider,
            endpoint=endpoint.name if number == 1 else f"{endpoint.name}#{number}",
            base_url=base_url.rstrip("/"),
            model=model or endpoint.model or provider.model,
            price=_price(model, provider, endpoint),
            residency=endpoint.residency,
            key=key,
            context=int(context) if context and context.isdigit() else provider.context,
        )
        for number, key in enumerate(given, start=1)
    ]


def _price(chosen: str | None, provider: Provider, endpoint: Endpoint) -> Price | None:
    """Return the price; a model of the environment's choosing has one only where it is listed."""
    if chosen is None or chosen in (provider.model, endpoint.model):
        return endpoint.price or provider.price
    listed = PRICES.get(chosen.rpartition("/")[2])
    return Price(input=Decimal(str(listed[0])), output=Decimal(str(listed[1]))) if listed else None


def _base_url(
    endpoint: Endpoint, provider: Provider, environment: Environment
) -> tuple[str | None, str]:
    """Return where it listens, and the variable that says so, by provider or the vendor's key."""
    prefixes = [provider.env] if provider.env and len(provider.endpoints) == 1 else []
    prefixes += [key.removesuffix("_API_KEY") for key in endpoint.keys if key.endswith("_API_KEY")]
    for prefix in prefixes:
        if found := environment.value(f"{prefix}_BASE_URL"):
            return found, f"{prefix}_BASE_URL"
    return endpoint.base_url, ""


def _check(base_url: str, variable: str) -> None:
    """Raise `ConfigurationError` for an address of the environment's nobody can be called at."""
    if variable and not is_address(base_url):
        shown = "" if "@" in base_url else f"={base_url}"  # there may be a password in it
        raise ConfigurationError(
            f"{variable}{shown} is no address: it begins with http:// or https:// and has a host.",
            variable=variable,
        )
