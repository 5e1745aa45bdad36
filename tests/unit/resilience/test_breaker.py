from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from clearway.llm.ports import BreakerProfile, Verdict
from clearway.resilience.breaker import PROFILES, Circuit, threshold

pytestmark = pytest.mark.unit

GATEWAY, PLANNER, PROVIDER = PROFILES["gateway"], PROFILES["planner"], PROFILES["provider"]
RATE_ONLY = BreakerProfile(consecutive=None, failure_rate=0.5, minimum_calls=10)


def call(
    circuit: Circuit,
    verdict: Verdict,
    profile: BreakerProfile = GATEWAY,
    *,
    at: float = 0.0,
    name: str = "a",
) -> bool:
    """Make one call; return whether it was let in."""
    if circuit.refusal_s(at) is not None:
        return False
    circuit.begin(name, at, 10.0)
    circuit.record(name, verdict, profile, at)
    return True


def opened(profile: BreakerProfile = GATEWAY) -> Circuit:
    circuit = Circuit()
    while circuit.stored == "closed":
        call(circuit, "failure", profile)
    return circuit


def test_five_failures_in_a_row_open_it_and_four_do_not() -> None:
    circuit = Circuit()
    for _ in range(4):
        call(circuit, "failure")
    assert circuit.state(0) == "closed"

    call(circuit, "failure")

    assert circuit.state(0) == "open"
    assert circuit.refusal_s(1) == 59


def test_a_success_between_failures_begins_the_row_anew() -> None:
    circuit = Circuit()
    for verdict in ("failure", "failure", "success", "failure", "failure"):
        call(circuit, verdict, PROVIDER)

    assert circuit.state(0) == "closed"


def test_half_of_ten_calls_open_it_though_no_two_failures_are_in_a_row() -> None:
    circuit = Circuit()
    for number in range(9):
        call(circuit, "failure" if number % 2 else "success", RATE_ONLY)
    assert circuit.state(0) == "closed"

    call(circuit, "failure", RATE_ONLY)

    assert circuit.state(0) == "open"


def test_failures_count_within_the_window_only() -> None:
    circuit = Circuit()
    for number in range(5):
        call(circuit, "failure", PLANNER, at=number * 20.0)
    assert circuit.state(80) == "closed"

    for _ in range(2):
        call(circuit, "failure", PLANNER, at=81)

    assert circuit.state(81) == "open"


def test_rate_limits_and_long_contexts_are_no_failures() -> None:
    circuit = Circuit()
    for _ in range(100):
        call(circuit, "ignored")

    assert circuit.state(0) == "closed"
    assert (circuit.total_requests, circuit.total_failures) == (100, 0)


def test_after_recovery_one_attempt_passes_and_the_rest_wait_for_it() -> None:
    circuit = opened()

    let_in = [name for name in range(100) if circuit.refusal_s(60) is None
              and circuit.begin(str(name), 60, 10)]  # fmt: skip

    assert let_in == [0]
    assert circuit.state(60) == "half_open"
    assert circuit.refusal_s(61) == 9


def test_two_successful_probes_close_it() -> None:
    circuit = opened()
    assert call(circuit, "success", at=60)
    assert circuit.state(60) == "half_open"

    assert call(circuit, "success", at=60)

    assert circuit.state(60) == "closed"
    assert circuit.consecutive_failures == 0


def test_a_failed_probe_opens_it_again_even_after_a_successful_one() -> None:
    circuit = opened()
    call(circuit, "success", at=60)
    call(circuit, "failure", at=60)

    assert circuit.refusal_s(60) == 60
    call(circuit, "success", at=120)
    assert circuit.state(120) == "half_open"  # the count of successes began anew


def test_a_probe_that_says_nothing_of_health_gives_its_place_to_another() -> None:
    circuit = opened()
    call(circuit, "ignored", at=60)

    assert circuit.state(60) == "half_open"
    assert circuit.refusal_s(60) is None


def test_a_probe_whose_owner_died_is_given_back_after_its_lease() -> None:
    circuit = opened()
    circuit.begin("dead", 60, 10)
    assert circuit.refusal_s(69.9) is not None

    assert circuit.refusal_s(70) is None
    circuit.begin("next", 70, 10)
    circuit.record("dead", "failure", GATEWAY, 71)  # not dead at all, but late

    assert circuit.state(71) == "half_open"
    assert circuit.probe == "next"


def test_calls_from_before_it_opened_do_not_decide_in_half_open() -> None:
    circuit = Circuit()
    circuit.begin("old", 0, 1000)
    for _ in range(5):
        call(circuit, "failure")
    circuit.begin("probe", 60, 10)

    circuit.record("old", "success", replace(GATEWAY, successes_to_close=1), 61)

    assert circuit.state(61) == "half_open"


def test_reset_closes_it_and_keeps_the_totals() -> None:
    circuit = opened()

    assert circuit.reset()
    assert not circuit.reset()
    assert circuit.refusal_s(0) is None
    assert circuit.total_failures == 5


ADAPTIVE = replace(RATE_ONLY, adaptive=True)


def used_to(rate: float) -> Circuit:
    """Return the circuit of an endpoint that failed at this rate for long, never in clusters."""
    circuit = Circuit()
    for number in range(600):
        failed = int((number + 1) * rate) > int(number * rate)
        call(circuit, "failure" if failed else "success", ADAPTIVE, at=number * 1.0)
    return circuit


def test_an_adaptive_circuit_gives_a_reliable_endpoint_up_sooner() -> None:
    reliable, fixed = used_to(0.0), Circuit()
    for number in range(20):
        verdict: Verdict = "failure" if number % 3 == 2 else "success"
        call(reliable, verdict, ADAPTIVE, at=1000.0)
        call(fixed, verdict, RATE_ONLY, at=1000.0)

    assert reliable.state(1000) == "open"
    assert fixed.state(1000) == "closed"


def test_an_adaptive_circuit_bears_with_an_endpoint_that_often_fails() -> None:
    shaky = used_to(0.4)

    assert shaky.state(600) == "closed"
    limit = threshold(ADAPTIVE, shaky.usual)
    assert limit is not None
    assert 0.6 < limit < 0.7


@given(rate=st.floats(0, 1), usual=st.floats(0, 1))
def test_an_adaptive_threshold_stays_reachable(rate: float, usual: float) -> None:
    limit = threshold(replace(ADAPTIVE, failure_rate=rate), usual)

    assert limit is not None
    assert 0 <= limit <= 0.95


class Probing(RuleBasedStateMachine):
    """Any order of calls, ends and waiting; the world is a list of attempts under way."""

    def __init__(self) -> None:
        super().__init__()
        self.circuit = Circuit()
        self.now = 0.0
        self.number = 0
        self.under_way: list[str] = []
        self.probes: dict[str, float] = {}

    @rule()
    def enter(self) -> None:
        if self.circuit.refusal_s(self.now) is not None:
            return
        self.number += 1
        name = str(self.number)
        if self.circuit.begin(name, self.now, 10):
            assert not any(until > self.now for until in self.probes.values())
            self.probes[name] = self.now + 10
        self.under_way.append(name)

    @precondition(lambda self: self.under_way)
    @rule(data=st.data(), verdict=st.sampled_from(["success", "failure", "failure", "ignored"]))
    def leave(self, data: st.DataObject, verdict: Verdict) -> None:
        name = data.draw(st.sampled_from(self.under_way))
        self.under_way.remove(name)
        before = self.circuit.stored
        self.circuit.record(name, verdict, GATEWAY, self.now)
        probing = name in self.probes and self.now <= self.probes.pop(name)
        if before == "half_open" and self.circuit.stored != "half_open":
            assert probing or verdict != "ignored"

    @rule(seconds=st.sampled_from([0.5, 5.0, 10.0, 60.0]))
    def wait(self, seconds: float) -> None:
        self.now += seconds

    @invariant()
    def nobody_passes_an_open_circuit(self) -> None:
        if self.circuit.state(self.now) == "open":
            assert (self.circuit.refusal_s(self.now) or 0) > 0

    @invariant()
    def waiting_as_told_is_enough(self) -> None:
        wait_s = self.circuit.refusal_s(self.now)
        if wait_s is not None:
            assert self.circuit.refusal_s(self.now + wait_s) is None


TestProbing = Probing.TestCase
