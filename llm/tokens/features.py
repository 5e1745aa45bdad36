"""What of a text the number of its tokens depends on: words by length and script, digits, signs."""

from __future__ import annotations

import re
from collections import Counter
from functools import lru_cache

from clearway.llm.tokens.strange import BLANKS, blank_tokens, ordinary, sign_tokens

FEATURES = (
    "words", "words_6", "words_9", "words_12", "letters_past_12",
    "capitals", "capital_letters", "keywords",
    "numbers", "digits", "glued", "underscores", "signs", "sign_chars",
    "lines", "indents", "indent_chars",
    "latin_words", "latin_letters", "greek_words", "greek_letters", "cyrillic_words",
    "cyrillic_letters", "hebrew_words", "hebrew_letters", "arabic_words", "arabic_letters",
    "indic_words", "indic_letters", "thai_words", "thai_letters", "kana_words", "kana_letters",
    "han_words", "han_letters", "hangul_words", "hangul_letters", "other_words", "other_letters",
    "strange_bytes", "long_bytes",
)  # fmt: skip
"""In the order of the weights; each is a count, and the estimate is their weighted sum."""

PLACE = {name: place for place, name in enumerate(FEATURES)}
SCRIPTS = (
    (0x0250, "latin"), (0x0370, "other"), (0x0400, "greek"), (0x0530, "cyrillic"),
    (0x0590, "other"), (0x0600, "hebrew"), (0x0780, "arabic"), (0x0900, "other"),
    (0x0E00, "indic"), (0x1100, "thai"), (0x1200, "hangul"), (0x1E00, "other"),
    (0x1F00, "latin"), (0x2000, "greek"), (0x3040, "other"), (0x3100, "kana"), (0x3400, "other"),
    (0xA000, "han"), (0xAC00, "other"), (0xD7B0, "hangul"), (0xF900, "other"), (0xFB00, "han"),
    (0xFB50, "hebrew"), (0xFE00, "arabic"), (0x20000, "other"), (0x32000, "han"),
    (0x110000, "other"),
)  # fmt: skip
"""Where each run of code points ends, and the script it is counted as."""

KEYWORDS = frozenset(
    """SELECT FROM WHERE GROUP BY ORDER LIMIT AND OR AS ON JOIN LEFT INNER SUM COUNT AVG MAX MIN NOT
    IN IS NULL DATE CASE WHEN THEN ELSE END HAVING DESC ASC WITH UNION ALL DISTINCT BETWEEN LIKE
    INTERVAL EXISTS OVER PARTITION CAST COALESCE""".split()  # noqa: SIM905 - one word a line else
)
"""Words that are one token in capitals too."""

ORDINARY_LETTERS = 24
"""What is longer in one piece is rarely a word; the bytes past it are counted on the high side."""
LONG_WORD = 40
"""A longer word is not likely to come again."""

WORD = re.compile(r"[^\W\d_]+")
PIECE = re.compile(r"[A-Z]?[a-z]+|[A-Z]+")
NUMBER = re.compile(r"\d+")
SIGN = re.compile(r"[^\w\s]+|_+")
GLUED = re.compile(r"(?<=[\w\s])[^\w\s](?=[^\W\d_])")
"""One sign before a word: most tokenizers take it into the word."""
LINE = re.compile(r"\n\s*+")
INDENT = re.compile(r"[ \t]{2,}")


def features_of(text: str) -> list[int]:
    """Return the counts in the order of `FEATURES`; linear in the text."""
    counts = [0] * len(FEATURES)
    text, counts[PLACE["strange_bytes"]] = ordinary(text)
    for word, times in Counter(WORD.findall(text)).items():
        parts = _parts(word) if len(word) > LONG_WORD else _known_parts(word)
        for place, amount in parts:
            counts[place] += amount * times
    numbers, indents = NUMBER.findall(text), INDENT.findall(text)
    counts[PLACE["numbers"]] = sum(-(-len(run) // 3) for run in numbers)
    counts[PLACE["digits"]] = sum(map(len, numbers))
    counts[PLACE["indents"]] = len(indents)
    counts[PLACE["indent_chars"]] = sum(map(len, indents))
    counts[PLACE["lines"]] = len(LINE.findall(text))
    counts[PLACE["glued"]] = len(GLUED.findall(text))
    counts[PLACE["strange_bytes"]] += sum(map(blank_tokens, BLANKS.findall(text)))
    for run, times in Counter(SIGN.findall(text)).items():
        if run[0] == "_":
            counts[PLACE["underscores"]] += times
        elif run.isascii():
            counts[PLACE["signs"]] += times
            counts[PLACE["sign_chars"]] += len(run) * times
            counts[PLACE["strange_bytes"]] += sign_tokens(run) * times
        else:
            counts[PLACE["other_words"]] += times
            counts[PLACE["other_letters"]] += len(run.encode()) * times
            counts[PLACE["strange_bytes"]] += sign_tokens(run) * times
    return counts


def _parts(word: str) -> list[tuple[int, int]]:
    """Return the features of a word and how much of each."""
    long = (PLACE["long_bytes"], len(word[ORDINARY_LETTERS:].encode()))
    if not word.isascii():
        script = _script(next(char for char in word if not char.isascii()))
        size = len(word.encode()) if script == "other" else len(word)
        return [(PLACE[f"{script}_words"], 1), (PLACE[f"{script}_letters"], size), long]
    if word.islower() or word.istitle() or word.isupper():
        return [*_plain(word), long]
    pieces = PIECE.findall(word)
    past = sum(max(0, len(piece) - ORDINARY_LETTERS) for piece in pieces)
    return [*(part for piece in pieces for part in _plain(piece)), (PLACE["long_bytes"], past)]


_known_parts = lru_cache(maxsize=20_000)(_parts)


def _plain(word: str) -> list[tuple[int, int]]:
    size = len(word)
    if word in KEYWORDS:
        return [(PLACE["keywords"], 1)]
    if size > 1 and word.isupper():
        return [(PLACE["capitals"], 1), (PLACE["capital_letters"], size)]
    if size <= 5:
        return [(PLACE["words"], 1)]
    if size <= 8:
        return [(PLACE["words_6"], 1)]
    if size <= 11:
        return [(PLACE["words_9"], 1)]
    return [(PLACE["words_12"], 1), (PLACE["letters_past_12"], size - 12)]


def _script(char: str) -> str:
    point = ord(char)
    return next(script for end, script in SCRIPTS if point < end)
