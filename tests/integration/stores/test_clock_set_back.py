"""A server's clock that was ahead, and is set back: nothing waits for a time that was not."""

from __future__ import annotations

import pytest

from clearway.llm.ports import Window
from clearway.resilience.breaker import PROFILES
from tests.integration.stores.rules import Rules

pytestmark = [pytest.mark.integration, pytest.mark.anyio]

NOW = 1_800_000_000.0
YEAR_S = 365 * 86_400.0
WINDOW = Window(key="k", counts="requests", limit=5)
PROFILE = PROFILES["planner"]  # five failures within a minute, in a row or not


def lets_in(rules: Rules, now: float, name: str) -> bool:
    return rules.enter(name, now)[1] is None


def fails(rules: Rules, now: float, name: str) -> str:
    """Return the state of the circuit after one more failure."""
    return rules.leave(name, "failure", PROFILE, now)[0]


@pytest.mark.parametrize("ahead_s", [7200.0, YEAR_S])
def test_a_window_counts_what_it_holds_as_of_now_and_empties(rules: Rules, ahead_s: float) -> None:
    for _ in range(WINDOW.limit):
        assert rules.count(WINDOW, 0, NOW + ahead_s) is None

    waits = [rules.count(WINDOW, 0, NOW + second) for second in range(0, 61, 20)]

    assert all(wait is not None for wait in waits)
    assert waits[0] == pytest.approx(WINDOW.seconds, abs=2)
    assert rules.count(WINDOW, 0, NOW + WINDOW.seconds + 2) is None


def test_a_circuit_that_opened_while_the_clock_was_ahead_may_be_tried(
    rules: Rules,
) -> None:
    for number in range(5):
        state = fails(rules, NOW + YEAR_S, str(number))
    assert state == "open"
    assert not lets_in(rules, NOW + YEAR_S + 1, "too early")

    assert lets_in(rules, NOW, "probe")
    assert not lets_in(rules, NOW, "another")
    assert rules.leave("probe", "success", PROFILE, NOW)[0] == "closed"


def test_a_probe_that_died_while_the_clock_was_ahead_gives_its_place_up(
    rules: Rules,
) -> None:
    for number in range(5):
        fails(rules, NOW + YEAR_S, str(number))
    assert lets_in(rules, NOW + YEAR_S + 31, "died")

    assert lets_in(rules, NOW, "probe")


def test_failures_while_the_clock_was_ahead_are_no_failures_of_this_minute(
    rules: Rules,
) -> None:
    for number in range(4):
        fails(rules, NOW + YEAR_S, str(number))
    states = [fails(rules, NOW + 90 * number, f"later {number}") for number in range(6)]

    assert states == ["closed"] * 6
