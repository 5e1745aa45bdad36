from __future__ import annotations

import subprocess
import sys
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clearway.llm.sharing.keys import generation_key

pytestmark = pytest.mark.unit

ASKED: dict[str, Any] = {
    "model": "m",
    "workflow": "plan",
    "parameters": {"temperature": 0, "seed": 7},
    "prompt": [{"role": "user", "content": "größter Umsatz?"}],
    "scope": "north",
}


def test_the_order_of_parameters_does_not_matter() -> None:
    other = {**ASKED, "parameters": {"seed": 7, "temperature": 0}}

    assert generation_key(**ASKED) == generation_key(**other)


@pytest.mark.parametrize(
    "change",
    [
        {"model": "n"},
        {"workflow": "repair"},
        {"parameters": {"temperature": 0.1, "seed": 7}},
        {"prompt": "größter Umsatz?"},
        {"scope": "south"},
        {"scope": ""},
    ],
)
def test_whatever_differs_makes_another_key(change: dict[str, Any]) -> None:
    assert generation_key(**{**ASKED, **change}) != generation_key(**ASKED)


def test_another_process_makes_the_same_key() -> None:
    code = (
        "from clearway.llm.sharing.keys import generation_key\n"
        "import sys\n"
        f"sys.stdout.write(generation_key(**{ASKED!r}))"
    )
    made = [
        subprocess.run(
            [sys.executable, "-c", code],
            env={"PYTHONHASHSEED": seed},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed in ("1", "2")
    ]

    assert made == [generation_key(**ASKED)] * 2


@given(model=st.text(), workflow=st.text(), prompt=st.text(st.characters()))
def test_parts_do_not_run_into_each_other(model: str, workflow: str, prompt: str) -> None:
    joined = generation_key(model=model + workflow, workflow="", parameters={}, prompt=prompt)
    apart = generation_key(model=model, workflow=workflow, parameters={}, prompt=prompt)

    assert (joined == apart) == (workflow == "")
