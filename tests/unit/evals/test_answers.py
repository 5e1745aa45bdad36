from __future__ import annotations

from collections import Counter
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from clearway.evals.answers import holds, plain, report

pytestmark = pytest.mark.unit


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("12.50", Decimal("12.5")),
        (3, 3.0),
        ("2026-01-01T00:00:00+00:00", date(2026, 1, 1)),
        ("2026-01-01T08:30:00+00:00", datetime(2026, 1, 1, 8, 30, tzinfo=UTC)),
        (" Europe ", "Europe"),
    ],
)
def test_equal_values_compare_equal_however_they_travelled(one: object, other: object) -> None:
    assert plain(one) == plain(other)


def test_values_that_differ_stay_different() -> None:
    assert len({plain(value) for value in (None, True, "1.5", "1.6", "one", "2026-01-01")}) == 6


def test_an_answer_may_have_more_columns_in_any_order_and_no_other_rows() -> None:
    gold = [("Europe", 1), ("Asia", 2)]
    assert holds([(2, "x", "Asia"), (1, "y", "Europe")], gold)
    assert not holds([(2, "Asia")], gold)
    assert not holds([(2, "Asia"), (2, "Europe")], gold)
    assert holds([], [])
    assert not holds([(0,)], [])


def test_gold_that_does_not_run_is_named_and_kept_out_of_the_figures(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert report(Counter({"right": 9, "wrong": 1}), ["q7", "q9"]) == 0
    printed = capsys.readouterr().out
    assert "excluded  2, their gold does not run: q7, q9" in printed
    assert "answered  10 of 10" in printed


def test_nothing_judged_is_no_success() -> None:
    assert report(Counter(), ["q7"]) == 1
