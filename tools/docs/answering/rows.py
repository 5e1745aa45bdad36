"""A row of a table as text: each value after the head of its column."""

from __future__ import annotations

import re

_BAR = re.compile(r"(?<!\\)\|")


def in_pairs(text: str) -> str:
    """Return a row, or a head and its row, as `head: value` pairs; other text as it stands.

    Only lines that begin with a bar are taken for a table's: a command may hold bars too.
    """
    lines = text.split("\n")
    if len(lines) > 2 or not all(line.startswith("|") for line in lines):
        return text
    *heads, row = map(_cells, lines)
    names = heads[0] if heads and len(heads[0]) == len(row) else [""] * len(row)
    told = [f"{name}: {value}" if name else value for name, value in zip(names, row, strict=True)]
    return "; ".join(pair for pair, value in zip(told, row, strict=True) if value) or text


def _cells(line: str) -> list[str]:
    inner = line.strip().removeprefix("|")
    cells = [cell.strip().replace("\\|", "|") for cell in _BAR.split(inner)]
    return cells[:-1] if cells and not cells[-1] else cells
