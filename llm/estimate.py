"""Tokens by rule of thumb: good enough to reserve by where no tokenizer is at hand."""

from __future__ import annotations

from collections.abc import Sequence

BYTES_PER_TOKEN = 3.5
"""English prose has about 4.4, code and SQL about 3.3: reserving errs on the high side."""


class ByteEstimate:
    """Implements `TokenCounter` by the length in UTF-8."""

    def count(self, model: str, texts: Sequence[str]) -> int:
        """Return the estimate; one token at least for a text that is not empty."""
        size = sum(len(text) if text.isascii() else len(text.encode()) for text in texts)
        return -int(-size // BYTES_PER_TOKEN)

    def is_exact(self, model: str) -> bool:
        """Return False, whatever the model."""
        return False
