"""`clearway models`, `clearway drill`, `clearway llm serve`: as a person types them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from clearway.cli.app import cli
from clearway.errors import ConfigurationError
from clearway.llm.calls.dial import FileDial
from clearway.resilience.clock import SystemClock
from tests import fault_server as faults
from tests.acceptance.conftest import Run
from tests.fault_server import FaultServer, fault_server

pytestmark = pytest.mark.acceptance


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder without anybody's settings, and a machine without anybody's keys."""
    for name in ("OPENAI_API_KEY", "OPENROUTER_API_KEY", "ANTHROPIC_API_KEY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("CLEARWAY_HOME", str(tmp_path))
    monkeypatch.setenv("COLUMNS", "120")
    return tmp_path


@pytest.fixture
def models() -> Iterator[FaultServer]:
    with fault_server() as server:
        yield server


def typed(*arguments: str, **variables: str) -> Result:
    return CliRunner().invoke(cli, list(arguments), env=variables, standalone_mode=False)


def test_the_list_says_what_each_costs_and_wants(folder: Path) -> None:
    text = typed("models", "list", OPENAI_API_KEY="sk-secret").stdout
    assert "✓ gpt-5.1" in text
    assert "$1.25 / $10.00" in text
    assert "ANTHROPIC_API_KEY is not set" in text
    assert "sk-secret" not in text


def test_a_file_of_ones_own_is_listed_too(folder: Path) -> None:
    own = folder / "own.yaml"
    own.write_text("providers: [{id: gpt-5.1, price: {input: '7', output: '8'}}]")
    listed = json.loads(typed("models", "list", "--json", CLEARWAY_PROVIDERS_PATH=str(own)).stdout)
    prices = [each["price"] for each in listed if each["price"]]
    assert ("7", "8") in [(price["input"], price["output"]) for price in prices]


def test_one_is_shown_in_full(folder: Path) -> None:
    shown = json.loads(typed("models", "show", "qwen3-coder", "--json").stdout)
    assert [each["name"] for each in shown["endpoints"]] == ["together", "openrouter", "deepinfra"]
    assert (shown["available"], shown["routes"]) == (False, [])
    assert shown["strengths"]["sql_generation"] == 0.95
    error = typed("models", "show", "gpt-9").exception
    assert isinstance(error, ConfigurationError)


def test_an_endpoint_is_asked_for_a_word_and_the_call_is_on_the_ledger(
    clearway: Run, models: FaultServer
) -> None:
    url = models.behaves("local", faults.well)
    done = clearway("models", "test", "local", LOCAL_MODEL_URL=url)
    assert (done.returncode, done.stderr) == (0, "")
    assert "✓ local/local" in done.stdout
    models.behaves("local", faults.status(401))
    failed = clearway("models", "test", "local", LOCAL_MODEL_URL=url)
    assert failed.returncode == 1
    assert "does not accept the key" in failed.stdout
    models.behaves("local", faults.well)
    clearway("drill", "local", "--kind", "refusal")
    drilled = clearway("models", "test", "local", LOCAL_MODEL_URL=url)
    assert drilled.returncode == 1
    assert "refused by its content policy" in drilled.stdout
    clearway("drill", "--stop")
    spent = [json.loads(line) for line in clearway("spend", "--json").stdout.splitlines()]
    (local,) = [each for each in spent if each["name"].startswith("local/")]
    assert (local["succeeded"], local["failed"]) == (1, 1)


def test_without_a_key_nothing_is_asked(folder: Path) -> None:
    assert typed("models", "test", "gpt-5.1").return_value == 1


def test_the_simulated_provider_is_off_until_it_is_switched_on(folder: Path) -> None:
    assert typed("models", "test", "simulated").return_value == 1


def test_a_drill_is_put_on_listed_and_ended(folder: Path) -> None:
    dial = FileDial(folder / "drills.json", SystemClock())
    assert (
        "fails with reset in 50% of calls"
        in typed("drill", "gpt-5.1", "--kind", "reset", "--rate", "0.5", "--for", "1h").stdout
    )
    found = dial.drill("gpt-5.1")
    assert found is not None
    assert (found.kind, found.rate) == ("reset", 0.5)
    assert "gpt-5.1  reset  50%" in typed("drill").stdout
    assert typed("drill", "--stop").stdout == "1 ended\n"
    assert dial.drills() == []


@pytest.mark.parametrize(
    "wrong",
    [("--for", "soon"), ("--for", "25h"), ("--for", "0s"), ("--kind", "418"), ("--rate", "0")],
)
def test_a_drill_that_makes_no_sense_is_refused(folder: Path, wrong: tuple[str, str]) -> None:
    assert typed("drill", "gpt-5.1", *wrong).exception is not None
    assert not (folder / "drills.json").exists()


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("providers: [{id: a, model: m}]", "needs a base_url"),
        ("providers: [{id: a, model: m, base_url: 'http://x', prise: 1}]", "prise"),
        ("providers: [{id: a, model: m, base_url: 'http://x', api_key_env: NOT_SET}]", "NOT_SET"),
        ("timeouts: {total_s: -1}", "timeouts.total_s"),
        ("routs: {}", "routs"),
        (
            "providers: [{id: a, model: m, base_url: 'http://x'}]\nroutes: {r: [b]}",
            "there is no provider 'b'; there are a",
        ),
        ("{", "is not YAML"),
    ],
)
def test_a_configuration_that_cannot_be_served_says_where(
    folder: Path, text: str, said: str
) -> None:
    config = folder / "llm.yaml"
    config.write_text(text)
    error = typed("llm", "serve", "--config", str(config)).exception
    assert isinstance(error, ConfigurationError)
    assert said in error.message


def test_others_are_not_let_in_without_a_key(folder: Path) -> None:
    error = typed("llm", "serve", "--host", "0.0.0.0").exception
    assert isinstance(error, ConfigurationError)
    assert "CLEARWAY_LLM_ACCESS_KEYS" in error.message


def test_the_model_that_plans_is_listed_and_may_be_drilled(folder: Path) -> None:
    named = {"OPENAI_API_KEY": "sk-test", "CLEARWAY_MODEL": "gpt-5"}
    first = json.loads(typed("models", "list", "--json", **named).stdout)[0]
    assert (first["id"], first["model"], first["available"]) == ("configured", "gpt-5", True)
    served = folder / "llm.yaml"
    served.write_text('providers: [{id: own, base_url: "http://127.0.0.1:9/v1", model: m}]')
    for provider, more in (("configured", ()), ("own", ("--config", str(served)))):
        assert "fails with 503" in typed("drill", provider, *more).stdout
    with pytest.raises(ConfigurationError, match="no provider 'own'"):
        CliRunner().invoke(cli, ["drill", "own"], standalone_mode=False, catch_exceptions=False)
    assert typed("drill", "--stop").stdout == "2 ended\n"
