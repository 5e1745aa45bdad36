"""Sentences of a passage, verbatim: list items, table rows and lines of code count as one each."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import accumulate

WHOLE_ITEM = 30
"""Words of an item that is one with all its sentences."""

_END = re.compile(r"(?:(?<=[.!?])|(?<=[.!?][\"')\]]))\s+(?=[A-Z0-9\"'(\[`])")
_ABBREVIATION = re.compile(
    r"(?:\b(?:e\.g|i\.e|vs|cf|approx|no|fig|dr|mr|mrs|ms|st)\.|\b[a-z]\.)$", re.IGNORECASE
)
_ITEM = re.compile(r"\s*(?:[-*+•]|\d{1,3}[.)])\s+")
_RULE = frozenset("|:-= \t")


@dataclass(frozen=True, slots=True)
class Placed:
    """A sentence and the lines of the passage it stands on, counted from 0."""

    text: str
    first: int
    last: int


def sentences_of(text: str) -> list[str]:
    """Return the sentences of a passage in order, each as it stands, without blanks around it."""
    return [each.text for each in placed_sentences(text)]


def placed_sentences(text: str) -> list[Placed]:
    """Return the sentences of a passage in order, with the lines they stand on."""
    found: list[Placed] = []
    running: list[tuple[int, str]] = []
    for number, line in enumerate(text.split("\n")):
        said = line.strip()
        alone = "|" in said or line.startswith("#")
        ends = not said or (alone or _ITEM.match(line) is not None)
        if ends:
            found.extend(_ended(running))
            running = []
        if not set(said) - _RULE:
            continue
        if alone:
            found.append(Placed(said, number, number))
        else:
            running.append((number, said))
    found.extend(_ended(running))
    return found


def is_item(sentence: str) -> bool:
    """Return whether it stands in a list."""
    return _ITEM.match(sentence) is not None


def _ended(lines: list[tuple[int, str]]) -> Iterator[Placed]:
    """Yield the sentences of lines that run on; an item of a list stays whole if it is short."""
    text = " ".join(said for _, said in lines)
    begins = list(accumulate((len(said) + 1 for _, said in lines), initial=0))
    whole = is_item(text) and len(text.split()) <= WHOLE_ITEM
    for begun, end in [(0, len(text))] if whole else _split(text):
        if part := text[begun:end].strip():
            first, last = (bisect_right(begins, at) - 1 for at in (begun, begun + len(part) - 1))
            yield Placed(part, lines[first][0], lines[last][0])


def _split(text: str) -> Iterator[tuple[int, int]]:
    """Yield where sentences begin and end."""
    begun = 0
    for match in _END.finditer(text):
        if not _ABBREVIATION.search(text[begun : match.start()]):
            yield begun, match.start()
            begun = match.end()
    yield begun, len(text)
