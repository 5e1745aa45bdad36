"""The rules each store works by itself, at times it is told: its circuits and its windows."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from clearway.llm.ports import BreakerProfile, Verdict, Window
from clearway.resilience.breaker import PROFILES, Circuit
from tests.integration.stores.rules import LEASE_S, Rules

pytestmark = [pytest.mark.integration, pytest.mark.anyio]

WINDOW = Window(key="k", counts="tokens", limit=5, seconds=10)
EPOCH = 1_800_000_000.0
CALLS = st.lists(
    st.tuples(
        st.sampled_from(["a", "b", "c"]),
        st.sampled_from(["success", "failure", "failure", "ignored"]),
        st.sampled_from([0.0, 0.5, 4.0, 30.0, 61.0]),
        st.booleans(),
    ),
    min_size=10,
    max_size=40,
)
FIXED = settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


@given(
    calls=CALLS,
    profile=st.sampled_from(
        [*PROFILES.values(), BreakerProfile(consecutive=None, minimum_calls=4, adaptive=True)]
    ),
)
@FIXED
def test_the_circuit_is_the_machine_of_the_breaker(
    calls: list[tuple[str, Verdict, float, bool]], profile: BreakerProfile, rules: Rules
) -> None:
    rules.forget()
    circuit, now = Circuit(), EPOCH
    for name, verdict, pause_s, enters in calls:
        now += pause_s
        if enters and not (rules.knows_its_probe and name == circuit.probe):
            refusal_s = circuit.refusal_s(now)
            probing = refusal_s is None and circuit.begin(name, now, LEASE_S)
            told_s = refusal_s and pytest.approx(refusal_s, abs=rules.exact_to_s)
            assert rules.enter(name, now) == (probing, told_s)
        else:
            circuit.record(name, verdict, profile, now)
            told = rules.leave(name, verdict, profile, now)
            assert told == (circuit.stored, circuit.consecutive_failures)


@given(
    steps=st.lists(
        st.tuples(st.sampled_from([0.0, 0.1, 0.9, 3.0, 10.0]), st.integers(1, 4)),
        min_size=5,
        max_size=60,
    )
)
@FIXED
def test_no_stretch_of_a_window_holds_more_than_its_limit(
    steps: list[tuple[float, int]], rules: Rules
) -> None:
    rules.forget()
    now, let_in = EPOCH, []
    for pause_s, tokens in steps:
        now += pause_s
        wait_s = rules.count(WINDOW, tokens, now)
        if wait_s is None:
            let_in.append((now, tokens))
            assert sum(n for at, n in let_in if at > now - WINDOW.seconds) <= WINDOW.limit
        else:
            assert 0 < wait_s <= 10.2
            # It is refused for what the last ten seconds, and a sixtieth more, hold.
            assert sum(n for at, n in let_in if at > now - 10.2) + tokens > WINDOW.limit
            now += wait_s + 0.001
