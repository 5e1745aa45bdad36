"""The file `clearway llm serve` reads: providers, names clients may ask for, limits."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, SecretStr, ValidationError, field_validator

from clearway.errors import ConfigurationError
from clearway.llm.artifacts.settings import ArtifactSettings, Step
from clearway.llm.calls.patience import Patience
from clearway.llm.choice.score import weights_of
from clearway.llm.files import mapping_of, text_of, told
from clearway.llm.limits import SWIFT, RouterSettings
from clearway.llm.ports import BreakerProfile
from clearway.llm.providers.registry import Registry, check_ids, parse
from clearway.llm.providers.routes import Environment, Route
from clearway.llm.providers.specs import is_address
from clearway.llm.types import StreamMode
from clearway.resilience.breaker import PROFILES

DEFAULTS: Mapping[str, Any] = {
    "context": 128_000,
    "max_output": 16_384,
    "latency_ms": 1_000,
    "reliability": 0.95,
    "breaker": "swift",
    "clearance": "restricted",
    "features": ["json", "functions", "streaming", "vision", "rag"],
}
"""What a provider of the file has that does not say otherwise: whoever lists it, wants it used."""
OWN = ("base_url", "api_key", "api_key_env", "residency")


class Part(BaseModel):
    """A frozen part of the file; a word it does not know is a mistake."""

    model_config = ConfigDict(
        frozen=True, extra="forbid", hide_input_in_errors=True, allow_inf_nan=False
    )


class Timeouts(Part):
    """Seconds; each is cut short by `total_s`, which all attempts of a request share."""

    total_s: float = Field(default=30.0, gt=0, le=3600)
    connect_s: float = Field(default=5.0, gt=0, le=600)
    attempt_s: float | None = Field(default=None, gt=0, le=3600)
    first_token_s: float = Field(default=10.0, gt=0, le=3600)
    idle_s: float = Field(default=10.0, gt=0, le=3600)
    settle_s: float = Field(default=1.0, gt=0, le=60)


class Breaker(Part):
    """The circuit of providers that name no profile; what is left out is as `swift` has it."""

    consecutive: int | None = Field(default=SWIFT.consecutive, ge=1)
    failure_rate: float | None = Field(default=SWIFT.failure_rate, gt=0, le=1)
    minimum_calls: int = Field(default=SWIFT.minimum_calls, ge=1)
    window_s: float = Field(default=SWIFT.window_s, gt=0)
    recovery_s: float = Field(default=SWIFT.recovery_s, gt=0)
    successes_to_close: int = Field(default=SWIFT.successes_to_close, ge=1)
    adaptive: bool = False
    """Let the rate that opens it follow the endpoint's own usual rate."""


class Limits(Part):
    """Requests and tokens in `window_s`; None: no limit."""

    user_requests: int | None = Field(default=None, ge=1)
    user_tokens: int | None = Field(default=None, ge=1)
    address_requests: int | None = Field(default=None, ge=1)
    address_tokens: int | None = Field(default=None, ge=1)
    global_requests: int | None = Field(default=None, ge=1)
    global_tokens: int | None = Field(default=None, ge=1)
    window_s: float = Field(default=60.0, gt=0)


class Budgets(Part):
    """USD; None: no budget."""

    user_day_usd: Decimal | None = Field(default=None, gt=0)
    tenant_day_usd: Decimal | None = Field(default=None, gt=0)
    tenant_month_usd: Decimal | None = Field(default=None, gt=0)
    global_day_usd: Decimal | None = Field(default=None, gt=0)


class Sharing(Part):
    """One reply for several requests of one user, streams and those left to chance aside."""

    at_once: bool = True
    """The same request at the same time is one call."""
    ttl_s: float | None = Field(default=None, gt=0, le=2_592_000)
    """How long a reply answers the same request again; None: it does not."""
    max_entries: int = Field(default=128, ge=1)
    scope: Literal["user", "tenant", "all"] = "user"


class Guards(Part):
    """What models do not see; None: as the settings say. A policy may ask for more."""

    personal: bool | None = None
    secrets: bool | None = None
    answers: bool = True
    """Look at what models answer as well; their callers' own values are put back."""
    lengths: bool | None = None
    input_chars: int | None = Field(default=None, ge=1)
    """Of one message of a user, schemas in it aside."""
    output_chars: int | None = Field(default=None, ge=1)


class Artifacts(Part):
    """How artifacts are made."""

    fallbacks: tuple[Step, ...] = tuple(ArtifactSettings.fallbacks)
    """In place of what the first choice could not make; empty: nothing stands in."""
    lengths: bool = True
    """Off: however long, as far as the router lets it be."""
    input_chars: int | None = Field(default=None, ge=1)
    """Of an intent, schemas in it aside; None: as the guards say."""
    output_chars: int | None = Field(default=None, ge=1)
    cache: bool = True
    """What was made answers the same request again, for `ttl_s`."""
    ttl_s: float = Field(default=ArtifactSettings.ttl_s, gt=0, le=2_592_000)

    @field_validator("fallbacks")
    @classmethod
    def _each_once(cls, fallbacks: tuple[Step, ...]) -> tuple[Step, ...]:
        if len(set(fallbacks)) < len(fallbacks):
            raise ValueError("each step is there once at most")
        return fallbacks

    def settings(self, input_chars: int | None, output_chars: int | None) -> ArtifactSettings:
        """Return what they are made with, beside these lengths of the guards."""
        return ArtifactSettings(
            fallbacks=self.fallbacks,
            input_chars=(self.input_chars or input_chars) if self.lengths else None,
            output_chars=(self.output_chars or output_chars) if self.lengths else None,
            ttl_s=self.ttl_s if self.cache else 0,
        )


class MetricsAt(Part):
    """Whether and where numbers are shown; None: as ENABLE_METRICS and METRICS_PORT say."""

    enabled: bool | None = None
    port: int | None = Field(default=None, ge=1, le=65535)
    """A port of their own; None and no METRICS_PORT: beside everything else."""

    def resolved(self, environment: Environment) -> tuple[bool, int | None]:
        """Return both; raise `ConfigurationError` for a port that is none."""
        said = environment.value("METRICS_PORT")
        if said is not None and not (said.isdigit() and 0 < int(said) < 65536):
            raise ConfigurationError(f"METRICS_PORT={said} is no port: 1 to 65535.")
        off = (environment.value("ENABLE_METRICS") or "").lower() in ("0", "false", "no", "off")
        enabled = not off if self.enabled is None else self.enabled
        return enabled, (self.port or (int(said) if said else None)) if enabled else None


class ServeConfig(Part):
    """The file as a whole. Without `providers`, those of the registry that have keys are served."""

    providers: tuple[dict[str, Any], ...] = ()
    routes: dict[str, tuple[str, ...]] = Field(default_factory=dict)
    """A name clients may ask for -> providers in the order they are tried."""
    timeouts: Timeouts = Timeouts()
    breaker: Breaker = Breaker()
    limits: Limits = Limits()
    budgets: Budgets = Budgets()
    sharing: Sharing = Sharing()
    guards: Guards = Guards()
    artifacts: Artifacts = Artifacts()
    metrics: MetricsAt = MetricsAt()
    policy: Path | None = None
    """Rules that say which models may see what; None: as the settings say, or ours."""
    weights: dict[str, float] = Field(default_factory=dict)
    """What the terms of the score count, where no order is given."""
    max_attempts: int = Field(default=4, ge=1, le=20)
    hedge_after_s: float | None = Field(default=None, gt=0, le=3600)
    """Ask the next provider as well when the first is still silent then, whole answers only."""
    stream_mode: StreamMode = "complete"
    on_no_candidates: Literal["wait", "error"] = "wait"

    @field_validator("weights")
    @classmethod
    def _known_terms(cls, weights: dict[str, float]) -> dict[str, float]:
        weights_of(weights)
        return weights

    def settings(self) -> RouterSettings:
        """Return what the router is set to."""
        waits = self.timeouts
        return RouterSettings(
            deadline_s=waits.total_s,
            max_attempts=self.max_attempts,
            hedge_after_s=self.hedge_after_s,
            max_tokens=None,
            on_no_candidates=self.on_no_candidates,
            patience=Patience(
                connect_s=waits.connect_s,
                attempt_s=waits.attempt_s,
                first_token_s=waits.first_token_s,
                idle_s=waits.idle_s,
                settle_s=waits.settle_s,
            ),
            breakers={**PROFILES, "swift": BreakerProfile(**self.breaker.model_dump())},
            weights=weights_of(self.weights),
            cache_ttl_s=self.sharing.ttl_s,
            cache_scope=self.sharing.scope,
            share_flights=self.sharing.at_once,
            **self.limits.model_dump(),
            **self.budgets.model_dump(),
        )


def load_config(path: Path) -> ServeConfig:
    """Return the file; raise `ConfigurationError` naming the place and what is allowed."""
    source = str(path)
    document = mapping_of(text_of(path, source), source)
    try:
        config = ServeConfig.model_validate(document)
    except ValidationError as error:
        first, wrong = told(error)
        where = ".".join(str(part) for part in first["loc"] if part != "[key]")
        raise ConfigurationError(f"{path}: {where}: {wrong}.", file=source, path=where) from None
    check_ids(config.providers, source)
    return config


def served(
    config: ServeConfig, source: str, environment: Mapping[str, str]
) -> tuple[Registry, dict[str, list[Route]]]:
    """Return the file's own providers and their routes, in its order."""
    routes: dict[str, list[Route]] = {}
    for entry in config.providers:
        route = _route(entry, source, Environment(environment))
        routes[route.provider.id] = [route]
    return Registry(route.provider for (route,) in routes.values()), routes


def _route(entry: Mapping[str, Any], source: str, environment: Environment) -> Route:
    base_url = entry.get("base_url")
    if not isinstance(base_url, str) or not is_address(base_url):
        raise ConfigurationError(
            f"{source}: provider {entry['id']!r} needs a base_url that begins with "
            "http:// or https:// (up to and including /v1)."
        )
    if "endpoints" in entry:
        raise ConfigurationError(
            f"{source}: provider {entry['id']!r}, endpoints: here a provider has one base_url; "
            "list a second one under an id of its own."
        )
    declared = {key: value for key, value in entry.items() if key not in OWN}
    endpoint: dict[str, Any] = {"name": "main", "base_url": base_url, "key_required": False}
    if "residency" in entry:
        endpoint["residency"] = entry["residency"]
    provider = parse({**DEFAULTS, **declared, "endpoints": [endpoint]}, source)
    return Route(
        provider=provider,
        endpoint="main",
        base_url=base_url.rstrip("/"),
        model=provider.model,
        price=provider.price,
        residency=provider.endpoints[0].residency,
        key=_key(entry, source, environment),
        context=provider.context,
        context_declared="context" in entry,
    )


def _key(entry: Mapping[str, Any], source: str, environment: Environment) -> SecretStr | None:
    for word in ("api_key", "api_key_env"):
        if not isinstance(entry.get(word), str | None):
            raise ConfigurationError(
                f"{source}: provider {entry['id']!r}, {word}: a text is wanted; put it in quotes."
            )
    if variable := entry.get("api_key_env"):
        found = environment.value(variable)
        if found is None:
            raise ConfigurationError(
                f"{source}: provider {entry['id']!r} names {variable}, which is not set."
            )
        return SecretStr(found)
    return SecretStr(entry["api_key"]) if entry.get("api_key") else None


def check_routes(config: ServeConfig, known: Collection[str], source: str) -> None:
    """Raise `ConfigurationError` for a name that stands for a provider there is not."""
    for name, order in config.routes.items():
        for provider in order:
            if provider not in known:
                raise ConfigurationError(
                    f"{source}: routes.{name}: there is no provider {provider!r}; "
                    f"there are {', '.join(known)}."
                )
