"""Opposites: a sentence about full-time employees is no answer about part-time ones."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

from clearway.tools.docs.words.limits import OPEN
from clearway.tools.docs.words.terms import terms

_PLAIN_WORDS = """
part[- ]?time(?:rs?)? : full[- ]?time(?:rs?)?
internal(?:ly)? : external(?:ly)?
inbound|incoming : outbound|outgoing
domestic(?:ally)? : international(?:ly)?|abroad|foreign
weekdays? : weekends?
indoors? : outdoors?
temporary|temporarily : permanent(?:ly)?
mandatory|compulsory|obligatory : optional(?:ly)?|voluntary
manual(?:ly)? : automatic(?:ally)?
minimum|minimal|at least|no (?:less|fewer) than : maximum|maximal|at most|up to|no more than
day[- ]?shifts? : night[- ]?shifts?
check(?:ing)?[- ]?in : check(?:ing)?[- ]?out
arrivals? : departures?
summer : winter
imports?|imported|importing : exports?|exported|exporting
debit(?:s|ed)? : credit(?:s|ed)?
adults? : child(?:ren)?|minors?
men|male : women|female
junior : senior
"""
"""One of which is said of a thing, or the other."""
_BESIDE_WORDS = """
before|prior to : after|following
first : last
new : old
left : right
upper : lower
hot|warm : cold
public : private
morning : evening
"""
"""The same, where the word behind is the same: `before the deadline`, `after the deadline`."""
_PREFIXED = re.compile(r"\b(?:un|non-?)(?!less\b)([a-z]{4,})", re.IGNORECASE)
_REACH = 40
"""Characters behind a word in which what it is said of is looked for."""

Pair = tuple[re.Pattern[str], re.Pattern[str]]


def _pairs(text: str) -> tuple[Pair, ...]:
    rows = (row.split(" : ") for row in text.strip().splitlines())
    return tuple((_words(one), _words(other)) for one, other in rows)


def _words(said: str) -> re.Pattern[str]:
    return re.compile(rf"\b(?:{said})\b", re.IGNORECASE)


_PLAIN, _BESIDE = _pairs(_PLAIN_WORDS), _pairs(_BESIDE_WORDS)


def opposite(sentence: str, around: Sequence[str], question: str) -> bool:
    """Return whether a sentence speaks of just the opposite of what a question asks about.

    `around` is what stands over it, the nearest first: it counts where the sentence is silent.
    Whether something is so (`is it optional?`) the opposite answers too.
    """
    if not OPEN.match(question):
        return False
    for said in (*_asked(question), *_prefixed(sentence, question)):
        here = next((ways for text in (sentence, *around) if (ways := said.ways(text))), None)
        if here == frozenset([not said.way]):
            return True
    return False


@dataclass(frozen=True, slots=True)
class _Said:
    """One of two opposites, as a question says it, and the word it is said of where that counts."""

    pair: Pair
    way: bool
    behind: str = ""

    def ways(self, text: str) -> frozenset[bool]:
        """Return which of the two a text says."""
        return frozenset(
            bool(way)
            for way in (0, 1)
            for match in self.pair[way].finditer(text)
            if not self.behind or _behind(text, match) == self.behind
        )


@lru_cache(maxsize=256)
def _asked(question: str) -> tuple[_Said, ...]:
    """Return the opposites of which a question says one."""
    plain = (
        _Said(pair, bool(way)) for pair in _PLAIN for way in (0, 1) if pair[way].search(question)
    )
    beside = (
        _Said(pair, bool(way), behind)
        for pair in _BESIDE
        for way in (0, 1)
        for match in pair[way].finditer(question)
        if (behind := _behind(question, match))
    )
    return tuple(each for each in (*plain, *beside) if len(each.ways(question)) == 1)


def _prefixed(sentence: str, question: str) -> Iterator[_Said]:
    """Yield words that a question says with `un` or `non`, or a sentence does."""
    for word in {match[1].lower() for match in _PREFIXED.finditer(f"{sentence} {question}")}:
        pair = _words(rf"(?<!non-)(?<!non ){word}"), _words(rf"(?:un|non[- ]?){word}")
        ways = _Said(pair, way=False).ways(question)
        if len(ways) == 1:
            yield _Said(pair, way=True in ways)


def _behind(text: str, match: re.Match[str]) -> str:
    return next(iter(terms(text[match.end() : match.end() + _REACH])), "")
