"""Count tokens: by the model's own tokenizer where it is here, else by a calibrated estimate."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from functools import cache, lru_cache
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING

from clearway.llm.tokens.encodings import PUBLISHED, Published, find
from clearway.llm.tokens.families import Family, family_of
from clearway.llm.tokens.features import FEATURES, PLACE, features_of

if TYPE_CHECKING:
    from tiktoken import Encoding

KEPT_TEXTS = 512
LEAST = tuple(
    (PLACE[words], PLACE[letters], least)
    for words, letters, least in (
        ("capitals", "capital_letters", 0.25), ("latin_words", "latin_letters", 0.2),
        ("greek_words", "greek_letters", 0.25), ("cyrillic_words", "cyrillic_letters", 0.2),
        ("hebrew_words", "hebrew_letters", 0.3), ("arabic_words", "arabic_letters", 0.25),
        ("indic_words", "indic_letters", 0.3), ("thai_words", "thai_letters", 0.3),
        ("kana_words", "kana_letters", 0.5), ("han_words", "han_letters", 0.5),
        ("hangul_words", "hangul_letters", 0.5),
    )
)  # fmt: skip
"""Tokens a letter never falls below, in however long words: some were fitted by words alone."""
LONG = 20_000
"""A longer text is counted each time rather than kept."""


class LocalTokenCounter:
    """Implements `TokenCounter`; never touches the network.

    Counts of recent texts are kept: the same instructions are counted before every call.
    """

    def __init__(
        self, folder: Path | None = None, *, published: Mapping[str, Published] = PUBLISHED
    ) -> None:
        """`folder` may hold tokenizer data; tiktoken's own caches are looked through as well."""
        self._folder = folder
        self._published = published
        self._encodings: dict[Family, Encoding | None] = {}
        self._kept = lru_cache(maxsize=KEPT_TEXTS)(self._counted)

    def count(self, model: str, texts: Sequence[str]) -> int:
        """Return the tokens of all texts; a model nobody knows is counted on the high side."""
        family = family_of(model)
        return sum(
            self._kept(family, text) if len(text) <= LONG else self._counted(family, text)
            for text in texts
        )

    def is_exact(self, model: str) -> bool:
        """Return whether the model's own tokenizer is at hand."""
        return self._encoding(family_of(model)) is not None

    def _counted(self, family: Family, text: str) -> int:
        encoding = self._encoding(family)
        if encoding is None:
            return estimate(family, text)
        return len(encoding.encode_ordinary(text))

    def _encoding(self, family: Family) -> Encoding | None:
        if family not in self._encodings:
            published = self._published.get(family)
            self._encodings[family] = find(published, self._folder) if published else None
        return self._encodings[family]


def estimate(family: Family, text: str) -> int:
    """Return the estimate; one token at least for a text that is not empty."""
    weights = _weights()[family]
    counts = features_of(text)
    total = sum(count * weight for count, weight in zip(counts, weights, strict=True) if count)
    for words, letters, least in LEAST:
        if counts[letters]:
            fitted = counts[words] * weights[words] + counts[letters] * weights[letters]
            total += max(0.0, counts[letters] * least - fitted)
    return max(round(total), 1) if text else 0


@cache
def _weights() -> dict[str, list[float]]:
    """Return tokens per feature of each family, fitted to the vendors' own tokenizers.

    Non-negative, by least absolute relative error over English, code, SQL, JSON schemas, table
    listings, rows and nineteen other languages; `unknown` is fitted to the most of all families.
    """
    text = (files("clearway.llm.tokens") / "weights.json").read_text("utf-8")
    weights: dict[str, dict[str, float]] = json.loads(text)
    return {family: [known[name] for name in FEATURES] for family, known in weights.items()}
