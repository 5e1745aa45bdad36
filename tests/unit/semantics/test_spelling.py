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
