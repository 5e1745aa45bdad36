"""What `pip install clearway` gives: the wheel alone, in a fresh environment, elsewhere."""

from __future__ import annotations

import json
import subprocess
import sys
import venv
from pathlib import Path

import pytest

from tests.acceptance.conftest import ROOT

pytestmark = [pytest.mark.acceptance, pytest.mark.slow]


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build the wheel, install it and what it needs into a new environment; return its bin."""
    made = tmp_path_factory.mktemp("wheel")
    pip = [sys.executable, "-m", "pip", "--quiet", "--disable-pip-version-check"]
    subprocess.run([*pip, "wheel", "--no-deps", "--wheel-dir", made, str(ROOT)], check=True)
    (wheel,) = made.glob("clearway-*.whl")
    venv.create(made / "env", with_pip=True)
    fresh = made / "env" / "bin"
    pins = ["-c", str(ROOT / "constraints.txt")]
    install = [fresh / "python", "-m", "pip", "install", "-q", "--disable-pip-version-check"]
    subprocess.run([*install, *pins, str(wheel)], check=True)
    return fresh


def test_it_answers_and_brings_no_development_tools(
    installed: Path, environment: dict[str, str], kept_warm: None, tmp_path: Path
) -> None:
    done = subprocess.run(
        [installed / "clearway", "ask", "total revenue by region", "--json"],
        env=environment,
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["kind"] == "answered"
    listed = subprocess.run(
        [installed / "python", "-m", "pip", "list", "--format=json"],
        capture_output=True,
        text=True,
        check=True,
    )
    names = {entry["name"] for entry in json.loads(listed.stdout)}
    assert "clearway" in names
    assert not names & {"langgraph-api", "langgraph-runtime-inmem", "pytest", "mypy", "torch"}
