"""What is declared of a provider: models, endpoints, prices, strengths, limits; plain data."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Annotated, Literal, Self
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator

from clearway.llm.ports import Sensitivity

Task = Literal[
    "sql_generation",
    "python_code",
    "yaml_config",
    "explanation",
    "optimization",
    "debugging",
    "analysis",
    "schema_design",
    "data_modeling",
    "transformation",
]
Feature = Literal["json", "functions", "streaming", "vision", "rag"]
FailureKind = Literal["429", "500", "503", "reset", "silent", "slow", "cut", "malformed", "refusal"]

Name = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9._-]{0,62}$")]
Variable = Annotated[str, StringConstraints(pattern=r"^[A-Z][A-Z0-9_]{0,62}$")]
Share = Annotated[float, Field(ge=0, le=1)]
Usd = Annotated[Decimal, Field(ge=0, le=100_000)]

CLEARANCES: tuple[Sensitivity, ...] = ("public", "internal", "confidential", "restricted")
"""From the least sensitive to the most."""


class Spec(BaseModel):
    """A frozen part of a provider file; a word it does not know is a mistake, not a comment."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class Rates(Spec):
    """USD per million tokens; `cached` is for prompt tokens the vendor kept, `input` without it."""

    input: Usd
    output: Usd
    cached: Usd | None = None


class LongRates(Rates):
    """The rates of prompts with more tokens than `above`."""

    above: int = Field(ge=1)


class Price(Rates):
    """What a call costs, and what one with a long prompt does where that differs."""

    long: LongRates | None = None

    def rates(self, prompt_tokens: int) -> Rates:
        """Return the rates a prompt of this length is billed at, whole."""
        return self if self.long is None or prompt_tokens <= self.long.above else self.long


class Limits(Spec):
    """What the vendor allows in any minute; None: not declared."""

    requests_per_minute: int | None = Field(default=None, ge=1)
    tokens_per_minute: int | None = Field(default=None, ge=1)


class Dialect(Spec):
    """Where an endpoint departs from the common form of a chat request."""

    max_tokens: Literal["max_tokens", "max_completion_tokens"] = "max_tokens"
    drops: tuple[str, ...] = ()
    """Parameters it refuses, which are left out."""
    usage_in_streams: bool = True
    """It understands `stream_options.include_usage`."""


class Simulation(Spec):
    """How the simulated provider behaves."""

    seed: int = 42
    failure_rate: Share = 0.1
    latency_ms: float = Field(default=50.0, ge=0, le=60_000)
    failures: tuple[FailureKind, ...] = ("429", "500", "503", "reset")


def is_address(base_url: str) -> bool:
    """Return whether somebody can be called there; what adapters call has a form of its own."""
    try:
        parts = urlsplit(base_url)
        named = bool(parts.hostname) and parts.port != 0
    except ValueError:
        return False
    plain = parts.scheme in ("http", "https")
    return bool(parts.scheme) and "://" in base_url and (named or not plain)


class Endpoint(Spec):
    """One place a model is served; what it does not say itself holds as its provider says it."""

    name: Name
    base_url: str | None = None
    """None: the environment must say it (`<PROVIDER>_BASE_URL`)."""
    keys: tuple[Variable, ...] = ()
    """Environment variables that may hold a key, first found wins; commas part several keys."""
    key_required: bool = True
    model: str | None = None
    price: Price | None = None
    residency: frozenset[str] = frozenset()

    @model_validator(mode="after")
    def _url(self) -> Self:
        if self.base_url is not None and not is_address(self.base_url):
            raise ValueError("base_url begins with http:// or https:// and has a host")
        return self


class Provider(Spec):
    """One entry of the file: a model family with a price, wherever it is served."""

    id: Name
    name: str = ""
    env: Variable | None = None
    """Prefix of the variables that override it: <ENV>_MODEL, <ENV>_BASE_URL, <ENV>_API_KEY."""
    model: str = Field(min_length=1)
    retired: date | None = None
    """The vendor no longer serves it; used only where it is asked for by name."""
    priority: int = Field(default=1, ge=0, le=100)
    price: Price | None = None
    """None: unknown, so it is never used under a budget."""
    context: int = Field(ge=1)
    max_output: int = Field(ge=1)
    features: frozenset[Feature] = frozenset()
    dialect: Dialect = Dialect()
    latency_ms: float = Field(gt=0)
    reliability: Share
    strengths: dict[Task, Share] = Field(default_factory=dict)
    """A task it does not name counts as 0.5."""
    limits: Limits = Limits()
    clearance: Sensitivity = "internal"
    breaker: Name = "gateway"
    weight: float = Field(default=1.0, ge=0, le=100)
    """Multiplies its score."""
    spend_ceiling_usd: Usd | None = None
    """Most that may be spent on it in a day."""
    latency_ceiling_ms: float | None = Field(default=None, gt=0)
    """Measured slower than this, it is left out."""
    warning_ratio: Share | None = None
    """From this share of a budget on, cheaper models follow it; None: as the router is set."""
    cache_ttl_s: float | None = Field(default=None, ge=0)
    """How long its replies are kept for the same request; 0: not; None: as the router is set."""
    simulated: Simulation | None = None
    endpoints: tuple[Endpoint, ...] = Field(min_length=1)

    @model_validator(mode="after")
    def _one_name_each(self) -> Self:
        names = [endpoint.name for endpoint in self.endpoints]
        if len(set(names)) < len(names):
            raise ValueError("endpoints of one provider have different names")
        return self

    def cleared_for(self, sensitivity: Sensitivity) -> bool:
        """Return whether data this sensitive may be sent to it."""
        return CLEARANCES.index(self.clearance) >= CLEARANCES.index(sensitivity)
