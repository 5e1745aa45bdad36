"""`clearway models circuits`: what one process learned of an endpoint, another shows and resets."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from clearway.cli.app import cli
from clearway.stores.models.admission_postgres import PostgresAdmission
from clearway.stores.postgres import open_database
from tests.attempts import open_circuit
from tests.integration.conftest import ELSEWHERE, settings_for

pytestmark = pytest.mark.integration


async def fail_until_open(conninfo: str) -> None:
    async with open_database(settings_for(conninfo)) as database:
        admission = PostgresAdmission(database.pool, database.addresses.app)
        await open_circuit(admission)
        await admission.close()


def test_an_open_circuit_is_shown_and_reset(
    database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    variables = {
        "CLEARWAY_DATABASE_URL": database_url,
        "CLEARWAY_WAREHOUSE_URL": ELSEWHERE.get_secret_value(),
        "CLEARWAY_HOME": str(tmp_path),
    }

    def typed(*arguments: str) -> str:
        asked = ["models", "circuits", *arguments]
        return CliRunner().invoke(cli, asked, env=variables, standalone_mode=False).stdout

    assert typed() == "No model was called yet.\n"
    asyncio.run(fail_until_open(database_url))
    (found,) = json.loads(typed("--json"))
    assert (found["provider"], found["state"], found["total_failures"]) == ("p", "open", 5)
    assert "0 closed" in typed("--reset", "another")
    shown = typed("--reset", "all")
    assert "1 closed" in shown
    assert "closed" in next(line for line in shown.splitlines() if line.startswith("p/eu"))
