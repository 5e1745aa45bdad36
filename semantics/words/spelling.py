"""Small slips of the pen: one letter added, missing, wrong or swapped with its neighbour.

Only towards a word the catalog or the grammar knows, only when there is one such word, never in
short words, names, numbers or identifiers, and never towards a word that turns a meaning around.
"""

from __future__ import annotations

from collections.abc import Iterable

MIN_LENGTH = 6
"""Of the longer of the two words; four for two letters swapped."""


class Spelling:
    """A vocabulary that can be asked for the word a slip was meant to be."""

    def __init__(self, words: Iterable[str]) -> None:
        """Index every word by itself with one letter left out."""
        self._words = frozenset(w for w in words if w.isascii() and w.isalpha() and len(w) > 3)
        self._without: dict[str, list[str]] = {}
        for word in self._words:
            for shorter in {word, *_shorter(word)}:
                self._without.setdefault(shorter, []).append(word)

    def correct(self, word: str) -> str | None:
        """Return the one known word this is a slip of, or None."""
        if not (word.isascii() and word.isalpha()) or not 4 <= len(word) <= 24:
            return None
        found = {
            known
            for shorter in {word, *_shorter(word)}
            for known in self._without.get(shorter, ())
            if _slip(word, known)
        }
        return found.pop() if len(found) == 1 else None


def _shorter(word: str) -> set[str]:
    return {word[:i] + word[i + 1 :] for i in range(len(word))}


def _slip(word: str, known: str) -> bool:
    """Whether one slip makes `word` of `known`; the first letter is never wrong."""
    if word == known or word[0] != known[0]:
        return False
    if len(word) == len(known):
        wrong = [i for i in range(len(word)) if word[i] != known[i]]
        if len(wrong) == 2:
            a, b = wrong
            return b == a + 1 and word[a] == known[b] and word[b] == known[a]
        return len(wrong) == 1 and len(word) >= MIN_LENGTH
    longer, shorter = (word, known) if len(word) > len(known) else (known, word)
    return (
        len(longer) == len(shorter) + 1
        and len(longer) >= MIN_LENGTH
        and shorter in _shorter(longer)
    )
