"""What a question takes back: `not open`, `except closed ones`, `non-urgent`, `other than mail`.

A call says what it wants, and seldom what it does not want. What is taken back is expressed where
the other declared choices are all that is left; else whoever plans must not pass over it.
"""

from __future__ import annotations

import re
from collections.abc import Container
from dataclasses import dataclass

from clearway.tools.docs.words.terms import stem, terms
from clearway.tools.rest.declared.words import split

_DENIAL = re.compile(
    r"\b(?:not|never|without|except(?:ing|\s+for)?|nobody|nothing|none|neither|exclud(?:e|es|ed|ing)"
    r"|(?:other|rather)\s+than|apart\s+from|aside\s+from|besides|instead\s+of|no\s+longer"
    r"|(?:all|anything|everything|everyone)\s+but|leav(?:e|ing)\s+out|omit(?:ting)?|ignor(?:e|ing)"
    r"|non(?=[-\s])|no(?=\s+[a-z]))\b|\b\w+n['\u2019]t\b|\bcannot\b",
    re.IGNORECASE,
)
_IDLE = re.compile(
    r"\b(?:(?:do|did|can|could)\s*(?:not|n['\u2019]t)|cannot|can['\u2019]t|never)\s+"
    r"(?:know|remember|recall|find|forget|understand|worry)\b|\bnot\s+(?:sure|only)\b"
    r"|\bor\s+not\b|\bno\s+(?:idea|matter|problem)\b|\bwhy\s+not\b|\bif\s+not\b",
    re.IGNORECASE,
)
"""Says something of the asker, or leaves both open: nothing is taken back."""
_ENDS = frozenset(["but", "and", "that", "which", "who", "whose", "while"])
_TURNS = frozenset(["in", "of", "from", "by", "for", "at", "with", "on", "to", "since", "before"])
_WORD = re.compile(r"[^\W\d_]+|\d+|[,;:.?!]")
_EMPTY_WORDS = """
the a an any all ones one those these them it is are was were be been being have has had do does did
from in of by for at with on to or nor either me us show list give get find there that which who
"""
_EMPTY = frozenset(_EMPTY_WORDS.split())
_PREFIXED = re.compile(r"\bun(\w{3,})", re.IGNORECASE)
_PARTICIPLE = re.compile(r"un\w{2,}(?:ed|en|id|nt|wn|ld|ught|ead)", re.IGNORECASE)
_LEAVES_OUT = re.compile(r"except|exclu|without|than|apart|aside|beside|but|leav|omit|ignor", re.I)
"""What `and` goes on with: `excluding mail and chat` leaves out both."""
_UNSURE = ""
"""Stands among stems for what may be taken back or asked for: no choice is called so."""


@dataclass(frozen=True, slots=True)
class Denial:
    """One thing that is taken back."""

    phrase: str
    """As it was said, for whoever asked."""
    stems: frozenset[str]
    """Of what is taken back; none where nothing stands behind the word."""
    terms: frozenset[str]
    """Stems of the question that say so."""


def denied(question: str, states: Container[str], known: Container[str]) -> tuple[Denial, ...]:
    """Return what a question takes back; its names and quotations are to be left out before.

    `states` are the stems of declared choices: `unpaid` takes `paid` back where it is one, and
    `unpaid` itself is none of the `known` words, those of operations.
    """
    text = _IDLE.sub(" ", question)
    found = [_behind(text, match, states) for match in _DENIAL.finditer(text)]
    for match in _PREFIXED.finditer(text):
        whole, base = stem(match[0].lower()), stem(match[1].lower())
        takes_back = base in states or _PARTICIPLE.fullmatch(match[0])
        if takes_back and whole not in states and whole not in known:
            found.append(Denial(match[0], frozenset([base]), frozenset([whole])))
    return tuple(found)


def _behind(text: str, match: re.Match[str], states: Container[str]) -> Denial:
    """Return what stands behind a word that takes back, up to where the sentence turns."""
    taken: list[str] = []
    end = match.end()
    unsure = frozenset[str]()
    for word in _WORD.finditer(text, match.end()):
        low = word[0].lower()
        goes_on = low == "and" and _state_next(text, word.end(), states)
        if goes_on and _LEAVES_OUT.search(match[0]):
            continue
        if not word[0].isalnum() or low in _ENDS or (taken and low in _TURNS):
            unsure = frozenset([_UNSURE]) if goes_on else unsure
            break
        if low not in _EMPTY:
            taken.append(low)
        end = word.end()
    own = frozenset(term for each in taken for term in terms(each))
    said = frozenset(term for each in split(match[0]) for term in terms(each))
    return Denial(" ".join(text[match.start() : end].split()), own | unsure, own | said)


def _state_next(text: str, at: int, states: Container[str]) -> bool:
    """Whether a choice stands next, with no verb of its own: `not mail and chat`."""
    following = _WORD.search(text, at)
    return following is not None and stem(following[0].lower()) in states
