"""WordPiece as BERT's models use it (Devlin et al., 2018), from a model folder, in plain Python.

A question is thirty words: this takes a fraction of what the model does, and the packages that
would do it faster bring a download client with them.
"""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Mapping, Sequence
from functools import lru_cache
from pathlib import Path

from clearway.errors import ConfigurationError

MAX_WORD = 100
"""Longer words are unknown, as in the original."""


class WordPiece:
    """Cuts texts into the ids of one vocabulary."""

    def __init__(
        self, vocabulary: Mapping[str, int], *, lower: bool = True, max_tokens: int = 256
    ) -> None:
        """`max_tokens` counts the two marks at the ends; what is beyond is cut off."""
        self._ids = vocabulary
        self._lower = lower
        self._room = max_tokens - 2
        self._unknown, self._begin, self._end = (
            vocabulary[mark] for mark in ("[UNK]", "[CLS]", "[SEP]")
        )
        self._pieces = lru_cache(maxsize=20_000)(self._cut)

    @classmethod
    def read(cls, folder: Path, *, max_tokens: int) -> WordPiece:
        """Return the tokenizer of a model folder; raise `ConfigurationError` for another kind."""
        file = folder / "tokenizer.json"
        try:
            told = json.loads(file.read_text("utf-8"))
            model = told["model"]
            if model.get("type") != "WordPiece":
                raise ConfigurationError(
                    f"{file} is a {model.get('type')} tokenizer; only WordPiece is read."
                )
            lower = bool((told.get("normalizer") or {}).get("lowercase", True))
            return cls(model["vocab"], lower=lower, max_tokens=max_tokens)
        except (OSError, UnicodeDecodeError, ValueError, KeyError, TypeError, AttributeError):
            raise ConfigurationError(
                f"{file} is missing or is no tokenizer; CLEARWAY_EMBEDDING_MODEL_DIR names the "
                "folder of a BERT-like model."
            ) from None

    def ids(self, text: str) -> list[int]:
        """Return the ids of a text, begun and ended as the model expects; never padded."""
        found: list[int] = []
        for word in _words(text, lower=self._lower):
            found += self._pieces(word)
            if len(found) >= self._room:
                break
        return [self._begin, *found[: self._room], self._end]

    def _cut(self, word: str) -> Sequence[int]:
        """The longest known piece first, then the longest of what is left."""
        if len(word) > MAX_WORD:
            return (self._unknown,)
        pieces: list[int] = []
        start = 0
        while start < len(word):
            end = len(word)
            while end > start:
                piece = word[start:end] if start == 0 else f"##{word[start:end]}"
                if (known := self._ids.get(piece)) is not None:
                    pieces.append(known)
                    break
                end -= 1
            else:
                return (self._unknown,)
            start = end
        return tuple(pieces)


def _words(text: str, *, lower: bool) -> list[str]:
    """Split at white space and around every punctuation mark and ideograph."""
    if lower:
        text = text.lower()
        text = "".join(c for c in unicodedata.normalize("NFD", text) if not _is_accent(c))
    spaced: list[str] = []
    for c in text:
        if c in "\0\ufffd" or _is_control(c):
            continue
        if c.isspace():
            spaced.append(" ")
        elif _stands_alone(c):
            spaced += (" ", c, " ")
        else:
            spaced.append(c)
    return "".join(spaced).split()


@lru_cache(maxsize=4096)
def _is_accent(c: str) -> bool:
    return unicodedata.category(c) == "Mn"


@lru_cache(maxsize=4096)
def _is_control(c: str) -> bool:
    return c not in "\t\n\r" and unicodedata.category(c)[0] == "C"


@lru_cache(maxsize=4096)
def _stands_alone(c: str) -> bool:
    code = ord(c)
    ascii_mark = 33 <= code <= 47 or 58 <= code <= 64 or 91 <= code <= 96 or 123 <= code <= 126
    return ascii_mark or unicodedata.category(c)[0] == "P" or _is_ideograph(code)


def _is_ideograph(code: int) -> bool:
    return (
        0x4E00 <= code <= 0x9FFF
        or 0x3400 <= code <= 0x4DBF
        or 0x20000 <= code <= 0x2CEAF
        or 0xF900 <= code <= 0xFAFF
        or 0x2F800 <= code <= 0x2FA1F
    )
