"""Settings of what has to do with models: which, how long, for how much, and what they may see."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Annotated, Literal

from pydantic import AliasChoices, Field, SecretStr, field_validator
from pydantic_settings import BaseSettings

Seconds = Annotated[float, Field(gt=0, le=3600)]
Share = Annotated[float, Field(ge=0, le=1)]


def alias(*names: str) -> AliasChoices:
    """Return the names a variable goes by: ours, and those other systems gave it."""
    return AliasChoices(*names)


class ModelSettings(BaseSettings):
    """Every default works; `Settings` adds the rest."""

    # Model
    model: str = Field(default="gpt-5.1", validation_alias=alias("CLEARWAY_MODEL", "OPENAI_MODEL"))
    model_base_url: str | None = Field(
        default=None,
        validation_alias=alias("CLEARWAY_MODEL_BASE_URL", "OPENAI_BASE_URL", "OPENROUTER_BASE_URL"),
    )
    openai_api_key: SecretStr | None = Field(
        default=None, validation_alias=alias("CLEARWAY_OPENAI_API_KEY", "OPENAI_API_KEY")
    )
    openrouter_api_key: SecretStr | None = Field(
        default=None, validation_alias=alias("CLEARWAY_OPENROUTER_API_KEY", "OPENROUTER_API_KEY")
    )
    model_timeout_s: float = Field(
        default=30.0,
        gt=0,
        le=3600,
        validation_alias=alias("CLEARWAY_MODEL_TIMEOUT_S", "DEFAULT_TIMEOUT"),
    )
    model_samples: int = Field(default=1, ge=1, le=9)
    model_logprobs: bool = False
    model_price_input: float | None = Field(default=None, ge=0, description="USD per 1e6 tokens")
    model_price_output: float | None = Field(default=None, ge=0, description="USD per 1e6 tokens")

    max_output_chars: int = Field(
        default=50_000,
        ge=1_000,
        le=1_000_000,
        validation_alias=alias("CLEARWAY_MAX_OUTPUT_CHARS", "MAX_OUTPUT_LENGTH"),
    )

    policy_path: Path | None = None
    providers_path: Path | None = None
    models: tuple[str, ...] = Field(
        default=(), description="providers that stand in for the model, in this order"
    )
    breaker_failures: int = Field(
        default=5,
        ge=1,
        validation_alias=alias("CLEARWAY_BREAKER_FAILURES", "CIRCUIT_BREAKER_FAILURE_THRESHOLD"),
    )
    breaker_recovery_s: float = Field(
        default=30.0,
        gt=0,
        le=3600,
        validation_alias=alias("CLEARWAY_BREAKER_RECOVERY_S", "CIRCUIT_BREAKER_RECOVERY_TIMEOUT"),
    )
    default_provider: str | None = Field(
        default=None,
        validation_alias=alias("CLEARWAY_DEFAULT_PROVIDER", "DEFAULT_PROVIDER"),
        description="the provider that is favoured where the score decides",
    )
    default_max_tokens: int = Field(
        default=4096,
        ge=1,
        le=1_000_000,
        validation_alias=alias("CLEARWAY_DEFAULT_MAX_TOKENS", "DEFAULT_MAX_TOKENS"),
        description="what a model may write where the request does not say",
    )
    default_temperature: float | None = Field(
        default=None,
        ge=0,
        le=2,
        validation_alias=alias("CLEARWAY_DEFAULT_TEMPERATURE", "DEFAULT_TEMPERATURE"),
        description="left to the model when unset: some refuse to be told",
    )
    default_top_p: float | None = Field(
        default=None,
        gt=0,
        le=1,
        validation_alias=alias("CLEARWAY_DEFAULT_TOP_P", "DEFAULT_TOP_P"),
    )
    user_daily_budget_usd: Decimal | None = Field(default=Decimal(1), gt=0)
    unknown_price_input: Decimal = Field(
        default=Decimal(15), ge=0, description="USD per 1e6 tokens, for models that are not listed"
    )
    unknown_price_output: Decimal = Field(default=Decimal(75), ge=0)
    daily_budget_usd: Decimal | None = Field(default=None, gt=0)
    tenant_daily_budget_usd: Decimal | None = Field(default=None, gt=0)
    tenant_monthly_budget_usd: Decimal | None = Field(default=None, gt=0)
    budget_warning_ratio: Share = Field(
        default=0.8, description="from this share of a budget on cheaper models are asked first"
    )
    daily_ceiling_usd: Decimal | None = Field(
        default=None, gt=0, description="reached, it alerts and makes cheaper models come first"
    )
    provider_ceilings_usd: dict[str, Annotated[Decimal, Field(gt=0)]] = Field(
        default={}, description="the same for single providers"
    )
    alert_webhook_url: SecretStr | None = Field(
        default=None, description="is told of ceilings that are reached, as the log is"
    )
    model_address_requests: int | None = Field(
        default=None,
        ge=1,
        validation_alias=alias("CLEARWAY_MODEL_ADDRESS_REQUESTS", "RATE_LIMIT_PER_MINUTE"),
        description="of one anonymous address, in MODEL_WINDOW_S",
    )
    model_user_requests: int | None = Field(default=None, ge=1)
    model_user_tokens: int | None = Field(default=None, ge=1)
    model_requests: int | None = Field(
        default=None, ge=1, description="of all users together, in MODEL_WINDOW_S"
    )
    model_tokens: int | None = Field(default=None, ge=1)
    model_window_s: Seconds = 60.0
    model_hedge_after_s: Seconds | None = Field(
        default=None, description="ask the next model as well when the first is still silent then"
    )
    model_sensitivity: Literal["public", "internal", "confidential", "restricted"] = Field(
        default="internal", description="of what models are told; the policy goes by it"
    )
    model_residency: frozenset[str] = Field(
        default=frozenset(), description="regions it may go to, such as eu; any when empty"
    )
    smart_routing: bool = Field(
        default=False,
        validation_alias=alias("CLEARWAY_SMART_ROUTING", "ENABLE_SMART_ROUTING"),
        description="ask the best of the models by score, not in their order",
    )
    model_weights: dict[str, Annotated[float, Field(ge=0, le=100)]] = Field(
        default={}, description="what the terms of the score count"
    )
    model_cache_ttl_s: float | None = Field(
        default=None, gt=0, le=2_592_000, description="how long replies are kept; plans are anyway"
    )
    model_cache_entries: int = Field(default=128, ge=1)
    model_cache_scope: Literal["user", "tenant"] = "user"
    share_model_calls: bool = Field(
        default=True, description="the same prompt of one user at the same time is one call"
    )
    ledger_retention_days: float | None = Field(default=365, gt=0, le=36_500)
    tokenizer_dir: Path | None = Field(
        default=None, description="folder with tokenizer data, such as o200k_base.tiktoken"
    )
    simulated_provider: bool = False

    # Guardrails, for prompts and answers; records and logs are always redacted
    enable_guardrails: bool = Field(
        default=True,
        validation_alias=alias("CLEARWAY_ENABLE_GUARDRAILS", "ENABLE_GUARDRAILS"),
    )
    block_pii: bool = Field(default=True, validation_alias=alias("CLEARWAY_BLOCK_PII", "BLOCK_PII"))
    block_secrets: bool = Field(
        default=True, validation_alias=alias("CLEARWAY_BLOCK_SECRETS", "BLOCK_SECRETS")
    )

    # Embeddings
    embedding_model_dir: Path | None = None
    embedding_url: str | None = None
    embedding_api_key: SecretStr | None = None
    embedding_model: str = "text-embedding-3-small"
    embedding_dimensions: int = Field(default=384, ge=8, le=8192)

    @field_validator("user_daily_budget_usd", mode="before")
    @classmethod
    def _off(cls, amount: object) -> object:
        return None if amount in ("off", "none") else amount

    @property
    def hides_personal(self) -> bool:
        """Whether prompts and answers are kept free of personal data."""
        return self.enable_guardrails and self.block_pii

    @property
    def hides_secrets(self) -> bool:
        """Whether questions, prompts and answers are kept free of secrets."""
        return self.enable_guardrails and self.block_secrets
