"""BM25 as a textbook has it, over windows of 160 words: the peer the documents tool is held to."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Mapping

WINDOW = 160
K1, B = 1.2, 0.75
_WORD = re.compile(r"[^\W_]+")
_STOP = "a an and are as at be by for from in is it of on or that the this to was were with"
_LEFT_OUT = frozenset(_STOP.split())


class Baseline:
    """Ranks documents by their best window."""

    def __init__(self, texts: Mapping[str, str]) -> None:
        """`texts` by name."""
        windows = [
            (name, words[at : at + WINDOW])
            for name, text in texts.items()
            for words in [_words(text)]
            for at in range(0, max(1, len(words)), WINDOW)
        ]
        self._owners = [name for name, _ in windows]
        self._counts = [Counter(words) for _, words in windows]
        self._lengths = [len(words) for _, words in windows]
        self._mean = sum(self._lengths) / len(self._lengths)
        self._held = Counter(word for counts in self._counts for word in counts)

    def rank(self, question: str) -> list[str]:
        """Return document names, the best first."""
        best: dict[str, float] = {}
        asked = set(_words(question))
        for owner, counts, length in zip(self._owners, self._counts, self._lengths, strict=True):
            score = sum(self._score(word, counts, length) for word in asked)
            best[owner] = max(best.get(owner, 0.0), score)
        return sorted((name for name in best if best[name] > 0), key=lambda name: -best[name])

    def _score(self, word: str, counts: Mapping[str, int], length: int) -> float:
        count = counts.get(word, 0)
        if not count:
            return 0.0
        held, windows = self._held[word], len(self._owners)
        idf = math.log(1 + (windows - held + 0.5) / (held + 0.5))
        return idf * count * (K1 + 1) / (count + K1 * (1 - B + B * length / self._mean))


def _words(text: str) -> list[str]:
    return [word for word in _WORD.findall(text.lower()) if word not in _LEFT_OUT]
