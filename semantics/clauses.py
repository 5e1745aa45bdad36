"""A text as the router sees it: its own words in clauses, without what it quotes or pastes."""

from __future__ import annotations

import re
from dataclasses import dataclass

from clearway.semantics.wordset import wordset

_FENCE = re.compile(r"```.*?(?:```|$)", re.DOTALL)
_QUOTED = re.compile(r"\"[^\"\n]{1,500}\"|“[^”\n]{1,500}”|(?<!\w)'[^'\n]{1,500}'(?!\w)")
_PIECE = re.compile(r"[^\W_]+(?:['\u2019_][^\W_]+)*|[.,;:!?\n(){}\[\]\u2014\u2013]|-(?=\s)|/")
_BREAKS = frozenset(".,;:!?\n(){}[]\u2014\u2013-")
_JOINTS = frozenset(["and", "then", "also", "but", "plus", "or"])
_POLITE = wordset(
    """
    please kindly now just then also so well ok okay hey hi hello actually simply first next
    finally immediately quickly execute run do and but plus or could can would will you i'd
    i want need to like let's lets go ahead must should have be sure
    """
)


@dataclass(frozen=True, slots=True)
class Clause:
    """Consecutive words between punctuation or conjunctions."""

    words: tuple[str, ...]
    marked: bool = False
    """A colon follows: a label, or a role someone plays."""

    @property
    def command(self) -> tuple[str, ...]:
        """The words from the verb on, politeness left out."""
        index = 0
        while index < len(self.words) and self.words[index] in _POLITE:
            index += 1
        return self.words[index:]


@dataclass(frozen=True, slots=True)
class Speech:
    """What the asker says in their own words."""

    words: tuple[str, ...]
    clauses: tuple[Clause, ...]
    sentences: tuple[Clause, ...]
    """Cut at punctuation only."""

    def has(self, *phrase: str) -> bool:
        """Whether these words stand next to each other."""
        size = len(phrase)
        return any(self.words[i : i + size] == phrase for i in range(len(self.words) - size + 1))

    def any_of(self, words: frozenset[str]) -> bool:
        """Whether one of the words is said."""
        return not words.isdisjoint(self.words)


def speech_of(text: str) -> Speech:
    """Return the text's own words, lower-case; quoted and fenced text is data and left out."""
    own = _QUOTED.sub(" ", _FENCE.sub(" ", text[:10_000]))
    clauses: list[Clause] = []
    sentences: list[Clause] = []
    words: list[str] = []
    clause: list[str] = []
    sentence: list[str] = []
    for match in _PIECE.finditer(own):
        piece = match.group().lower().replace("\u2019", "'")
        if piece in _BREAKS:
            if clause:
                clauses.append(Clause(tuple(clause), piece == ":"))
            if sentence:
                sentences.append(Clause(tuple(sentence), piece == ":"))
            clause, sentence = [], []
            continue
        if piece == "/":
            continue
        if piece in _JOINTS and clause:
            clauses.append(Clause(tuple(clause)))
            clause = []
        words.append(piece)
        clause.append(piece)
        sentence.append(piece)
    if clause:
        clauses.append(Clause(tuple(clause)))
    if sentence:
        sentences.append(Clause(tuple(sentence)))
    return Speech(tuple(words), tuple(clauses), tuple(sentences))
