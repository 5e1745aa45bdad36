from __future__ import annotations

import pytest

from clearway.llm.calls.faults import Fault
from clearway.llm.calls.patience import backoff_s, share_s
from clearway.llm.choice.score import Score
from clearway.llm.choice.select import Ranked
from clearway.llm.ports import Turned
from clearway.llm.providers.routes import Route
from clearway.llm.requests.journey import Journey, in_order, standings
from tests.unit.llm.conftest import route

pytestmark = pytest.mark.unit

ONE, TWO, LARGE = route("one"), route("two"), route("large", context=200_000)


def journey(*routes: Route, deadline_at: float = 30.0, max_attempts: int = 4) -> Journey:
    return Journey(
        standings=standings(routes, lambda _: 0.0),
        deadline_at=deadline_at,
        max_attempts=max_attempts,
        tries_per_route=3,
        draw=lambda: 0.0,
    )


def fails(way: Journey, kind: str, *, now: float = 0.0, **details: float) -> Route:
    chosen = way.next(now)
    assert chosen is not None
    way.called(chosen[0])
    way.failed(chosen[0], Fault(kind, **details), now)  # type: ignore[arg-type]
    return chosen[0]


def test_every_route_is_asked_before_any_is_asked_again() -> None:
    way = journey(ONE, TWO)
    assert [fails(way, "unavailable"), fails(way, "unavailable")] == [ONE, TWO]
    again = way.next(0.0)
    assert again == (ONE, pytest.approx(0.125))


@pytest.mark.parametrize("kind", ["silent", "stalled", "auth", "missing", "quota"])
def test_what_a_second_call_cannot_mend_is_not_called_twice(kind: str) -> None:
    way = journey(ONE)
    fails(way, kind)
    assert way.next(0.0) is None


def test_a_bad_request_bars_every_endpoint_of_the_model() -> None:
    second = Route(**{**vars(ONE), "endpoint": "second"})
    way = journey(ONE, second, TWO)
    fails(way, "invalid")
    assert way.next(0.0) == (TWO, 0.0)


def test_a_prompt_too_long_goes_only_where_there_is_more_room() -> None:
    way = journey(ONE, TWO, LARGE)
    fails(way, "context_length")
    assert way.next(0.0) == (LARGE, 0.0)


def test_a_context_nobody_declared_may_hold_more() -> None:
    unknown = Route(**{**vars(TWO), "context_declared": False})
    way = journey(ONE, unknown)
    fails(way, "context_length")
    assert way.next(0.0) == (unknown, 0.0)


def test_a_refusal_ends_it() -> None:
    way = journey(ONE, TWO)
    fails(way, "content_policy")
    assert way.next(0.0) is None


def test_nothing_is_waited_for_beyond_the_deadline() -> None:
    way = journey(ONE, deadline_at=5.0)
    fails(way, "rate_limited", retry_after_s=4.0)
    assert way.next(0.0) == (ONE, 4.0)
    assert way.next(1.5) == (ONE, 2.5)
    late = journey(ONE, deadline_at=3.0)
    fails(late, "rate_limited", retry_after_s=4.0)
    assert late.next(0.0) is None


def test_attempts_are_bounded() -> None:
    way = journey(*(route(f"p{n}") for n in range(9)), max_attempts=3)
    for _ in range(3):
        fails(way, "unavailable")
    assert way.next(0.0) is None


def test_being_turned_away_is_no_attempt_and_not_forever() -> None:
    way = journey(ONE, TWO)
    way.turned_away(ONE, Turned(reason="breaker", key="one", retry_after_s=2.0), 0.0)
    assert way.next(0.0) == (TWO, 0.0)
    fails(way, "silent")
    assert way.next(0.0) == (ONE, 2.0)
    way.turned_away(ONE, Turned(reason="breaker", key="one", retry_after_s=2.0), 2.0)
    assert way.next(2.0) is None
    assert way.calls == 1


def test_where_waiting_does_not_help_there_is_no_waiting() -> None:
    way = journey(ONE)
    way.turned_away(ONE, Turned(reason="budget", key="user", retry_after_s=None), 0.0)
    assert way.next(0.0) is None


def test_two_endpoints_of_the_best_come_before_the_next_provider() -> None:
    best = [Route(**{**vars(ONE), "endpoint": name}) for name in ("a", "b", "c")]
    value = Score(value=1.0, terms={}, cost_usd=None, latency_ms=1.0)
    ranked = [
        Ranked(provider="one", routes=tuple(best), score=value),
        Ranked(provider="two", routes=(TWO,), score=value),
    ]
    assert in_order(ranked) == [best[0], best[1], TWO, best[2]]


def test_half_of_what_is_left_goes_to_a_call_while_others_could_follow() -> None:
    assert share_s(1.0, still_to_ask=3) == 0.5
    assert share_s(0.25, still_to_ask=1) == 0.25


def test_back_off_grows_is_spread_and_is_never_less_than_asked_for() -> None:
    assert [backoff_s(n, draw=lambda: 0.0) for n in (1, 2, 3)] == [0.125, 0.25, 0.5]
    assert backoff_s(1, draw=lambda: 0.999) == pytest.approx(0.25, abs=0.001)
    assert backoff_s(1, asked_s=7.0, draw=lambda: 0.0) == 7.0
    assert backoff_s(50, draw=lambda: 0.999) <= 8.0
