"""Texts nobody quoted: `titled Printer broken with high priority` ends where more is said."""

from __future__ import annotations

from collections.abc import Container, Sequence

from clearway.tools.docs.words.terms import stem

CALLED = frozenset(["called", "named", "titled", "entitled"])
_TITLES = frozenset(["title", "name", "label", "subject"])
_JOINING = frozenset(["and", "for", "in", "to", "by", "as", "at", "on", "from", "of", "under"])
_ARTICLES = frozenset(["a", "an", "the", "its", "their"])
_LAST = frozenset(["please", "now", "thanks"])


def begins(tokens: Sequence[str], index: int) -> bool:
    """Return whether a text begins here that has no quotes: behind `titled`, or `with title`."""
    if index == 0 or index >= len(tokens) or not tokens[index][0].isalnum():
        return False
    words = [each.lower() for each in tokens[:index]]
    if words[-1] in CALLED:
        return True
    before = [each for each in words[:-1] if each not in _ARTICLES]
    beside = bool(before) and before[-1] == "with" and words[-1] in _TITLES
    return beside and tokens[index].lower() not in _JOINING


def ends(tokens: Sequence[str], start: int, fields: Container[str]) -> int:
    """Return where a text that begins here ends; `fields` are the stems of what else is said."""
    at = start + 1
    while at < len(tokens) and tokens[at][0].isalnum() and not _turns(tokens, at, fields):
        at += 1
    while at > start + 1 and tokens[at - 1].lower() in _LAST:
        at -= 1
    return at


def _turns(tokens: Sequence[str], at: int, fields: Container[str]) -> bool:
    """Whether something else begins: a joining word, and behind it what else may be said."""
    low = tokens[at].lower()
    if low in ("with", "whose"):
        return True
    if low not in _JOINING:
        return False
    rest = [each for each in tokens[at + 1 : at + 4] if each.lower() not in _ARTICLES]
    return bool(rest) and stem(rest[0].lower()) in fields
