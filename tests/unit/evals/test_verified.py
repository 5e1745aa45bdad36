"""Files of verified questions: what they may say, and whether two results are the same."""

from __future__ import annotations

from pathlib import Path

import pytest

from clearway.errors import ConfigurationError
from clearway.evals.verified import read_verified, same_rows

pytestmark = pytest.mark.unit


def written(folder: Path, text: str) -> Path:
    file = folder / "cases.jsonl"
    file.write_text(text, "utf-8")
    return file


def test_both_forms_are_read_with_their_lines(tmp_path: Path) -> None:
    file = written(
        tmp_path,
        '{"question": "a", "gold_sql": "select 1"}\n\n'
        '{"question": "b", "sql": "select 2", "verdict": "wrong", "note": "no"}\n',
    )

    assert [(line, case.question) for line, case in read_verified(file)] == [(1, "a"), (3, "b")]


@pytest.mark.parametrize(
    ("bad", "what"),
    [
        ("{", "JSON"),
        ("[]", "object"),
        ('{"gold_sql": "select 1"}', "question"),
        ('{"question": "a"}', "gold_sql"),
        ('{"question": "a", "sql": "select 1"}', "gold_sql"),
        ('{"question": "a", "verdict": "right"}', "gold_sql"),
        ('{"question": "a", "sql": "select 1", "verdict": "maybe"}', "verdict"),
        ('{"question": "a", "gold_sql": "x", "sql": "y", "verdict": "right"}', "either"),
        ('{"question": "", "gold_sql": "select 1"}', "question"),
        ('{"question": "a", "gold_sql": "select 1", "extra": 1}', "extra"),
    ],
)
def test_a_bad_line_is_named(tmp_path: Path, bad: str, what: str) -> None:
    file = written(tmp_path, '{"question": "a", "gold_sql": "select 1"}\n' + bad + "\n")

    with pytest.raises(ConfigurationError) as raised:
        read_verified(file)

    assert "line 2" in raised.value.message
    assert what in raised.value.message


@pytest.mark.parametrize("text", ["", "\n\n"])
def test_an_empty_file_is_an_error(tmp_path: Path, text: str) -> None:
    with pytest.raises(ConfigurationError, match="no verified question"):
        read_verified(written(tmp_path, text))


def test_a_file_that_cannot_be_read_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="cannot be read"):
        read_verified(tmp_path / "none.jsonl")
    (tmp_path / "latin").write_bytes(b"\xff\xfe")
    with pytest.raises(ConfigurationError, match="UTF-8"):
        read_verified(tmp_path / "latin")


@pytest.mark.parametrize(
    ("ours", "gold", "same"),
    [
        ([["a", 1], ["b", 2]], [["b", 2], ["a", 1]], True),
        ([[1, "a", "x"]], [["a", 1]], True),
        ([["1.50"]], [[1.5]], True),
        ([["a", 1]], [["a", 2]], False),
        ([["a", 1], ["b", 2]], [["a", 2], ["b", 1]], False),
        ([["a"], ["a"]], [["a"]], False),
        ([["a"]], [["a", "a"]], False),
        ([], [], True),
        ([[None]], [[0]], False),
        ([["2026-01-01T00:00:00"]], [["2026-01-01"]], True),
    ],
)
def test_results_are_held_against_each_other_as_bags(
    ours: list[list[object]], gold: list[list[object]], same: bool
) -> None:
    assert same_rows(ours, gold) is same  # type: ignore[arg-type]


def test_many_equal_columns_take_no_time() -> None:
    wide = [[0] * 30 for _ in range(3)]
    other = [[0] * 29 + [1], [0] * 30, [0] * 30]

    assert same_rows(wide, wide)  # type: ignore[arg-type]
    assert not same_rows(wide, other)  # type: ignore[arg-type]
