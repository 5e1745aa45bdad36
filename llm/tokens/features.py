"""What of a text the number of its tokens depends on: words by length and script, digits, signs."""

from __future__ import annotations

import re

FEATURES = (
    "words", "words_6", "words_9", "words_12", "letters_past_12",
    "capitals", "capital_letters", "keywords",
    "numbers", "digits", "glued", "underscores", "signs", "sign_chars",
    "lines", "indents", "indent_chars",
    "latin_words", "latin_letters", "greek_words", "greek_letters", "cyrillic_words",
    "cyrillic_letters", "hebrew_words", "hebrew_letters", "arabic_words", "arabic_letters",
    "indic_words", "indic_letters", "thai_words", "thai_letters", "kana_words", "kana_letters",
    "han_words", "han_letters", "hangul_words", "hangul_letters", "other_words", "other_letters",
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
    for word in WORD.findall(text):
        if not word.isascii():
            _foreign(word, counts)
        elif word.islower() or word.istitle() or word.isupper():
            _plain(word, counts)
        else:
            for piece in PIECE.findall(word):
                _plain(piece, counts)
    for name, runs in (
        ("numbers", [-(-len(run) // 3) for run in NUMBER.findall(text)]),
        ("digits", [len(run) for run in NUMBER.findall(text)]),
        ("indent_chars", [len(run) for run in INDENT.findall(text)]),
    ):
        counts[PLACE[name]] = sum(runs)
    glued = len(GLUED.findall(text))
    counts[PLACE["glued"]] = glued
    counts[PLACE["lines"]] = len(LINE.findall(text))
    counts[PLACE["indents"]] = len(INDENT.findall(text))
    for run in SIGN.findall(text):
        if run[0] == "_":
            counts[PLACE["underscores"]] += 1
        elif run.isascii():
            counts[PLACE["signs"]] += 1
            counts[PLACE["sign_chars"]] += len(run)
        else:
            counts[PLACE["other_words"]] += 1
            counts[PLACE["other_letters"]] += len(run.encode())
    return counts


def _plain(word: str, counts: list[int]) -> None:
    size = len(word)
    if word in KEYWORDS:
        counts[PLACE["keywords"]] += 1
        return
    if size > 1 and word.isupper():
        counts[PLACE["capitals"]] += 1
        counts[PLACE["capital_letters"]] += size
        return
    if size <= 5:
        counts[PLACE["words"]] += 1
    elif size <= 8:
        counts[PLACE["words_6"]] += 1
    elif size <= 11:
        counts[PLACE["words_9"]] += 1
    else:
        counts[PLACE["words_12"]] += 1
        counts[PLACE["letters_past_12"]] += size - 12


def _foreign(word: str, counts: list[int]) -> None:
    script = _script(next(char for char in word if not char.isascii()))
    counts[PLACE[f"{script}_words"]] += 1
    size = len(word.encode()) if script == "other" else len(word)
    counts[PLACE[f"{script}_letters"]] += size


def _script(char: str) -> str:
    point = ord(char)
    return next(script for end, script in SCRIPTS if point < end)
