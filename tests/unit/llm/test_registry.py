from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest

from clearway.errors import ConfigurationError
from clearway.llm.providers.registry import load_registry

pytestmark = pytest.mark.unit

ELEVEN = (
    "qwen3-coder",
    "claude-3.5-sonnet",
    "gpt-4-turbo",
    "gemini-pro",
    "codestral",
    "deepseek-coder",
    "command-r-plus",
    "local",
    "codet5",
    "openai-legacy",
    "anthropic-legacy",
)


def test_the_eleven_and_their_company_are_declared() -> None:
    registry = load_registry()
    beside = {"openrouter", "mistral", "gpt-5.1"}
    assert {*ELEVEN} | beside <= {provider.id for provider in registry}
    assert [registry.named(id_).priority for id_ in ELEVEN[:6]] == [10, 9, 8, 7, 6, 5]
    hosts = [endpoint.name for endpoint in registry.named("qwen3-coder").endpoints]
    assert hosts == ["together", "openrouter", "deepinfra"]


def test_every_strength_is_declared_for_every_task() -> None:
    tasks = {frozenset(provider.strengths) for provider in load_registry()}
    assert len(tasks) == 1
    assert len(next(iter(tasks))) == 10


def test_an_unknown_provider_is_an_error_that_names_those_there_are() -> None:
    with pytest.raises(ConfigurationError, match=r"no provider 'gpt-9'.*gpt-4-turbo"):
        load_registry().named("gpt-9")


def test_a_file_changes_what_it_names_and_adds_the_rest(tmp_path: Path) -> None:
    own = tmp_path / "own.yaml"
    own.write_text("""
version: 1
providers:
  - id: qwen3-coder
    price: {input: "1", output: "2"}
    strengths: {explanation: 0.1}
    endpoints:
      - {name: together, base_url: "https://proxy.test/v1"}
      - {name: inhouse, base_url: "http://10.0.0.9/v1", key_required: false}
  - id: house
    model: house-7b
    context: 8192
    max_output: 1024
    latency_ms: 300
    reliability: 0.9
    endpoints: [{name: house, base_url: "http://10.0.0.8/v1", key_required: false}]
""")
    registry = load_registry(own)
    qwen = registry.named("qwen3-coder")
    assert qwen.price is not None
    assert qwen.price.output == Decimal(2)
    assert (qwen.strengths["explanation"], qwen.strengths["sql_generation"]) == (0.1, 0.95)
    assert [endpoint.name for endpoint in qwen.endpoints] == [
        "together",
        "openrouter",
        "deepinfra",
        "inhouse",
    ]
    assert qwen.endpoints[0].base_url == "https://proxy.test/v1"
    assert qwen.endpoints[0].keys == ("TOGETHER_API_KEY", "QWEN_API_KEY")
    assert registry.named("house").breaker == "gateway"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("providers: [", "line [12]: this is not YAML"),
        ("version: 1", "a list `providers:`"),
        ("version: 9\nproviders: []", "`version: 1`"),
        ("providers:\n  - model: x", "entry 1 of providers has no id"),
        (
            "providers:\n  - {id: local, reliability: 2}",
            r"provider 'local', reliability \(2\): Input should be less than or equal to 1",
        ),
        (
            "providers:\n  - {id: local, prise: 2}",
            r"provider 'local', prise \(2\): Extra inputs are not permitted",
        ),
        (
            "providers:\n  - {id: local, api_key: sk-top-secret}",
            r"provider 'local', api_key: Extra inputs are not permitted",
        ),
        ("providers:\n  - {id: a}\n  - {id: a}", r"entries 1 and 2 of providers have one id"),
        (
            "providers:\n  - {id: local, endpoints: [{name: [x]}]}",
            r"provider 'local', endpoints.1.name: a text is wanted, not a list",
        ),
        ("version: 1\nprovider: x\nproviders: []", "provider: there are only `version:`"),
        (
            "providers:\n  - {id: local, endpoints: [{name: x, base_url: 'http://h:port'}]}",
            r"endpoints.1.*base_url begins with http",
        ),
        ("providers:\n  - {id: mine}", r"provider 'mine', model: Field required"),
        (
            "providers:\n  - {id: local, endpoints: [{name: x, base_url: nowhere}]}",
            r"endpoints.1.*base_url begins with http",
        ),
    ],
)
def test_a_mistake_names_file_place_and_what_is_allowed(
    tmp_path: Path, text: str, said: str
) -> None:
    own = tmp_path / "own.yaml"
    own.write_text(text)
    with pytest.raises(ConfigurationError, match=rf"own\.yaml.*{said}"):
        load_registry(own)


def test_a_file_that_is_not_there_is_named_with_its_variable(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match=r"CLEARWAY_PROVIDERS_PATH=.*none\.yaml"):
        load_registry(tmp_path / "none.yaml")
