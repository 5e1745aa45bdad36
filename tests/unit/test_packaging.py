"""The table in pyproject.toml names every folder, and the installed package holds every file."""

from __future__ import annotations

import os
import tomllib
from importlib.resources import files
from pathlib import Path

import pytest

pytestmark = pytest.mark.unit

ROOT = Path(os.environ.get("CLEARWAY_CHECKOUT", Path(__file__).resolve().parents[2]))
TABLE = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]["setuptools"]
TOP = (
    "clearway", "graph", "nodes", "tools", "semantics",
    "llm", "resilience", "stores", "server", "evals",
)  # fmt: skip
SHIPPED = (".py", ".sql", ".md", ".yaml", ".json", ".jsonl", ".typed")


def test_every_folder_with_code_is_in_the_table() -> None:
    folders = {
        str(init.parent.relative_to(ROOT))
        for top in TOP
        for init in (ROOT / top).rglob("__init__.py")
    }
    assert folders == set(TABLE["package-dir"].values())
    assert set(TABLE["package-dir"]) == set(TABLE["packages"])


def test_names_follow_folders() -> None:
    for name, folder in TABLE["package-dir"].items():
        expected = folder if folder.startswith("clearway") else f"clearway/{folder}"
        assert name == expected.replace("/", ".")


@pytest.mark.parametrize("top", TOP)
def test_every_file_is_installed(top: str) -> None:
    package = "clearway" if top == "clearway" else f"clearway.{top}"
    installed = Path(str(files(package)))
    for path in (ROOT / top).rglob("*"):
        if path.suffix in SHIPPED and "__pycache__" not in path.parts:
            assert (installed / path.relative_to(ROOT / top)).is_file(), path


def test_no_place_of_a_machine_is_pinned() -> None:
    lines = (ROOT / "constraints.txt").read_text("utf-8").splitlines()
    pins = [line for line in lines if line and not line.startswith("#")]
    assert pins
    assert all(line.count("==") == 1 and "/" not in line and "@" not in line for line in pins)
