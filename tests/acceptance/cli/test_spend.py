"""`clearway spend`: what models cost, and how long they took."""

from __future__ import annotations

import pytest

from tests.acceptance.conftest import Run

pytestmark = pytest.mark.acceptance


def test_what_was_not_spent_is_said_in_a_line(clearway: Run) -> None:
    later = ("--since", "2999-01-01")
    assert clearway("spend", "--by", "user", *later).stdout == "0.0000 USD in 0 calls\n"
    assert clearway("spend", "latency", "--by", "day", *later).stdout == "0 successful calls\n"
    assert clearway("spend", "--json", *later).stdout == ""


def test_a_day_that_is_none_is_a_misuse(clearway: Run) -> None:
    done = clearway("spend", "--since", "yesterday")

    assert done.returncode == 2
    assert "30d" in done.stderr
