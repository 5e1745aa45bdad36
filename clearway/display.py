"""How a result reads to a person, in a terminal or a chat message.

Values are shortened for the eye only; an Outcome as JSON has them whole.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from decimal import Decimal

from clearway.outcome import Cell, Citation, Result

DECIMALS = 4
"""Digits after the point, or significant digits below one; an average has sixteen."""

FRACTIONAL = ("numeric", "double", "real")
_NUMBER = re.compile(r"-?\d+\.\d+")
_MIDNIGHT = re.compile(r"\d{4,}-\d\d-\d\dT00:00:00(?:\+00:00)?")
_MARKDOWN = re.compile(r"([\\`*_\[\]()<>!|#~])")


def readable_rows(result: Result, limit: int) -> list[list[str]]:
    """Return at most `limit` rows as text; null is a dash, so that it cannot be taken for a value.

    A column of timestamps that are all midnight reads as dates.
    """
    columns = list(zip(*result.rows[:limit], strict=True))
    read = [
        [_text(cell, reading) for cell in cells]
        for cells, column in zip(columns, result.columns, strict=False)
        for reading in [_reading(column.type, cells)]
    ]
    return [list(row) for row in zip(*read, strict=True)]


def place(citation: Citation) -> str:
    """Return where a quotation stands: document, page, lines and section."""
    one = citation.line == citation.end_line
    lines = f"{citation.line}" if one else f"{citation.line}-{citation.end_line}"
    at = f":{lines}" if citation.page is None else f" p. {citation.page}:{lines}"
    return f"{citation.document}{at}  {' > '.join(citation.section) or citation.title}"


def as_markdown(text: str) -> str:
    """Return text that Markdown shows as it is: data must not become a link, an image or a tag."""
    return _MARKDOWN.sub(r"\\\1", " ".join(text.split()))


def _reading(type_name: str, cells: Sequence[Cell]) -> Callable[[str], str]:
    if type_name.startswith(FRACTIONAL):
        return _rounded
    if type_name.startswith("timestamp") and all(
        cell is None or _MIDNIGHT.fullmatch(str(cell)) for cell in cells
    ):
        return lambda text: text.partition("T")[0]
    return str


def _text(cell: Cell, reading: Callable[[str], str]) -> str:
    if cell is None:
        return "—"
    if isinstance(cell, bool):
        return "true" if cell else "false"
    return reading(str(cell))


def _rounded(text: str) -> str:
    if not _NUMBER.fullmatch(text) or len(text.partition(".")[2]) <= DECIMALS:
        return text
    number = Decimal(text)
    return f"{number:.{DECIMALS}f}" if abs(number) >= 1 else f"{number:.{DECIMALS}g}"
