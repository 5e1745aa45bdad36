"""What a question names that no document declares: numbers, names, quotations, ordinals."""

from __future__ import annotations

import re
from collections.abc import Container
from dataclasses import dataclass, replace
from typing import Literal

from clearway.semantics.words.numerals import ORDINALS
from clearway.tools.docs.words.terms import stem
from clearway.tools.rest.planning import phrases

Kind = Literal["name", "number", "ordinal", "code", "period"]
_TOKEN = re.compile(
    r"\"[^\"]{1,200}\"|“[^”]{1,200}”|'[^']{2,200}'(?!\w)|[\w.+-]+@[\w-]+\.[\w.-]+|#?\d+(?:st|nd|rd|th)\b"
    r"|#?\w+(?:[-_./]\w+)*(?:['\u2019]s\b)?|[:,;?!.&]"
)
_CODE = re.compile(r"(?=.*\d)(?=.*[A-Za-z])[\w-]{3,}|[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_CURRENCY = re.compile(r"[A-Z]{3}")
"""An amount stands before it, no part of a name: 20 EUR."""
_DECIMAL = re.compile(r"\d{1,15}\.\d{1,6}")
_WRITTEN = re.compile(r"\d{1,4}(?:[-/.]\d{1,4}){1,2}")
"""A date in figures, a section, a fraction: said, and to be given to a call."""
_DIGITS = re.compile(r"#?(\d+)(st|nd|rd|th)?")
_WITHIN = frozenset(
    ["of", "the", "and", "in", "for", "a", "an", "to", "on", "&", ":", "with", "as"]
)
_LITTLE = frozenset(["of", "is", "to", "as", "id", "number", "no"])
_NO_NAMES = frozenset(["i", "api", "apis", "url", "id", "ids", "http", "https", "json", "rest"])
_OPENING = frozenset(
    [
        "who",
        "what",
        "when",
        "where",
        "which",
        "why",
        "how",
        "is",
        "are",
        "was",
        "were",
        "do",
        "does",
        "did",
        "can",
        "could",
        "show",
        "tell",
        "give",
        "list",
        "get",
        "find",
        "please",
        "i",
        "we",
        "me",
        "the",
        "a",
        "an",
        "in",
        "on",
        "of",
        "for",
        "my",
        "our",
        "hi",
        "hello",
        "has",
        "have",
        "had",
        "call",
        "check",
        "will",
        "would",
        "should",
        "any",
        "some",
        "there",
        "this",
        "that",
        "these",
        "those",
        "name",
        "search",
        "look",
        "up",
        "top",
        "refund",
        "cancel",
        "delete",
        "create",
        "update",
        "fetch",
        "return",
        "and",
        "or",
        "not",
        "if",
        "from",
        "with",
        "by",
        "about",
        "it",
        "its",
    ]
)


@dataclass(frozen=True, slots=True)
class Said:
    """One literal; `near` are the stems of the words beside it, the closest first."""

    kind: Kind
    text: str
    near: tuple[str, ...]
    words: frozenset[str]
    """Stems of its own words: they are no words of the question."""
    quoted: bool = False
    before: tuple[str, ...] = ()
    """The stem of the word before it, little words left out: `amount of 20`, `note: "late"`."""
    owner: bool = False
    """`Ann's`, or `by Ann`: most likely a person."""


def literals(
    question: str, known: Container[str], fields: Container[str] | None = None
) -> tuple[Said, ...]:
    """Return what the question names; a capital word whose stem is `known` is no name.

    Where something is to be written, `fields` are the stems of what may be said of it: what it is
    called goes on to there, in words of any kind.
    """
    tokens = [match.group() for match in _TOKEN.finditer(question)]
    found: list[Said] = []
    index = 0
    while index < len(tokens):
        if fields is not None and phrases.begins(tokens, index):
            end = phrases.ends(tokens, index, fields)
            found.append(_said("name", " ".join(tokens[index:end]), tokens, index, end))
            index = end
            continue
        end = _name_end(tokens, index, known)
        if end == index + 1 and _CODE.fullmatch(tokens[index]):
            end = index  # `KX-204` alone is the code of something, with whatever letters
        if end > index:
            text = _joined(tokens[index:end])
            owner = _possessive(tokens[end - 1]) or (
                index > 0 and tokens[index - 1].lower() == "by"
            )
            found.append(replace(_said("name", text, tokens, index, end), owner=owner))
            index = end
            continue
        if one := _one(tokens, index):
            found.append(one)
        index += 1
    return tuple(found)


def _one(tokens: list[str], index: int) -> Said | None:
    token = tokens[index]
    if token[0] in "\"“'" and len(token) > 2:
        said = _said("name", token[1:-1], tokens, index, index + 1)
        return replace(said, quoted=True)
    if _DECIMAL.fullmatch(token):
        return _said("number", token, tokens, index, index + 1)
    if digits := _DIGITS.fullmatch(token):
        kind: Kind = "ordinal" if digits[2] else "number"
        return _said(kind, digits[1], tokens, index, index + 1)
    low = token.lower()
    if low in ORDINALS:
        return _said("ordinal", str(ORDINALS[low]), tokens, index, index + 1)
    coded = _CODE.fullmatch(token.removeprefix("#")) or _WRITTEN.fullmatch(token)
    if coded or "@" in token:
        return _said("code", token.removeprefix("#"), tokens, index, index + 1)
    return None


def _said(kind: Kind, text: str, tokens: list[str], start: int, end: int) -> Said:
    around = [
        tokens[at]
        for at in (start - 1, end, start - 2, end + 1)
        if 0 <= at < len(tokens) and tokens[at][0].isalpha()
    ]
    near = tuple(stem(word.lower()) for word in around)
    own = frozenset(stem(word.lower()) for word in re.findall(r"\w+", text))
    return Said(kind, text, near, own, before=_before(tokens, start))


def _before(tokens: list[str], start: int) -> tuple[str, ...]:
    for piece in reversed(tokens[max(0, start - 4) : start]):
        if piece[0].isalpha() and piece.lower() not in _LITTLE:
            return (stem(piece.lower()),)
        if not piece[0].isalpha() and piece != ":":
            return ()
    return ()


def _name_end(tokens: list[str], start: int, known: Container[str]) -> int:
    """Return where a name that starts here ends; `start` where none does."""
    if not _capital(tokens[start], known) and not _numbered(tokens, start, known):
        return start
    if start == 0 and not (len(tokens) > 1 and _capital(tokens[1], known)):
        return start
    if _bare(tokens[start]).lower() in _OPENING and not _goes_on(tokens, start, known):
        return start
    end = start + 1
    while end < len(tokens) and not _possessive(tokens[end - 1]):
        if _capital(tokens[end], known) or (
            tokens[end].isdigit() and _capital(tokens[end - 1], known)
        ):
            end += 1
            continue
        step = end
        while step < len(tokens) and tokens[step].lower() in _WITHIN and step - end < 3:
            step += 1
        if step == end or step >= len(tokens) or not _capital(tokens[step], known):
            break
        end = step + 1
    return end


def _goes_on(tokens: list[str], start: int, known: Container[str]) -> bool:
    """Whether a word that often opens a sentence is part of a name: `The Matrix`, not `Who`."""
    return start > 0 and start + 1 < len(tokens) and _capital(tokens[start + 1], known)


def _numbered(tokens: list[str], start: int, known: Container[str]) -> bool:
    after = tokens[start + 1] if start + 1 < len(tokens) else ""
    if start == 0 or not tokens[start].isdigit() or _CURRENCY.fullmatch(after):
        return False
    return bool(after) and _capital(after, known)


def _capital(token: str, known: Container[str]) -> bool:
    bare = _bare(token)
    low = bare.lower()
    return bare[:1].isupper() and stem(low) not in known and low not in _NO_NAMES


def _bare(token: str) -> str:
    return re.sub("['\u2019]s$", "", token)


def _possessive(token: str) -> bool:
    return token.endswith(("'s", "\u2019s"))


def _joined(tokens: list[str]) -> str:
    text = " ".join(_bare(token) for token in tokens)
    return re.sub(r"\s+([:,])", r"\1", text)
