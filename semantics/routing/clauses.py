"""A text as the router sees it: its own words in clauses, without what it quotes or pastes."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property

from clearway.semantics.words.wordset import wordset

_FENCE = re.compile(r"```.*?(?:```|$)", re.DOTALL)
_CITED = re.compile(r"^[ \t]*>.*$", re.MULTILINE)
_QUOTED = re.compile(
    r"\"[^\"\n]{1,500}\"|“[^”\n]{1,500}”|„[^“”\n]{1,500}[“”]|«[^»\n]{1,500}»|`[^`\n]{1,500}`"
    r"|(?<!\w)'[^'\n]{1,500}'(?!\w)|(?<!\w)\u2018[^\u2019\n]{1,500}\u2019(?!\w)"
)
_PIECE = re.compile(r"[^\W_]+(?:['\u2019_][^\W_]+)*|[.,;:!?\n(){}\[\]\u2014\u2013]|-(?=\s)|/")
_BREAKS = frozenset(".,;:!?\n(){}[]\u2014\u2013-")
_STOPS = frozenset(".;!?\n")
"""Where one thing said ends; a comma or a bracket goes on about the same."""
_JOINTS = frozenset(["and", "then", "also", "but", "plus", "or"])
_SHORTENED = frozenset(["vs", "e", "g", "i", "etc", "approx", "no", "dr", "mr", "mrs", "st", "inc"])
_POLITE = wordset(
    """
    please kindly now just then also so well ok okay hey hi hello actually simply first next
    finally immediately quickly execute run do and but plus or could can would will you i'd
    i want need to like let's lets go ahead must should have be sure
    """
)
COURTESY = wordset(
    """
    thanks thank you thx ta cheers please pls so much very many a lot in advance sorry great ok
    okay cool bye hi hello hey there kind regards best quick question lol
    """
)
_POINTING = wordset(
    """
    that this it them those these do does did please can could would will you i we me us so what
    whats what's is are was how fix solve handle explain mean means about help now then the same
    check run tell find out why a to for supposed should must and go ahead right really
    """
)
"""A sentence of these alone points at the one before it."""


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


@dataclass(frozen=True)
class Speech:
    """What the asker says in their own words."""

    words: tuple[str, ...]
    clauses: tuple[Clause, ...]
    sentences: tuple[Clause, ...]
    """Cut at punctuation only."""
    asked: bool = False
    """A question mark ends it."""
    parts: tuple[Speech, ...] = ()
    """What was said between full stops, one after the other; empty in a part."""

    def has(self, *phrase: str) -> bool:
        """Whether these words stand next to each other."""
        size = len(phrase)
        return any(self.words[i : i + size] == phrase for i in range(len(self.words) - size + 1))

    def any_of(self, words: frozenset[str]) -> bool:
        """Whether one of the words is said."""
        return not words.isdisjoint(self.words)

    @cached_property
    def line(self) -> str:
        """The words in one line, ` | ` where punctuation was; of a long text the last of it."""
        return " | ".join(" ".join(s.words) for s in self.sentences)[-MAX_LINE:]

    @cached_property
    def focus(self) -> Speech:
        """What is asked in the end: the last part that says something, with what it points at."""
        last = len(self.parts) - 1
        while last > 0 and COURTESY.issuperset(self.parts[last].words):
            last -= 1
        asked = [index for index, part in enumerate(self.parts) if part.asked]
        while asked and last > asked[0] and _adds(self.parts[last]):
            last -= 1
        if last < 0:
            return self
        first = last
        while first > 0 and _POINTING.issuperset(self.parts[first].words):
            first -= 1
        return _joined(self.parts[first : last + 1])


_ADDING = frozenset(["it's", "its", "that's", "thats", "this", "i'm", "im", "i", "we", "my", "it"])
_WANTING = frozenset(["need", "want", "would", "meant", "mean", "just", "only", "can't", "cannot"])


def _adds(part: Speech) -> bool:
    """`it's for a slide`: says something about the question before it."""
    said = part.words[:3]
    return not part.asked and said[0] in _ADDING and _WANTING.isdisjoint(said)


MAX_LINE = 600


def speech_of(text: str) -> Speech:
    """Return the text's own words, lower-case; quoted, cited and fenced text is data, left out."""
    own = _QUOTED.sub(" ", _CITED.sub(" ", _FENCE.sub(" ", text[:10_000])))
    parts: list[Speech] = []
    builder = _Builder()
    for match in _PIECE.finditer(own):
        piece = match.group().lower().replace("\u2019", "'")
        if piece == "/":
            continue
        if piece not in _BREAKS:
            builder.say(piece)
            continue
        builder.end_sentence(marked=piece == ":")
        if piece in _STOPS and _stops(own, match.end(), piece, builder):
            parts += builder.part(asked=piece == "?")
    parts += builder.part(asked=False)
    return _joined(parts, whole=True)


def quoted_texts(text: str) -> list[str]:
    """Return what the text quotes, marks left out."""
    return [
        found.group().strip("\"'`“”„«»\u2018\u2019") for found in _QUOTED.finditer(text[:10_000])
    ]


def _stops(own: str, end: int, piece: str, builder: _Builder) -> bool:
    """Whether a mark ends what is said; no dot inside a name or behind an abbreviation does."""
    if piece != ".":
        return True
    return own[end : end + 1] in ("", " ", "\n", ")") and builder.last not in _SHORTENED


class _Builder:
    """Collects words until a part of the text is over."""

    def __init__(self) -> None:
        self._words: list[str] = []
        self._clauses: list[Clause] = []
        self._sentences: list[Clause] = []
        self._clause: list[str] = []
        self._sentence: list[str] = []

    @property
    def last(self) -> str:
        return self._words[-1] if self._words else ""

    def say(self, word: str) -> None:
        if word in _JOINTS and self._clause:
            self._clauses.append(Clause(tuple(self._clause)))
            self._clause = []
        self._words.append(word)
        self._clause.append(word)
        self._sentence.append(word)

    def end_sentence(self, *, marked: bool = False) -> None:
        if self._clause:
            self._clauses.append(Clause(tuple(self._clause), marked))
        if self._sentence:
            self._sentences.append(Clause(tuple(self._sentence), marked))
        self._clause, self._sentence = [], []

    def part(self, *, asked: bool) -> list[Speech]:
        """Return what was collected, if anything, and begin anew."""
        self.end_sentence()
        if not self._words:
            return []
        found = Speech(
            tuple(self._words), tuple(self._clauses), tuple(self._sentences), asked=asked
        )
        self._words, self._clauses, self._sentences = [], [], []
        return [found]


def _joined(parts: list[Speech] | tuple[Speech, ...], *, whole: bool = False) -> Speech:
    if len(parts) == 1 and not whole:
        return parts[0]
    return Speech(
        tuple(word for part in parts for word in part.words),
        tuple(clause for part in parts for clause in part.clauses),
        tuple(sentence for part in parts for sentence in part.sentences),
        asked=bool(parts) and parts[-1].asked,
        parts=tuple(parts) if whole else (),
    )
