"""Numbers as people write them: digits, words, magnitudes."""

from __future__ import annotations

from collections.abc import Sequence

from clearway.semantics.words.tokens import Token

_UNITS = {
    word: number
    for number, word in enumerate(
        [
            "zero",
            "one",
            "two",
            "three",
            "four",
            "five",
            "six",
            "seven",
            "eight",
            "nine",
            "ten",
            "eleven",
            "twelve",
            "thirteen",
            "fourteen",
            "fifteen",
            "sixteen",
            "seventeen",
            "eighteen",
            "nineteen",
        ]
    )
}
_TENS = {
    word: 10 * (number + 2)
    for number, word in enumerate(
        ["twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"]
    )
}
_MAGNITUDES = {
    "hundred": 100,
    "thousand": 1_000,
    "million": 1_000_000,
    "billion": 1_000_000_000,
    "k": 1_000,
    "m": 1_000_000,
    "bn": 1_000_000_000,
    "dozen": 12,
}
ORDINALS = {
    word: number + 1
    for number, word in enumerate(
        [
            "first",
            "second",
            "third",
            "fourth",
            "fifth",
            "sixth",
            "seventh",
            "eighth",
            "ninth",
            "tenth",
        ]
    )
} | {
    "1st": 1, "2nd": 2, "3rd": 3, "4th": 4, "5th": 5, "6th": 6, "7th": 7, "8th": 8, "9th": 9,
    "10th": 10,
}  # fmt: skip
UNITS = {
    "time": "times",
    "second": "second",
    "sec": "second",
    "s": "second",
    "minute": "minute",
    "min": "minute",
    "hour": "hour",
    "hr": "hour",
    "h": "hour",
    "day": "day",
    "week": "week",
    "month": "month",
    "year": "year",
    "millisecond": "millisecond",
    "ms": "millisecond",
    "dollar": "usd",
    "usd": "usd",
    "euro": "eur",
    "eur": "eur",
    "pound": "gbp",
    "gbp": "gbp",
    "cent": "cent",
    "cm": "cm",
    "mm": "mm",
    "mile": "mile",
    "percent": "percent",
    "%": "percent",
    "$": "usd",
    "€": "eur",
    "£": "gbp",
    "kg": "kg",
    "kilogram": "kg",
    "gb": "gb",
    "mb": "mb",
    "km": "km",
}
"""What a number may be in, by what people write behind it."""
NUMBER_WORDS = frozenset(_UNITS) | frozenset(_TENS)

Number = int | float


def read_number(tokens: Sequence[Token], at: int) -> tuple[Number, int] | None:
    """Return the number that starts at this token and the index after it, or None."""
    token = tokens[at]
    if token.kind == "number":
        value: Number = float(token.low) if "." in token.low else int(token.low)
        at += 1
    elif token.low in NUMBER_WORDS:
        value, at = _spelled(tokens, at)
    else:
        return _glued(token, at)
    while at < len(tokens) and tokens[at].low in _MAGNITUDES and tokens[at].kind == "word":
        value *= _MAGNITUDES[tokens[at].low]
        at += 1
    return value, at


def _spelled(tokens: Sequence[Token], at: int) -> tuple[int, int]:
    word = tokens[at].low
    if word in _UNITS:
        return _UNITS[word], at + 1
    value = _TENS[word]
    at += 1
    if at < len(tokens) and tokens[at].low == "-":
        at += 1
    if at < len(tokens) and 0 < _UNITS.get(tokens[at].low, 0) < 10:
        return value + _UNITS[tokens[at].low], at + 1
    return value, at


def _glued(token: Token, at: int) -> tuple[Number, int] | None:
    """`5k`, `1.5m`: digits with a magnitude attached."""
    digits = token.low.rstrip("kmbn")
    magnitude = _MAGNITUDES.get(token.low[len(digits) :])
    whole, _, part = digits.partition(".")
    if not magnitude or not (whole + part).isdigit() or not digits.isascii() or len(digits) > 18:
        return None
    scaled, size = int(whole + part) * magnitude, 10 ** len(part)
    return scaled / size if scaled % size else scaled // size, at + 1
