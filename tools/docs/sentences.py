"""Sentences of a passage, verbatim: list items, table rows and lines of code count as one each."""

from __future__ import annotations

import re

WHOLE_ITEM = 30
"""Words of an item that is one with all its sentences."""

_END = re.compile(r"(?:(?<=[.!?])|(?<=[.!?][\"')\]]))\s+(?=[A-Z0-9\"'(\[`])")
_ABBREVIATION = re.compile(
    r"(?:\b(?:e\.g|i\.e|vs|cf|approx|no|fig|dr|mr|mrs|ms|st)\.|\b[a-z]\.)$", re.IGNORECASE
)
_ITEM = re.compile(r"\s*(?:[-*+•]|\d{1,3}[.)])\s+")
_RULE = frozenset("|:-= \t")


def sentences_of(text: str) -> list[str]:
    """Return the sentences of a passage in order, each as it stands, without blanks around it."""
    found: list[str] = []
    for paragraph in re.split(r"\n\s*\n", text):
        running: list[str] = []
        for line in paragraph.split("\n"):
            if not line.strip() or not set(line) - _RULE:
                continue
            alone = "|" in line or line.startswith("#")
            if alone or _ITEM.match(line):
                found.extend(_ended(running))
                running = []
            if alone:
                found.append(line.strip())
            else:
                running.append(line.strip())
        found.extend(_ended(running))
    return found


def _ended(lines: list[str]) -> list[str]:
    """Return the sentences of lines that run on; an item of a list stays whole if it is short."""
    text = " ".join(lines)
    return [text] if is_item(text) and len(text.split()) <= WHOLE_ITEM else _split(text)


def is_item(sentence: str) -> bool:
    """Return whether it stands in a list."""
    return _ITEM.match(sentence) is not None


def _split(text: str) -> list[str]:
    parts: list[str] = []
    begun = 0
    for match in _END.finditer(text):
        if not _ABBREVIATION.search(text[begun : match.start()]):
            parts.append(text[begun : match.start()].strip())
            begun = match.end()
    parts.append(text[begun:].strip())
    return [part for part in parts if part]
