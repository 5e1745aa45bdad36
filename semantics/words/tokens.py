"""Split a question into tokens, in one linear pass, whatever the text.

A token keeps its place in the text, its case-folded form and its singular. Quoted text is one
token: it is data. Words are split at underscores, hyphens and slashes, as names and values are.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from typing import Literal

Kind = Literal["word", "number", "quoted", "mark"]

MAX_TOKENS = 400
"""A question has fewer; what comes after is reported unread, so that time stays bounded."""

_TOKEN = re.compile(
    r"""
      "(?P<q1>[^"\n]{0,200})" | “(?P<q2>[^”\n]{0,200})” | «(?P<q3>[^»\n]{0,200})»
    | (?<!\w)['\u2018](?P<q4>[^'\u2019\n]{1,200})['\u2019](?!\w)
    | (?P<amount>\d{1,12}\.\d{1,6}(?:[kKmM]|bn)(?!\w))
    | (?P<number>\d{1,3}(?:,\d{3})+(?:\.\d+)?(?!\w)|\d{1,15}(?:\.\d{1,10})?(?![\w]))
    | (?P<word>[^\W_]{1,60})(?P<tail>['\u2019](?:s|S|t|re|ve|ll|d|m)(?!\w)|['\u2019](?!\w))?
    | (?P<mark><=|>=|<>|!=|[^\w\s])
    """,
    re.VERBOSE,
)
_IRREGULAR = {
    "people": "person", "men": "man", "women": "woman", "children": "child", "data": "data",
    "media": "media", "indices": "index", "analyses": "analysis", "criteria": "criterion",
    "has": "has", "is": "is", "was": "was", "does": "does", "this": "this", "its": "its",
    "less": "less", "as": "as", "us": "us", "yes": "yes", "movies": "movie", "series": "series",
    "species": "species", "earnings": "earnings", "news": "news", "always": "always", "his": "his",
    "hers": "hers",
    "theirs": "theirs", "ours": "ours", "whereas": "whereas", "besides": "besides",
    "perhaps": "perhaps", "cookies": "cookie", "lives": "live", "leaves": "leave",
    "gives": "give", "drives": "drive", "receives": "receive", "archives": "archive",
    "shoes": "shoe", "cities": "city", "buses": "bus", "statuses": "status", "quizzes": "quiz",
    "lenses": "lens", "gases": "gas", "houses": "house", "courses": "course", "nurses": "nurse",
    "databases": "database", "warehouses": "warehouse", "purchases": "purchase",
    "licenses": "license", "expenses": "expense", "responses": "response", "releases": "release",
    "causes": "cause", "phases": "phase", "cases": "case", "bases": "base", "uses": "use",
    "horses": "horse", "invoices": "invoice", "dates": "date", "ids": "id",
}  # fmt: skip


class Token:
    """One piece of a question; `start` and `end` are offsets in the text."""

    __slots__ = ("corrected", "end", "kind", "low", "possessive", "start", "stem", "text")

    def __init__(  # noqa: PLR0917 - called for every token of every question
        self, text: str, low: str, stem: str, start: int, end: int, kind: Kind
    ) -> None:
        self.text = text
        self.low = low
        self.stem = stem
        self.start = start
        self.end = end
        self.kind: Kind = kind
        self.possessive = False
        self.corrected = False

    @property
    def capital(self) -> bool:
        """Whether it is written like a name."""
        return self.text[:1].isupper()


def normalised(text: str) -> str:
    """Return the text as it is read: composed, without control characters, blanks collapsed."""
    if not text.isascii():
        text = unicodedata.normalize("NFKC", text)
    if not text.isprintable():
        text = "".join(c if c.isprintable() else " " for c in text)
    return " ".join(text.split())


def tokenize(text: str) -> list[Token]:
    """Return the first `MAX_TOKENS` tokens of a normalised text."""
    tokens: list[Token] = []
    for match in _TOKEN.finditer(text):
        group = match.lastgroup
        if group in ("word", "amount"):
            said = match.group()
            low = said.lower() if said.isascii() else said.casefold()
            start, end = match.span()
            tokens.append(Token(said, low, singular(low), start, end, "word"))
        elif group == "tail":
            tokens.append(_word(match))
        elif group == "number":
            low = match.group().replace(",", "")
            tokens.append(Token(match.group(), low, low, match.start(), match.end(), "number"))
        elif group == "mark":
            low = match.group()
            tokens.append(Token(low, low, low, match.start(), match.end(), "mark"))
        else:
            said = match.group(group or 0)
            tokens.append(Token(said, said, said, match.start(), match.end(), "quoted"))
        if len(tokens) == MAX_TOKENS:
            break
    return tokens


def _word(match: re.Match[str]) -> Token:
    word, tail = match.group("word"), match.group("tail")
    low = word.lower() if word.isascii() else word.casefold()
    start, end = match.span()
    if tail and tail[1:].lower() in ("", "s"):
        token = Token(word, low, singular(low), start, end, "word")
        token.possessive = True
        return token
    if tail:
        low = low + "'" + tail[1:].lower()
        return Token(match.group(), low, low, start, end, "word")
    return Token(word, low, singular(low), start, end, "word")


@lru_cache(maxsize=65_536)
def singular(word: str) -> str:
    """Return the singular of an English plural; other words come back as they are."""
    if word in _IRREGULAR:
        return _IRREGULAR[word]
    if len(word) < 4 or not word.endswith("s") or word.endswith(("ss", "us", "is", "'s")):
        return word
    if word.endswith("ies"):
        return word[:-3] + "y" if len(word) > 4 else word[:-1]
    if word.endswith(("ches", "shes", "sses", "xes", "zzes")):
        return word[:-2]
    return word[:-1]


def words_of_text(text: str) -> tuple[str, ...]:
    """Return the singular words of a phrase, cut as a question is cut; quotes do not hide words."""
    bare = normalised(text).replace('"', " ")
    return tuple(token.stem for token in tokenize(bare) if token.kind != "mark")
