"""Whether a sentence is supported by a passage: by its words, numbers, names and negations.

Deterministic, and stricter than a reader would be: what is not plainly said there is not supported.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from clearway.tools.docs.words.sentences import sentences_of
from clearway.tools.docs.words.terms import terms

ENOUGH = 0.75
"""Share of a sentence's terms that must stand in what it cites; the rest is for joining words."""
CLOSE = 0.5
"""Share that must stand within one or two neighbouring sentences of the passage."""

_NUMBER = re.compile(r"\d+(?:[.,:]\d+)*")
_NEGATION = re.compile(
    r"\b(?:not|no|never|none|nor|neither|without|cannot|nothing|unless|except|\w+n['\u2019]t)\b",
    re.IGNORECASE,
)
_NAME = re.compile(r"`[^`]+`|\b\w*[a-z][A-Z]\w*\b|\b\w+_\w+\b|\b[A-Z]{2,}\w*\b")


def supported(sentence: str, passages: Sequence[str]) -> bool:
    """Return whether the passages together say what the sentence says."""
    said = set(terms(sentence))
    if not said:
        return False
    whole = "\n\n".join(passages)
    if len(said & set(terms(whole))) < ENOUGH * len(said):
        return False
    numbers = set(_NUMBER.findall(whole))
    if any(number not in numbers for number in _NUMBER.findall(sentence)):
        return False
    low = whole.casefold()
    if any(name.strip("`").casefold() not in low for name in _NAME.findall(sentence)):
        return False
    nearest = _nearest(said, passages)
    close = len(said & set(terms(nearest))) >= CLOSE * len(said)
    return close and bool(_NEGATION.search(sentence)) == bool(_NEGATION.search(nearest))


def _nearest(said: set[str], passages: Sequence[str]) -> str:
    """Return the sentence that shares most with what is said, or two neighbours that share more."""
    best, most = "", -1.0
    for passage in passages:
        sentences = sentences_of(passage)
        for at, sentence in enumerate(sentences):
            for window in (sentence, " ".join(sentences[at : at + 2])):
                shared = set(terms(window))
                # Of two that share as much the shorter is nearer: it says less else.
                score = len(said & shared) - 0.01 * len(shared - said)
                if score > most:
                    best, most = window, score
    return best
