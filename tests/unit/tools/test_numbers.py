"""Ends of constant numbers: what Postgres makes of an expression always lies between them."""

from __future__ import annotations

import pytest

from clearway.tools.sql.guard.bounds.numbers import constant, span
from clearway.tools.sql.guard.statement.reading import read

pytestmark = pytest.mark.unit


@pytest.mark.parametrize(
    ("text", "postgres"),
    [
        ("1 / 2", 0),
        ("1000000000 - 2000000000 * (1 / 2)", 1_000_000_000),
        ("90000 / (19 / 10) / (19 / 10)", 90_000),
        ("abs(-500000000)", 500_000_000),
        ("floor(0.9)", 0),
        ("ceil(0.1)", 1),
        ("0.4::int", 0),
        ("0.5::numeric(3, 0)", 1),
        ("round(15, -1)", 20),
        ("-3 ^ 2", 9),
        ("2 ^ 3 ^ 2", 64),
        ("7 % -3", 1),
        ("9007199254740993 - 9007199254740992", 1),
        ("99999997::float4 - 99999997", 3),
        ("greatest(1, -abs(-5) * -1)", 5),
        ("least(abs(-5), 9)", 5),
        ("power(10, 9)", 1e9),
        ("1 / 0.0000001", 1e7),
    ],
)
def test_what_postgres_makes_of_it_lies_between_the_ends(text: str, postgres: float) -> None:
    found = span(read(f"select {text}")[0].expressions[0])
    assert found is not None
    assert found.low <= postgres <= found.high


@pytest.mark.parametrize(
    "text", ["'1000000000'::char(3)::int", "id", "length('abc')", "date '2024-01-01'", "1 / id"]
)
def test_what_is_cut_or_stored_has_no_ends(text: str) -> None:
    assert span(read(f"select {text}")[0].expressions[0]) is None


@pytest.mark.parametrize(
    ("text", "value"), [("2 + 3", 5), ("900::bigint * 900", 810_000), ("10 / 2", 5), ("'7'", 7)]
)
def test_whole_numbers_are_known_exactly(text: str, value: float) -> None:
    assert constant(read(f"select {text}")[0].expressions[0]) == value
