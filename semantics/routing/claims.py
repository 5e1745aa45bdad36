"""What each tool has to say for itself about a question, and what the data knows of it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from clearway.semantics.frame import Frame
from clearway.semantics.routing.clauses import Speech
from clearway.semantics.routing.liveness import says_strongly_live
from clearway.semantics.words.wordset import wordset

Tool = Literal["sql", "docs", "rest", "none"]


@dataclass(frozen=True, slots=True)
class Claim:
    """How strongly a tool claims a question, from 0 to 1, and why."""

    tool: Tool
    score: float
    reason: str


_SAYS_DATA = wordset(
    """
    list show give gimme display table average avg total sum count number top highest lowest most
    least fewest trend median percentage share percent best worst biggest largest smallest cheapest
    longest shortest rows compare versus vs breakdown more fewer less each per better worse than
    stronger weaker selling buying earning sells sell sold bought
    """
)
_DATED = re.compile(
    r"\b(?:yesterday(?:'s)?|today(?:'s)?|tonight|ytd|q[1-4]|(?:19|20)\d\d|january|february|march"
    r"|april"
    r"|june|july|august|september|october|november|december|monday|tuesday|wednesday|thursday"
    r"|friday"
    r"|saturday|sunday|weekly|monthly|daily|yearly|quarterly|since"
    r"|(?:last|this|past|previous|current|every|each|per|by|over|the) (?:\S+ )?(?:hour|day|week"
    r"|month|quarter|year|night|weekend|fortnight|morning)(?:'?s)?|\d+ \S+ ago)\b"
)


def says_when(speech: Speech) -> bool:
    """Whether a stretch of time is named."""
    return bool(_DATED.search(speech.line))


def barely_named(speech: Speech, frame: Frame) -> bool:
    """Whether a stray word is all the data knows: nothing is counted, split, dated or listed."""
    if not names_data(frame):
        return True
    asked = (
        frame.measures or frame.dimensions or frame.period or frame.order or frame.limit
        or frame.existence or frame.ambiguities or frame.follow_up
    )  # fmt: skip
    if frame.complete or asked or speech.any_of(_SAYS_DATA) or says_when(speech):
        return False
    return len(left_over(frame)) >= 2


def names_data(frame: Frame) -> bool:
    """Return whether any slot of the Frame is filled."""
    return bool(
        frame.measures
        or frame.attributes
        or frame.dimensions
        or frame.filters
        or frame.everything
        or frame.existence
        or frame.subject
        or frame.ambiguities
    )


def grouped(frame: Frame) -> bool:
    """Return whether numbers are asked for, or a split."""
    return bool(frame.measures or frame.dimensions)


def hardly_known(frame: Frame) -> bool:
    """Whether the data is named by nothing but a guess."""
    return not names_data(frame) or (bool(frame.assumptions) and not frame.complete)


def in_data(thing: str, speech: Speech, frame: Frame) -> bool:
    """Whether the data knows what is spoken of, by its own name for it."""
    if not thing or says_strongly_live(speech) or not names_data(frame):
        return False
    return thing not in left_over(frame) and not guessed(thing, frame)


def left_over(frame: Frame) -> frozenset[str]:
    """Return the words no slot explains."""
    return frozenset(word for left in frame.leftover for word in left.word.lower().split())


def guessed(word: str, frame: Frame) -> bool:
    """Return whether the word was given its meaning by a guess."""
    return any(f"“{word}" in assumption for assumption in frame.assumptions)


def said_aside(speech: Speech, frame: Frame, words: frozenset[str]) -> bool:
    """Whether the words stand in one part of the sentence and the data asked for in another."""
    if not (frame.measures or frame.dimensions or frame.attributes) or len(speech.sentences) < 2:
        return False
    with_words = [s for s in speech.sentences if not words.isdisjoint(s.words)]
    leftover = {w for left in frame.leftover for w in left.word.lower().split()}
    rest = [s for s in speech.sentences if s not in with_words]
    said = {w for s in rest for w in s.words}
    return (
        bool(rest) and rest[-1] is speech.sentences[-1] and len(leftover & said) <= len(said) // 3
    )
