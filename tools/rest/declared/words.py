"""The words of a question and of an operation, cut and stemmed alike, with their relatives."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache, lru_cache

from clearway.semantics.words.thesaurus import related
from clearway.semantics.words.tokens import singular
from clearway.tools.docs.words.terms import stem, terms

RELATED = 0.7
"""What a relative of a word is worth."""

LONGEST = 200
"""Texts as long as names and short questions are remembered; there is no end of longer ones."""
_SPLIT = re.compile(r"[^\W\d_]+|\d+")
_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
_ALL = re.compile(
    r"\b(?:all|every|everything|each|entire|complete|full\s+list|how\s+many)\b", re.IGNORECASE
)
_ASKING = frozenset(
    stem(word)
    for word in [
        "please",
        "tell",
        "show",
        "give",
        "get",
        "fetch",
        "find",
        "list",
        "display",
        "want",
        "need",
        "know",
        "see",
        "look",
        "let",
        "help",
        "could",
        "return",
        "retrieve",
        "some",
        "any",
        "all",
        "me",
        "about",
        "which",
        "have",
        "has",
        "there",
        "thing",
        "currently",
        "right",
        "now",
        "many",
        "much",
        "name",
        "named",
        "called",
        "say",
        "call",
    ]
)
"""What a question says of itself; operations all say it too."""

_GROUPS = """
image photo picture logo icon avatar thumbnail |
list all every | search find lookup query | create add new register open submit make |
update change edit modify set rename replace | delete remove cancel drop |
birthday birth born birthdate | address location | date when time |
homepage website site url | latest newest recent last current |
recommendation recommend suggestion |
similar like alike related | people person human | comment review feedback |
health status up alive running available | detail information info about | user account member |
description summary overview |
price cost amount | phone telephone number | mail email |
company organization organisation business |
keyword tag label | log history event | document file | group team | owner holder |
version release | release publish | number count total |
day daily today | week weekly | month monthly | hour hourly
"""
"""Words documents of services use for one another, of any trade; none belongs to a single one."""


@cache
def _relatives() -> dict[str, frozenset[str]]:
    index: dict[str, set[str]] = {}
    for group in _GROUPS.replace("\n", " ").split("|"):
        stems = {stem(word) for word in group.split()}
        for each in stems:
            index.setdefault(each, set()).update(stems - {each})
    return {word: frozenset(others) for word, others in index.items()}


@lru_cache(maxsize=65_536)
def relatives(word: str) -> frozenset[str]:
    """Return stems that may stand for a word as it was said."""
    base = stem(word)
    near = {stem(other) for other in related(singular(word)) if "-" not in other}
    return frozenset(near | _relatives().get(base, frozenset())) - {base}


def asked(question: str) -> dict[str, frozenset[str]]:
    """Return the stems of a question that say what is wanted, with their relatives, in order."""
    found: dict[str, frozenset[str]] = {}
    for word in split(question):
        for term in terms(word):
            if term not in _ASKING and term not in found:
                found[term] = relatives(word)
    return found


def split(text: str) -> tuple[str, ...]:
    """Return the words of a text or an identifier: `movieCredits_v2` is movie, credits, v, 2."""
    return _kept(text) if len(text) <= LONGEST else _cut(text)


def _cut(text: str) -> tuple[str, ...]:
    words = _SPLIT.findall(_CAMEL.sub(" ", text))
    return tuple(word.lower() for word in words)


_kept = lru_cache(maxsize=65_536)(_cut)


def stems(text: str) -> Iterator[str]:
    """Yield the stems of a text or an identifier."""
    for word in split(text):
        yield from terms(word)


def several(text: str) -> frozenset[str]:
    """Return the stems of what is said in the plural."""
    return frozenset(stem(word) for word in split(text) if singular(word) != word)


def all_asked(text: str) -> bool:
    """Return whether a text asks for all there are, or for how many that is."""
    return _ALL.search(text) is not None


def asks_who(text: str) -> bool:
    """Return whether a person is asked for."""
    return not {"who", "whose", "whom"}.isdisjoint(split(text))
