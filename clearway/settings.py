"""Settings: every knob, its default and its bounds, read once by an entry point.

Environment variables carry the prefix `CLEARWAY_`; `.env` in the working directory is read too.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from difflib import get_close_matches
from pathlib import Path
from typing import Annotated, Literal
from zoneinfo import ZoneInfo, available_timezones

from platformdirs import user_data_path
from pydantic import (
    Field,
    SecretStr,
    ValidationError,
    ValidationInfo,
    field_validator,
)
from pydantic_settings import SettingsConfigDict

from clearway.errors import ConfigurationError
from clearway.model_settings import ModelSettings, Seconds, Share, alias


def _default_home() -> Path:
    """Per user. Root's is outside /root: Postgres runs as another account, which cannot enter."""
    if sys.platform != "win32" and os.geteuid() == 0:
        return Path("/var/lib/clearway")
    return user_data_path("clearway", appauthor=False)


class Settings(ModelSettings):
    """Every default works. A wrong value is an error naming the variable and what is allowed."""

    model_config = SettingsConfigDict(
        env_prefix="CLEARWAY_",
        env_file=".env",
        extra="ignore",
        frozen=True,
        populate_by_name=True,
        hide_input_in_errors=True,
        env_ignore_empty=True,
    )

    # Storage
    home: Path = Field(default_factory=_default_home)
    database_url: SecretStr | None = None
    warehouse_url: SecretStr | None = None
    warehouse_replica_url: SecretStr | None = Field(
        default=None, description="where statements run, if not on the warehouse itself"
    )
    source_id: str = Field(default="warehouse", pattern=r"^[a-z][a-z0-9_-]{0,62}$")
    catalog_path: Path | None = None
    pool_size: int = Field(default=8, ge=2, le=200)
    durability: Literal["exit", "async", "sync"] = "exit"

    # Plan cache
    redis_url: SecretStr | None = Field(
        default=None, validation_alias=alias("CLEARWAY_REDIS_URL", "REDIS_URL")
    )
    cache_ttl_s: float = Field(
        default=1800,
        gt=0,
        le=2_592_000,
        validation_alias=alias("CLEARWAY_CACHE_TTL_S", "CACHE_TTL"),
    )
    cache_max_bytes: int = Field(default=1_000_000, ge=1_000)
    redis_max_bytes: int = Field(default=256_000_000, ge=1_000_000)
    history_retention_days: float = Field(default=30, gt=0, le=3650)
    history_max_plans: int = Field(default=10_000, ge=1)

    # Maintenance, in the background of long-running processes and by `clearway maintain`
    background_maintenance: bool = True
    thread_retention_days: float = Field(default=30, gt=0, le=3650)
    thread_history_days: float = Field(default=7, gt=0, le=3650)
    audit_retention_days: float | None = Field(default=None, gt=0, le=36_500)
    feedback_retention_days: float | None = Field(default=365, gt=0, le=36_500)
    write_retention_days: float | None = Field(
        default=365,
        ge=1,
        le=36_500,
        description="of which requests wrote to a service; one approved later sends nothing",
    )

    # Asking
    confidence_threshold: Share = 0.7
    min_confidence_threshold: Share = 0.5
    calibration: Path | None = None
    max_question_chars: int = Field(
        default=10_000,
        ge=1,
        le=100_000,
        validation_alias=alias("CLEARWAY_MAX_QUESTION_CHARS", "MAX_INPUT_LENGTH"),
    )
    request_timeout_s: Seconds = 60.0
    clarify_rounds: int = Field(default=2, ge=0, le=5)
    repair_rounds: int = Field(default=2, ge=0, le=5)
    preview_rows: int = Field(default=20, ge=0, le=1000)
    timezone: str = "UTC"
    week_start: Literal["monday", "sunday", "saturday"] = "monday"
    fiscal_year_start_month: int = Field(default=1, ge=1, le=12)
    rate_limit_requests: int = Field(
        default=100,
        ge=1,
        validation_alias=alias("CLEARWAY_RATE_LIMIT_REQUESTS", "RATE_LIMIT_PER_USER"),
    )
    rate_limit_window_s: Seconds = 60.0
    rate_limit_store: Literal["auto", "process", "postgres", "redis"] = Field(
        default="auto",
        description="who counts requests: all processes, in Redis where there is one",
    )

    # SQL
    limit_mode: Literal["inject", "reject"] = "inject"
    strict_semicolons: bool = False
    row_limit: int = Field(default=1000, ge=1, le=1_000_000)
    result_bytes_limit: int = Field(default=10_000_000, ge=1_000)
    statement_timeout_s: Seconds = 30.0
    max_plan_cost: float = Field(default=5e5, gt=0)
    max_plan_rows: float = Field(default=5e7, gt=0)
    role_plan_costs: dict[str, Annotated[float, Field(gt=0)]] = Field(
        default={}, description="other ceilings of cost, by role; the highest of one's roles counts"
    )
    sql_functions: frozenset[str] = Field(
        default=frozenset(), description="functions allowed beside the standard ones"
    )
    costly_plan_cost: float = Field(
        default=20_000, gt=0, description="statements above it, in planner units, take turns"
    )
    costly_at_once: int = Field(
        default=2, ge=1, le=199, description="how many of those run at once; fewer than POOL_SIZE"
    )
    costly_waiting: int = Field(
        default=8, ge=0, le=1000, description="how many more wait; the rest are limited at once"
    )
    costly_wait_s: Seconds = Field(default=10.0, description="how long one waits for its turn")
    approval_plan_cost: float | None = Field(default=None, gt=0)
    allow_privileged_warehouse_role: bool = False

    # Services
    services_path: Path | None = Field(
        default=None, description="services.yaml; the demo service beside the demo data when unset"
    )

    # Faces
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = Field(
        default="WARNING", validation_alias=alias("CLEARWAY_LOG_LEVEL", "LOG_LEVEL")
    )
    api_keys_path: Path | None = None

    @field_validator("costly_at_once")
    @classmethod
    def _leaves_a_connection(cls, number: int, others: ValidationInfo) -> int:
        if number >= others.data.get("pool_size", number + 1):
            raise ValueError("fewer than CLEARWAY_POOL_SIZE, so that cheap statements can run")
        return number

    @field_validator("warehouse_replica_url")
    @classmethod
    def _copies_something(cls, url: SecretStr | None, others: ValidationInfo) -> SecretStr | None:
        if url is not None and others.data.get("warehouse_url") is None:
            raise ValueError("a replica needs CLEARWAY_WAREHOUSE_URL beside it")
        return url

    @field_validator("log_level", mode="before")
    @classmethod
    def _in_capitals(cls, level: object) -> object:
        return level.upper() if isinstance(level, str) else level

    @field_validator("timezone")
    @classmethod
    def _known_zone(cls, name: str) -> str:
        if name not in available_timezones():
            raise ValueError("an IANA time zone such as Europe/Paris")
        return name

    @property
    def limits_in(self) -> Literal["process", "postgres", "redis"]:
        """Who counts requests: of those that all processes share, Redis where there is one."""
        if self.rate_limit_store == "auto":
            return "postgres" if self.redis_url is None else "redis"
        return self.rate_limit_store

    @property
    def zone(self) -> ZoneInfo:
        """The asker's time zone; it resolves "today"."""
        return ZoneInfo(self.timezone)


def load_settings(**overrides: object) -> Settings:
    """Return the settings; raise `ConfigurationError` naming the variable and what is allowed."""
    _refuse_misspelt(os.environ)
    try:
        return Settings(**overrides)  # type: ignore[arg-type]  # validated by the model itself
    except ValidationError as error:
        raise ConfigurationError(*_explained(error)) from None


def _refuse_misspelt(environment: Mapping[str, str]) -> None:
    """A variable that is almost a setting is a mistake; others may be somebody else's.

    (Kubernetes adds `CLEARWAY_SERVICE_HOST` and the like by itself.)
    """
    known = {f"CLEARWAY_{name.upper()}" for name in Settings.model_fields}
    for name in environment:
        if not name.startswith("CLEARWAY_") or name in known:
            continue
        if near := get_close_matches(name, known, n=1, cutoff=0.9) or _in_short(name, known):
            raise ConfigurationError(f"{name} is not a setting; did you mean {near[0]}?")


def _in_short(name: str, known: set[str]) -> list[str]:
    """Return the shortest settings whose last words are all of a name's: THRESHOLD, TIMEOUT_S."""
    short = name.removeprefix("CLEARWAY_")
    return sorted((each for each in known if each.endswith(f"_{short}")), key=len)


def _explained(error: ValidationError) -> tuple[str]:
    """Return the first mistake in one sentence; a secret's value is never shown."""
    first = error.errors(include_url=False)[0]
    name = str(first["loc"][0])
    variable = name if name.isupper() else f"CLEARWAY_{name.upper()}"
    secret = "KEY" in variable or variable.endswith("_URL")
    value = "" if secret else f"={first['input']!r}"
    return (f"{variable}{value} is not allowed: {first['msg']}. Correct or unset it.",)
