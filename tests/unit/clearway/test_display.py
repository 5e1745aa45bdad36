from __future__ import annotations

import pytest

from clearway.display import as_markdown, readable_rows
from clearway.outcome import Cell, Result, ResultColumn

pytestmark = pytest.mark.unit


def result(type_name: str, *cells: Cell) -> Result:
    return Result(
        columns=(ResultColumn(name="c", type=type_name),),
        rows=tuple((cell,) for cell in cells),
        row_count=len(cells),
        result_hash="",
    )


@pytest.mark.parametrize(
    ("type_name", "cell", "shown"),
    [
        ("numeric", "95.2666666666666667", "95.2667"),
        ("numeric", "7786817.65", "7786817.65"),
        ("numeric", "0.000123456789", "0.0001235"),
        ("numeric", "NaN", "NaN"),
        ("double precision", 0.30000000000000004, "0.3000"),
        ("integer", 12345678901234567, "12345678901234567"),
        ("text", "1.123456789", "1.123456789"),
        ("boolean", True, "true"),
        ("text", None, "—"),
    ],
)
def test_a_cell_reads_short(type_name: str, cell: Cell, shown: str) -> None:
    assert readable_rows(result(type_name, cell), 10) == [[shown]]


def test_a_column_of_midnights_reads_as_dates() -> None:
    months = result("timestamptz", "2025-01-01T00:00:00+00:00", None, "2025-02-01T00:00:00+00:00")
    assert readable_rows(months, 10) == [["2025-01-01"], ["—"], ["2025-02-01"]]
    moments = result("timestamptz", "2025-01-01T00:00:00+00:00", "2025-01-01T08:30:00+00:00")
    assert readable_rows(moments, 10)[0] == ["2025-01-01T00:00:00+00:00"]


def test_no_rows_and_at_most_so_many() -> None:
    assert readable_rows(result("text"), 10) == []
    assert readable_rows(result("text", "a", "b", "c"), 2) == [["a"], ["b"]]


def test_data_cannot_become_a_link_or_an_image() -> None:
    assert as_markdown("![x](http://evil/?q=1)\n<img>|") == (
        r"\!\[x\]\(http://evil/?q=1\) \<img\>\|"
    )
