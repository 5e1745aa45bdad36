from __future__ import annotations

import pytest

from clearway.semantics.words.spelling import Spelling
from tests.unit.semantics.catalogs import abstained, frame, planned, sales

pytestmark = pytest.mark.unit

WORDS = Spelling(["revenue", "region", "product", "status", "country", "counter"])


@pytest.mark.parametrize(
    ("slip", "meant"),
    [
        ("revenu", "revenue"),
        ("regoin", "region"),
        ("prodduct", "product"),
        ("stetus", "status"),
        ("revenue", None),
        ("evenue", None),
        ("rev", None),
        ("countr", None),
        ("xyzzyq", None),
    ],
)
def test_one_slip_towards_one_word(slip: str, meant: str | None) -> None:
    assert WORDS.correct(slip) == meant


def test_a_correction_is_an_assumption() -> None:
    assert frame(sales, "revenu by region").assumptions == ("“revenu” is read as “revenue”",)
    assert planned(sales, "revenu by region") == planned(sales, "revenue by region")


@pytest.mark.parametrize("text", ["revenue in 'Europ'", "revenue of job archive_log"])
def test_names_and_quotations_are_never_corrected(text: str) -> None:
    assert abstained(sales, text).unclear


@pytest.mark.parametrize(
    ("slip", "meant"),
    [
        ("revenue betwen January and March", "revenue between January and March"),
        ("revenue betwen january and march", "revenue between January and March"),
        ("revenue befor March 2025", "revenue before March 2025"),
        ("revenue by region sicne March 2025", "revenue by region since March 2025"),
        ("revenue aftre 2024-03-05", "revenue after 2024-03-05"),
    ],
)
def test_a_slip_right_before_a_time_is_read_and_told(slip: str, meant: str) -> None:
    assert planned(sales, slip) == planned(sales, meant)
    assert any("is read as" in assumed for assumed in frame(sales, slip).assumptions)


@pytest.mark.parametrize("text", ["revenue betwen regions", "revenue afterr region"])
def test_the_same_slip_elsewhere_is_asked_about(text: str) -> None:
    assert abstained(sales, text).unclear
