"""Settings: every default works, and a wrong value names its variable."""

from __future__ import annotations

import pytest

from clearway.errors import ConfigurationError
from clearway.settings import Settings, load_settings

pytestmark = pytest.mark.unit


def test_nothing_needs_to_be_set() -> None:
    assert Settings(_env_file=None).confidence_threshold == 0.7  # type: ignore[call-arg]


@pytest.mark.parametrize(
    ("variable", "value", "allowed"),
    [
        ("CLEARWAY_ROW_LIMIT", "many", "integer"),
        ("CLEARWAY_CONFIDENCE_THRESHOLD", "1.5", "less than or equal to 1"),
        ("CLEARWAY_DURABILITY", "maybe", "'exit'"),
        ("CLEARWAY_TIMEZONE", "Mars/Olympus", "IANA"),
    ],
)
def test_a_wrong_value_names_variable_value_and_what_is_allowed(
    monkeypatch: pytest.MonkeyPatch, variable: str, value: str, allowed: str
) -> None:
    monkeypatch.setenv(variable, value)
    with pytest.raises(ConfigurationError) as caught:
        load_settings()
    assert variable in caught.value.message
    assert value in caught.value.message
    assert allowed in caught.value.message


@pytest.mark.parametrize(
    "name", ["CLEARWAY_CONFIDENCE_TRESHOLD", "CLEARWAY_ROW_LIMITS", "CLEARWAY_THRESHOLD"]
)
def test_a_misspelt_setting_is_a_mistake(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.setenv(name, "1")
    with pytest.raises(ConfigurationError, match=f"{name} is not a setting; did you mean"):
        load_settings()


def test_a_variable_of_somebody_else_is_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CLEARWAY_SERVICE_HOST", "10.0.0.7")
    assert load_settings().row_limit == 1000


def test_secrets_are_not_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-very-secret")
    monkeypatch.setenv("CLEARWAY_DATABASE_URL", "postgresql://me:hunter2@host/db")
    settings = load_settings()
    assert settings.openai_api_key is not None
    assert "sk-very-secret" not in repr(settings)
    assert "hunter2" not in repr(settings)


@pytest.mark.parametrize(
    ("variables", "personal", "secrets"),
    [
        ({}, True, True),
        ({"BLOCK_PII": "false"}, False, True),
        ({"CLEARWAY_BLOCK_SECRETS": "0"}, True, False),
        ({"ENABLE_GUARDRAILS": "no"}, False, False),
        ({"ENABLE_GUARDRAILS": "no", "BLOCK_PII": "yes"}, False, False),
    ],
)
def test_guardrails_are_on_unless_switched_off(
    monkeypatch: pytest.MonkeyPatch, variables: dict[str, str], personal: bool, secrets: bool
) -> None:
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    settings = load_settings()
    assert (settings.hides_personal, settings.hides_secrets) == (personal, secrets)


def test_limits_of_texts_have_their_other_names(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MAX_INPUT_LENGTH", "5000")
    monkeypatch.setenv("MAX_OUTPUT_LENGTH", "6000")
    settings = load_settings()
    assert (settings.max_question_chars, settings.max_output_chars) == (5000, 6000)


def test_what_gateways_call_things_works_for_models(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in (
        ("DEFAULT_PROVIDER", "gpt-5.1"),
        ("DEFAULT_MAX_TOKENS", "900"),
        ("DEFAULT_TEMPERATURE", "0.2"),
        ("DEFAULT_TOP_P", "0.9"),
        ("DEFAULT_TIMEOUT", "12"),
        ("RATE_LIMIT_PER_MINUTE", "60"),
        ("CLEARWAY_USER_DAILY_BUDGET_USD", "off"),
    ):
        monkeypatch.setenv(name, value)
    found = load_settings()
    assert (found.default_provider, found.default_max_tokens) == ("gpt-5.1", 900)
    assert (found.default_temperature, found.default_top_p) == (0.2, 0.9)
    assert (found.model_timeout_s, found.model_address_requests) == (12, 60)
    assert found.user_daily_budget_usd is None


def test_the_example_lists_every_setting() -> None:
    import os
    from pathlib import Path

    root = Path(os.environ.get("CLEARWAY_CHECKOUT", Path(__file__).resolve().parents[3]))
    listed = (root / ".env.example").read_text("utf-8")
    for name, field in Settings.model_fields.items():
        alias = field.validation_alias
        names = [str(choice) for choice in alias.choices] if alias else [f"CLEARWAY_{name.upper()}"]  # type: ignore[union-attr]
        assert any(f"{known}=" in listed for known in names), name


def test_other_systems_names_are_understood(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {"LOG_LEVEL": "info", "CACHE_TTL": "60", "DEFAULT_TOP_P": ".9"}.items():
        monkeypatch.setenv(name, value)
    settings = load_settings()
    assert settings.log_level == "INFO"
    assert (settings.cache_ttl_s, settings.default_top_p) == (60, 0.9)
