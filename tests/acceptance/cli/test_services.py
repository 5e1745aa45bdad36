"""`clearway services`, as a person runs it: no key, no server, the demo service of the process."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from clearway.cli.app import cli
from tests.unit.tools.rest.documents import PAYMENTS, SERVICES

pytestmark = pytest.mark.acceptance

runner = CliRunner()


@pytest.fixture(autouse=True)
def alone(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("CLEARWAY_HOME", str(tmp_path))
    monkeypatch.setenv("COLUMNS", "200")
    for name in ("CLEARWAY_SERVICES_PATH", "CLEARWAY_WAREHOUSE_URL"):
        monkeypatch.delenv(name, raising=False)


def test_the_demo_service_is_listed_shown_planned_for_and_up() -> None:
    listed = runner.invoke(cli, ["services", "list", "--json"])
    ids = {json.loads(line)["id"] for line in listed.output.splitlines()}
    assert ids == {
        "payments.getHealth",
        "payments.listPayments",
        "payments.getPayment",
        "payments.refreshPayments",
    }
    shown = runner.invoke(cli, ["services", "show", "payments.getPayment"])
    assert "GET /payments/{payment_id}" in shown.output
    planned = runner.invoke(cli, ["services", "plan", "show payment 17"])
    assert "1. payments.getPayment(payment_id=17)" in planned.output
    health = runner.invoke(cli, ["services", "health", "--json"])
    assert health.exit_code == 0, health.output
    assert json.loads(health.output)["up"] is True


def test_a_services_yaml_is_checked_and_limits_who_sees_what(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "payments.yaml").write_text(PAYMENTS)
    path = tmp_path / "services.yaml"
    path.write_text(SERVICES + "    users: [ann]\n")
    assert "1 services, 6 operations" in runner.invoke(cli, ["services", "check", str(path)]).output
    monkeypatch.setenv("CLEARWAY_SERVICES_PATH", str(path))
    ann = runner.invoke(cli, ["services", "list", "--user", "ann"])
    eve = runner.invoke(cli, ["services", "list", "--user", "eve"])
    assert "payments.getPayment" in ann.output
    assert "payment" not in eve.output
    hidden, absent = (
        runner.invoke(cli, ["services", "show", name, "--user", "eve"]).exception
        for name in ("payments.getPayment", "no.such")
    )
    assert str(hidden) == str(absent).replace("no.such", "payments.getPayment")
    path.write_text(SERVICES + "    limits: {total_s: soon}\n")
    broken = runner.invoke(cli, ["services", "check"]).exception
    assert "services.yaml, line 9: services.payments.limits.total_s" in str(broken)


def test_a_write_is_named_and_a_yes_in_its_conversation_sends_it() -> None:
    asked = runner.invoke(cli, ["ask", "POST /payments/refresh", "--thread", "w"])
    assert "A person must approve this before it runs: payments.refreshPayments()" in asked.output
    assert "clearway ask --thread w yes" in asked.stderr
    done = runner.invoke(cli, ["ask", "yes", "--thread", "w", "--json"])
    assert json.loads(done.stdout)["result"]["rows"] == [[40]]
    runner.invoke(cli, ["ask", "POST /payments/refresh", "--thread", "x"])
    declined = runner.invoke(cli, ["ask", "no", "--thread", "x"])
    assert "You declined; nothing was sent." in declined.output
