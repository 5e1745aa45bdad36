"""A text in parts that each fit: cut where it pauses, never in the middle of a word."""

from __future__ import annotations

from collections.abc import Callable

PAUSES = ("\n\n", "\n", ". ", " ")
"""Where a text is cut, the best first."""
LATE = 0.5
"""Before this share of what fits a pause comes too early to be cut at."""


def cut(text: str, room: int, count: Callable[[str], int]) -> list[str]:
    """Return the text in parts of at most `room` tokens; put together they are the text."""
    parts = []
    while text:
        size = _size(text, room, count)
        parts.append(text[:size])
        text = text[size:]
    return parts


def _size(text: str, room: int, count: Callable[[str], int]) -> int:
    """Return how many characters of the text make the next part; at least one."""
    size = len(text)
    while (tokens := count(text[:size])) > room and size > 1:
        size = max(1, min(size - 1, int(size * room / tokens * 0.98)))
    if size == len(text):
        return size
    for pause in PAUSES:
        place = text.rfind(pause, int(size * LATE), size)
        if place >= 0:
            return place + len(pause)
    return size
