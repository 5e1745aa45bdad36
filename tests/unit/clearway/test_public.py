"""`import clearway` is light, and every public name is there when it is asked for."""

from __future__ import annotations

import subprocess
import sys

import pytest

import clearway

pytestmark = pytest.mark.unit


def test_importing_it_loads_nothing_heavy() -> None:
    check = (
        "import sys, clearway;"
        "heavy = {'langgraph', 'langchain_core', 'pydantic', 'sqlglot', 'psycopg', 'openai'};"
        "print(sorted(heavy & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", check], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


@pytest.mark.parametrize("name", clearway.__all__)
def test_every_public_name_resolves(name: str) -> None:
    assert getattr(clearway, name) is not None


def test_an_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="nothing_here"):
        clearway.nothing_here  # noqa: B018
