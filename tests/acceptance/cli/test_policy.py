"""`clearway policy`, as a person runs it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from clearway.cli.app import cli

pytestmark = pytest.mark.acceptance

runner = CliRunner()


@pytest.fixture(autouse=True)
def alone(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("CLEARWAY_HOME", str(tmp_path))
    monkeypatch.setenv("COLUMNS", "200")
    monkeypatch.delenv("CLEARWAY_POLICY_PATH", raising=False)


def test_a_dry_run_says_what_is_allowed_and_why() -> None:
    done = runner.invoke(cli, ["policy", "test", "--sensitivity", "restricted", "--risk", "high"])
    assert done.exit_code == 0, done.output
    assert "local" in done.output
    assert "gpt-5.1" not in done.output
    assert "approval    needed" in done.output
    assert "restricted-stays-local: Restricted data goes to models that run here" in done.output


def test_ones_own_rules_take_the_place_of_ours(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    own = tmp_path / "own.yaml"
    own.write_text(
        "version: 1\n"
        "rules:\n"
        "- {id: europe, when: {roles: [analyst]}, allow: {residency: [eu]}, reason: Stay here.}\n"
    )
    monkeypatch.setenv("CLEARWAY_POLICY_PATH", str(own))
    done = runner.invoke(cli, ["policy", "test", "--role", "analyst", "--json"])
    said = json.loads(done.output)
    assert "mistral" in said["allowed"]
    assert "gpt-5.1" not in said["allowed"]
    shown = runner.invoke(cli, ["policy", "show", "--json"])
    assert json.loads(shown.output)["hash"] == said["version"]
    listed = runner.invoke(cli, ["policy", "show"]).output
    assert "europe" in listed
    assert "1 rule, version" in listed


def test_endpoints_are_named_where_the_rules_allow_some_of_a_model_only(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    own, models = tmp_path / "own.yaml", tmp_path / "models.yaml"
    own.write_text(
        "version: 1\n"
        "rules: [{id: europe, allow: {providers: [house], residency: [eu]}, reason: Stay here.}]\n"
    )
    models.write_text(
        "version: 1\n"
        "providers:\n"
        "- {id: house, model: m, context: 1000, max_output: 100, latency_ms: 1, reliability: 1,\n"
        "   clearance: internal, endpoints: [\n"
        "     {name: north, base_url: 'http://n.test/v1', key_required: false, residency: [eu]},\n"
        "     {name: west, base_url: 'http://w.test/v1', key_required: false, residency: [us]}]}\n"
    )
    monkeypatch.setenv("CLEARWAY_POLICY_PATH", str(own))
    monkeypatch.setenv("CLEARWAY_PROVIDERS_PATH", str(models))
    assert "models      house (only north)" in runner.invoke(cli, ["policy", "test"]).output
    said = json.loads(runner.invoke(cli, ["policy", "test", "--json"]).output)
    assert (said["allowed"], said["endpoints"]) == (["house"], ["house/north"])


@pytest.mark.parametrize(
    "wrong", [["--risk", "huge"], ["--sensitivity", "hidden"], ["--budget", "much"]]
)
def test_a_wrong_word_is_answered_with_the_right_ones(wrong: list[str]) -> None:
    done = runner.invoke(cli, ["policy", "test", *wrong])
    assert done.exit_code == 2
    assert wrong[1] in done.output
