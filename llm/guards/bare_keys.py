"""Keys in what a provider says went wrong: in no form of their own, or cut to one end."""

from __future__ import annotations

import re

from clearway.llm.guards.guardrails import PatternRedactor

RUN = re.compile(r"(?<![0-9A-Za-z])[0-9A-Za-z]{20,}+")
LONG, FEW_DIGITS = 32, 3
"""A run this long is no word; a shorter one with so many digits is none either."""
UUID = re.compile(
    r"(?<![0-9A-Za-z])[0-9a-fA-F]{8}-(?:[0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}(?![0-9A-Za-z])"
)
HIDDEN = "[API_KEY]"
SHORT = 8
"""A shorter key of our own is no secret."""
WORDLIKE = 16
"""A shorter one without a digit may be a word, such as `lm-studio`: models may say it."""
SHOWN = 5
"""Characters of a key's beginning or end that vendors show so that one knows which it is."""
_FORMED = PatternRedactor(personal=False)


def without_keys(text: str, *, uuids: bool = False) -> str:
    """Return the sentence without what may be a key; a key shown as `sk-te***7890` stays.

    With `uuids` those are taken for keys, too: some vendors' are.
    """
    told = RUN.sub(_hidden, _FORMED.redact(text))
    return UUID.sub(HIDDEN, told) if uuids else told


def _hidden(run: re.Match[str]) -> str:
    digits = sum(char.isdigit() for char in run[0])
    return HIDDEN if len(run[0]) >= LONG or FEW_DIGITS <= digits < len(run[0]) else run[0]


class OwnKeys:
    """The keys of the router's own routes, wherever they are said again."""

    def __init__(self, keys: frozenset[str]) -> None:
        """They are held in memory alone."""
        told = {key for key in keys if len(key) >= SHORT}
        self._keys = sorted(told, key=len, reverse=True)
        self.certain = [
            key for key in self._keys if len(key) >= WORDLIKE or any(char.isdigit() for char in key)
        ]

    def __bool__(self) -> bool:
        """Return whether there are any."""
        return bool(self._keys)

    def unsaid(self, text: str) -> str:
        """Return an error's sentence without any of them, whole or cut to one end."""
        for key in self._keys:
            text = re.sub(re.escape(key), HIDDEN, text, flags=re.IGNORECASE)
        for key in self.certain:
            text = _without_ends(text, key)
        return text

    def unwritten(self, text: str) -> str:
        """Return what a model wrote without any of them."""
        for key in self.certain:
            if key in text:
                text = text.replace(key, HIDDEN)
        return text

    def held(self, text: str) -> int:
        """Return how many last characters may be the beginning of one."""
        longest = len(self.certain[0]) if self.certain else 0
        for size in range(min(longest - 1, len(text)), 0, -1):
            if any(key.startswith(text[-size:]) for key in self.certain):
                return size
        return 0


def _without_ends(text: str, key: str) -> str:
    """Return the text without the beginning or the end of a key, as long as each may be."""
    least = max(SHOWN, min(2 * SHOWN, len(key) // 2))
    text = _without_beginning(text, key, least)
    return _without_beginning(text[::-1], key[::-1], least, HIDDEN[::-1])[::-1]


def _without_beginning(text: str, key: str, least: int, hidden: str = HIDDEN) -> str:
    parts, done, at = [], 0, text.find(key[:least])
    while at >= 0:
        end = at + least
        while end - at < len(key) and text[end : end + 1] == key[end - at]:
            end += 1
        parts += [text[done:at], hidden]
        done, at = end, text.find(key[:least], end)
    return "".join([*parts, text[done:]])
