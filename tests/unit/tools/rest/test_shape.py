from __future__ import annotations

from typing import Any

import pytest

from clearway.tools.rest.calling.shape import Shaper

pytestmark = pytest.mark.unit


def shaped(content: Any, *masked: str, limit: int = 100) -> tuple[list[str], list[list[Any]]]:
    rows = Shaper(row_limit=limit).table(content, masked).rows
    return [each.name for each in rows.columns], [list(row) for row in rows.rows]


@pytest.mark.parametrize(
    ("content", "columns", "rows"),
    [
        ([{"a": 1}, {"b": 2}], ["a", "b"], [[1, None], [None, 2]]),
        ({"items": [{"a": 1}], "total": 1}, ["a"], [[1]]),
        ({"items": [], "next_page": None}, ["items"], []),
        ({"a": {"b": {"c": 1}}, "d": [1, 2]}, ["a.b.c", "d"], [[1, [1, 2]]]),
        ({"name": "Ann", "refunds": []}, ["name", "refunds"], [["Ann", []]]),
        ({"name": "Ann", "orders": [{"id": 1}]}, ["name", "orders"], [["Ann", [{"id": 1}]]]),
        ({"id": 5, "in": [{"a": 1}], "out": [{"a": 2}]}, ["part", "a"], [["in", 1], ["out", 2]]),
        ([1, 2], ["value"], [[1], [2]]),
        ("up", ["value"], [["up"]]),
        (None, ["value"], []),
        ([], ["value"], []),
        ({"n": 2**60}, ["n"], [[str(2**60)]]),
        ({"n": float("nan")}, ["n"], [["NaN"]]),
    ],
)
def test_a_reply_is_a_table_where_it_is_one(
    content: Any, columns: list[str], rows: list[list[Any]]
) -> None:
    assert shaped(content) == (columns, rows)


def test_secrets_are_masked_wherever_they_stand() -> None:
    content = {"user": {"password": "p", "apiKey": "k", "token": None, "mail": "m"}, "list": ["x"]}
    masked = Shaper(row_limit=9, hide=lambda text: text.replace("x", "?")).table(content, ["mail"])
    cells = dict(zip([c.name for c in masked.rows.columns], masked.rows.rows[0], strict=True))
    assert cells == {
        "user.password": "***", "user.apiKey": "***", "user.token": None, "user.mail": "***",
        "list": ["?"],
    }  # fmt: skip
    assert masked.masked == 4


def test_rows_over_the_limit_are_left_out_and_it_is_told() -> None:
    rows = Shaper(row_limit=2).table([{"a": n} for n in range(3)]).rows
    assert (len(rows.rows), rows.truncated) == (2, True)


def test_the_hash_is_of_what_is_shown() -> None:
    one, same, other = (
        Shaper(row_limit=9).table(content).rows.result_hash
        for content in ([{"a": 1}], [{"a": 1}], [{"a": 2}])
    )
    assert one == same != other
