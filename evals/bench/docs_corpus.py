"""Documents nobody wrote, for timings: words as frequent as in a language, in files of passages."""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import accumulate

from clearway.tools.docs.types import Access, Chunk, Document

VOCABULARY = 40_000
PASSAGES = 20
WORDS = 110
_SYLLABLES = "ba ce di fo gu ha je ki lo mu na pe qui ro su ta ve wi xo yu zan bor cle dro".split()  # noqa: SIM905
_NOW = datetime(2026, 1, 1, tzinfo=UTC)


class Corpus:
    """Words by Zipf's law, the same ones for the same seed."""

    def __init__(self, seed: int = 7) -> None:
        self._random = random.Random(seed)
        self.words = _words(self._random)
        self._cumulative = list(accumulate(1 / (rank + 8) for rank in range(VOCABULARY)))

    def documents(self, passages: int, access: Access) -> Iterator[Document]:
        """Yield documents with this many passages together."""
        for number in range(passages // PASSAGES):
            topic = self._draw(12)
            yield Document(
                path=f"/bench/{number}.md",
                label=f"{number}.md",
                title=" ".join(self._draw(4)),
                content_hash=str(number),
                size_bytes=1,
                modified_at=_NOW,
                access=access,
                chunks=tuple(self._passage(topic, at) for at in range(PASSAGES)),
            )

    def question(self, common: bool) -> str:
        """Return a question of eight words, drawn as text is, or of the commonest words only."""
        if common:
            return " ".join(self._random.sample(self.words[:60], 8))
        return " ".join(self._draw(8))

    def _draw(self, count: int) -> list[str]:
        return self._random.choices(self.words, cum_weights=self._cumulative, k=count)

    def _passage(self, topic: list[str], at: int) -> Chunk:
        words = " ".join(self._draw(WORDS) + self._random.choices(topic, k=8))
        return Chunk(ordinal=at, text=words, section=(), line=at * 3 + 1, end_line=at * 3 + 2)


def _words(source: random.Random) -> list[str]:
    made: dict[str, None] = {}
    while len(made) < VOCABULARY:
        made["".join(source.choices(_SYLLABLES, k=source.randint(2, 4)))] = None
    return list(made)
