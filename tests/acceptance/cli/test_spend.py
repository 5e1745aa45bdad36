"""`clearway spend`: what models cost, and how long they took."""

from __future__ import annotations

import pytest

from tests.acceptance.conftest import Run

pytestmark = pytest.mark.acceptance


def test_what_was_not_spent_is_said_in_a_line(clearway: Run) -> None:
    assert clearway("spend", "--by", "user", "--since", "30d").stdout == "0.0000 USD in 0 calls\n"
    assert clearway("spend", "latency", "--by", "day").stdout == "0 successful calls\n"
    assert clearway("spend", "--json").stdout == ""


def test_a_day_that_is_none_is_a_misuse(clearway: Run) -> None:
    done = clearway("spend", "--since", "yesterday")

    assert done.returncode == 2
    assert "30d" in done.stderr
