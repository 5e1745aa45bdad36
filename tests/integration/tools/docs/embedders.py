"""An embedder without a model: the letters of a text, so that alike words are near each other."""

from __future__ import annotations

import math
from collections.abc import Sequence
from hashlib import blake2b

from clearway.errors import ModelUnavailable


class LetterEmbedder:
    """Counts runs of three letters; a real `Embedder`, if a simple one."""

    def __init__(
        self, model_id: str = "letters@1", *, away: bool = False, dimensions: int = 64
    ) -> None:
        self.model_id = model_id
        self.dimensions = dimensions
        self.away = away
        self.embedded = 0

    async def embed(self, texts: Sequence[str]) -> list[list[float]]:
        if self.away:
            raise ModelUnavailable("the model is away")
        self.embedded += len(texts)
        return [self._vector(text.casefold()) for text in texts]

    def _vector(self, text: str) -> list[float]:
        counts = [0.0] * self.dimensions
        for at in range(len(text) - 2):
            digest = blake2b(text[at : at + 3].encode(), digest_size=2).digest()
            counts[int.from_bytes(digest, "big") % self.dimensions] += 1.0
        length = math.sqrt(sum(count * count for count in counts)) or 1.0
        return [count / length for count in counts]


def make() -> LetterEmbedder:
    return LetterEmbedder()
