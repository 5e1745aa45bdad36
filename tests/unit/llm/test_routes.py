from __future__ import annotations

import pytest

from clearway.errors import ConfigurationError
from clearway.llm.providers.registry import load_registry
from clearway.llm.providers.routes import Environment, Route, Unavailable, all_routes, routes_of

pytestmark = pytest.mark.unit


def routes(provider_id: str, **variables: str) -> list[Route]:
    found = routes_of(load_registry().named(provider_id), Environment(variables))
    assert isinstance(found, list)
    return found


def test_without_keys_nothing_is_available_and_each_says_what_it_wants() -> None:
    open_, closed = all_routes(load_registry(), Environment({}))
    assert not open_
    assert closed["claude-sonnet-4.5"].reason == "ANTHROPIC_API_KEY is not set"
    assert closed["local"].reason == "LOCAL_BASE_URL is not set"
    assert closed["simulated"].reason == "it answers only with CLEARWAY_SIMULATED_PROVIDER=1"


def test_each_endpoint_with_a_key_is_a_route_and_so_is_each_key() -> None:
    found = routes("qwen3-coder", TOGETHER_API_KEY="t", DEEPINFRA_API_KEY="d1, d2")
    assert [route.name for route in found] == [
        "qwen3-coder/together",
        "qwen3-coder/deepinfra",
        "qwen3-coder/deepinfra#2",
    ]
    assert [route.key.get_secret_value() for route in found if route.key] == ["t", "d1", "d2"]
    assert found[0].model == "Qwen/Qwen3-Coder-480B-A35B-Instruct-FP8"


def test_a_key_never_shows() -> None:
    assert "sk-secret" not in repr(routes("gpt-5.1", OPENAI_API_KEY="sk-secret"))


def test_our_prefix_wins_over_the_plain_name() -> None:
    (found,) = routes("gpt-5.1", OPENAI_API_KEY="plain", CLEARWAY_OPENAI_API_KEY="ours")
    assert found.key is not None
    assert found.key.get_secret_value() == "ours"


@pytest.mark.parametrize(
    ("provider", "variables", "base_url", "model"),
    [
        (
            "gpt-5.1",
            {"OPENAI_API_KEY": "k", "OPENAI_BASE_URL": "http://p/v1/", "OPENAI_MODEL": "gpt-4o"},
            "http://p/v1",
            "gpt-4o",
        ),
        (
            "local",
            {"LOCAL_MODEL_URL": "http://h:11434/v1", "LOCAL_MODEL_NAME": "llama3"},
            "http://h:11434/v1",
            "llama3",
        ),
        (
            "qwen3-coder",
            {"QWEN_API_KEY": "k", "QWEN_API_BASE": "http://q/v1"},
            "http://q/v1",
            "Qwen/Qwen3-Coder-480B-A35B-Instruct-FP8",
        ),
        (
            "deepseek-coder",
            {"DEEPSEEK_API_KEY": "k", "DEEPSEEK_MODEL": "deepseek-reasoner"},
            "https://api.deepseek.com/v1",
            "deepseek-reasoner",
        ),
    ],
)
def test_the_environment_names_addresses_and_models(
    provider: str, variables: dict[str, str], base_url: str, model: str
) -> None:
    found = routes(provider, **variables)
    assert (found[0].base_url, found[0].model) == (base_url, model)


@pytest.mark.parametrize("address", ["localhost:11434/v1", "http://", "http://[::1", "http://h:p"])
def test_an_address_that_is_none_is_said_by_its_variable_where_it_would_be_called(
    address: str,
) -> None:
    with pytest.raises(ConfigurationError, match=r"^OPENAI_BASE_URL=.* is no address"):
        routes("gpt-5.1", OPENAI_API_KEY="k", OPENAI_BASE_URL=address)
    _, closed = all_routes(load_registry(), Environment({"OPENAI_BASE_URL": address}))
    assert closed["gpt-5.1"].reason == "OPENAI_API_KEY is not set"


def test_a_model_of_the_environments_choosing_costs_what_is_listed_or_is_unknown() -> None:
    (listed,) = routes("gpt-5.1", OPENAI_API_KEY="k", OPENAI_MODEL="gpt-4o")
    (unknown,) = routes("gpt-5.1", OPENAI_API_KEY="k", OPENAI_MODEL="gpt-9")
    assert listed.price is not None
    assert str(listed.price.output) == "10.0"
    assert unknown.price is None


def test_the_context_can_be_said_for_qwen() -> None:
    assert routes("qwen3-coder", QWEN_API_KEY="k", QWEN_MAX_CONTEXT="4096")[0].context == 4096


def test_the_simulated_provider_answers_only_when_switched_on() -> None:
    simulated = load_registry().named("simulated")
    off = Environment({"CLEARWAY_SIMULATED_PROVIDER": "0"})
    assert isinstance(routes_of(simulated, off), Unavailable)
    assert routes("simulated", CLEARWAY_SIMULATED_PROVIDER="1")[0].base_url == "simulated://here"
