"""Words of a text as they are indexed: folded, stemmed, identifiers split, no function words."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from hashlib import blake2b
from itertools import chain

from clearway.semantics.words.tokens import singular

MAX_WORD = 64
"""A longer run of letters is no word: base64, a minified line."""

_WORD = re.compile(r"[^\W_]+")
_PARTS = re.compile(r"[A-Z]+(?=[A-Z][a-z])|[A-Z]?[a-z]+|[A-Z]+|\d+")
_FUNCTION = """
a an the of to in on at by for from with and or not is are was were be been being am do does did
has have had having this that these those it its as into than then there their they them we you
your our i me my mine what which who whom whose when where why how can could should would will
may might must shall if but so such each any all also over under about between within per via
he she his her him us ours yours theirs itself s t don isn aren doesn didn won
"""
_FUNCTION_WORDS = frozenset(_FUNCTION.split())
_ENDINGS = (
    "ations", "ation", "ingly", "edly", "ings", "ing", "ed", "ly", "ment", "ness", "able",
    "ally", "al", "ion", "ive", "er", "or", "e",
)  # fmt: skip
_SHORTEST = 4
"""What is left of a word when an ending is taken off."""


def terms(text: str) -> list[str]:
    """Return the terms of a text in order, repeated as often as they occur.

    A word of mixed form (`orderId`, `utf8`) gives itself and its parts.
    """
    if not text.isascii():
        text = unicodedata.normalize("NFKC", text)
    return list(chain.from_iterable(map(_terms_of, _words_in(text))))


def tell(text: str) -> dict[str, str]:
    """Return each distinct term of a text with the word that gave it, in order."""
    if not text.isascii():
        text = unicodedata.normalize("NFKC", text)
    told: dict[str, str] = {}
    for word in _words_in(text):
        for term in _terms_of(word):
            told.setdefault(term, word)
    return told


def _words_in(text: str) -> list[str]:
    """Return the words; what is none is not remembered either, for there is no end of it."""
    return [word for word in _WORD.findall(text) if len(word) <= MAX_WORD]


@lru_cache(maxsize=131_072)
def _terms_of(word: str) -> tuple[str, ...]:
    low = word.casefold()
    if low in _FUNCTION_WORDS or len(low) > MAX_WORD:
        return ()
    whole = stem(low)
    if word.isalpha() and (word == low or word.isupper() or word[1:].islower()):
        return (whole,)
    parts = [part.lower() for part in _PARTS.findall(word)]
    if len(parts) < 2:
        return (whole,)
    kept = (stem(part) for part in parts if len(part) > 1 and part not in _FUNCTION_WORDS)
    return (whole, *kept)


@lru_cache(maxsize=131_072)
def stem(word: str) -> str:
    """Return what the forms of a word have in common; it need not be a word itself."""
    word = singular(word)
    for ending in _ENDINGS:
        if word.endswith(ending) and len(word) - len(ending) >= _SHORTEST:
            word = word[: -len(ending)]
            if word[-1] == word[-2] and word[-1] not in "ls":
                word = word[:-1]
            break
    return word[:-1] + "y" if word.endswith("i") and len(word) > _SHORTEST else word


@lru_cache(maxsize=131_072)
def term_key(term: str) -> int:
    """Return a signed number of 64 bits that stands for a term in an index."""
    return int.from_bytes(blake2b(term.encode(), digest_size=8).digest(), "big", signed=True)
