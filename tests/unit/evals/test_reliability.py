"""Known answers of the measures, and a threshold that is only promised where the data bear it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clearway.evals.reliability import (
    Judged,
    auroc,
    bins,
    brier,
    ece,
    needed,
    promise,
    risk_coverage,
    upper_bound,
)

pytestmark = pytest.mark.unit

JUDGED = st.lists(
    st.builds(Judged, st.floats(min_value=0, max_value=1), st.booleans()), min_size=1, max_size=60
)


def test_known_answers() -> None:
    judged = [Judged(0.95, True), Judged(0.95, False), Judged(0.15, False), Judged(0.15, False)]

    assert ece(judged) == pytest.approx(0.5 * 0.45 + 0.5 * 0.15)
    assert brier(judged) == pytest.approx((0.05**2 + 0.95**2 + 2 * 0.15**2) / 4)
    assert auroc(judged) == pytest.approx((2 + 0.5) / 3)
    assert auroc([Judged(0.5, True)]) is None


def test_weights_count_in_what_is_an_average() -> None:
    one = [Judged(0.9, True, 3), Judged(0.9, False, 1)]
    other = [Judged(0.9, True)] * 3 + [Judged(0.9, False)]

    assert ece(one) == pytest.approx(ece(other))
    assert brier(one) == pytest.approx(brier(other))


@given(JUDGED)
def test_the_curve_ends_with_everything_answered(judged: list[Judged]) -> None:
    curve = risk_coverage(judged)

    assert curve[-1].coverage == pytest.approx(1)
    assert curve[-1].answered == len(judged)
    assert [r.threshold for r in curve] == sorted({j.confidence for j in judged}, reverse=True)
    assert sum(b.count for b in bins(judged)) == len(judged)


@pytest.mark.parametrize(
    ("wrong", "count", "bound"),
    [(0, 149, 0.0199), (0, 59, 0.0495), (1, 100, 0.0466), (5, 100, 0.1023)],
)
def test_the_bound_is_clopper_and_pearsons(wrong: int, count: int, bound: float) -> None:
    assert upper_bound(wrong, count) == pytest.approx(bound, abs=2e-4)


def test_as_many_as_are_needed_are_needed() -> None:
    assert needed(0.02) == 149
    assert upper_bound(0, needed(0.02)) <= 0.02 < upper_bound(0, needed(0.02) - 1)


def test_a_promise_needs_enough_answers() -> None:
    right = [Judged(0.9, True)]

    assert promise(right * 148, 0.02) is None
    kept = promise(right * 149, 0.02)
    assert kept is not None
    assert (kept.threshold, kept.answered, kept.coverage) == (0.9, 149, 1)


def test_the_lowest_threshold_that_keeps_the_promise_is_taken() -> None:
    judged = [Judged(0.99, True)] * 200 + [Judged(0.8, True)] * 100
    judged += [Judged(0.6, False)] * 100

    kept = promise(judged, 0.02)

    assert kept is not None
    assert kept.threshold == 0.8
    assert kept.bound <= 0.02


def test_confident_mistakes_cannot_be_promised_away() -> None:
    judged = [Judged(0.99, False)] * 20 + [Judged(0.9, True)] * 500

    assert promise(judged, 0.02) is None
