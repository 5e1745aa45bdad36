"""Limits that are said: `up to 15 %` is the other side of `above 15 percent`."""

from __future__ import annotations

import re
from typing import Literal

Side = Literal["above", "up to"]

_NUMBER = r"(?:[€$£]\s?)?(\d+(?:[.,]\d+)*)"
_MORE = r"(?:more|larger|greater|higher|longer|older|bigger|later|wider|heavier)"
_LESS = r"(?:less|fewer|smaller|lower|shorter|younger|earlier|narrower|lighter)"
_BETWEEN = r"\s+(?:(?:a|an|the|about|some)\s+)?"
_UNIT = r"\s*(?:%|[a-z]+)?\s+"
_SIDES: tuple[tuple[Side, re.Pattern[str]], ...] = (
    (
        "up to",
        re.compile(
            rf"(?:\bup to|\bat most|\b(?:no|not) {_MORE} than|(?<!no )(?<!not )\b{_LESS} than"
            rf"|\bbelow|\bunder|\bwithin|\bmaximum(?: of)?|\bnot exceed(?:ing)?){_BETWEEN}{_NUMBER}"
            rf"|{_NUMBER}{_UNIT}(?:or (?:{_LESS}|under|below)|at most)\b",
            re.IGNORECASE,
        ),
    ),
    (
        "above",
        re.compile(
            rf"(?:\babove|\bover|\bbeyond|(?<!no )(?<!not )\b{_MORE} than|\b(?:no|not) {_LESS} than"
            rf"|\bat least|(?<!not )\bexceed(?:s|ing)?|\bminimum(?: of)?){_BETWEEN}{_NUMBER}"
            rf"|{_NUMBER}{_UNIT}(?:or (?:{_MORE}|over|above)|and (?:above|over|more))\b",
            re.IGNORECASE,
        ),
    ),
)
OPEN = re.compile(
    r"^\W*(?:(?:and|so|but|please|tell me|i (?:want|need) to know)\W+)*"
    r"(?:(?:at|in|on|by|for|to|from|with) )?(?:who|what|which|when|where|how|whom|whose)\b",
    re.IGNORECASE,
)
"""What begins a question that yes or no does not answer."""


def contrary(sentence: str, question: str) -> bool:
    """Return whether a sentence speaks of just the other side of a limit that is asked about.

    Whether something may be done (`can I take more than five?`) the other side answers too.
    """
    asked = limits(question)
    if not asked or not OPEN.match(question):
        return False
    said = limits(sentence)
    return any(
        (number, "above" if side == "up to" else "up to") in said and (number, side) not in said
        for number, side in asked
    )


def limits(text: str) -> frozenset[tuple[str, Side]]:
    """Return the numbers of a text that are said as limits, each with its side."""
    return frozenset(
        (next(filter(None, match.groups())), side)
        for side, pattern in _SIDES
        for match in pattern.finditer(text)
    )
