"""The exact text of a question, but for what is said in several ways and means one thing.

It keys what a Frame cannot: a question with words nobody knows. Those stay as they were typed; only
closed classes of English are said alike, in the order of the text.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache

from clearway.semantics.frame import Span
from clearway.semantics.words.english import senses
from clearway.semantics.words.numerals import NUMBER_WORDS, read_number
from clearway.semantics.words.tokens import Token, tokenize
from clearway.semantics.words.wordset import wordset

_ALIKE = """
by: by | per | for each | for every | by each | of each | grouped by | group by | broken down by
by: broken out by | split by | segmented by | aggregated by | per each
>: more than | greater than | higher than | larger than | above | >
>=: at least | no less than | no fewer than | not less than | not fewer than | >=
<: less than | fewer than | lower than | below | <
<=: at most | no more than | not more than | <=
how many: how many | number of | the number of | count of | the count of
average: average | mean | avg | average of | mean of
maximum: maximum | max
minimum: minimum | min
highest: highest | largest | biggest | greatest
lowest: lowest | smallest
distinct: distinct | unique | different
different from: different from | different than
sorted by: sorted by | ordered by | sort by | order by
asc: ascending | in ascending order | ascending order | lowest first | smallest first
asc: from low to high | from lowest to highest | low to high | lowest to highest
desc: descending | in descending order | descending order | highest first | largest first
desc: from high to low | from highest to lowest | high to low | highest to lowest
"""
"""What is said in its one form, and the ways to say it; none of them turns on what is spoken of."""
_SAID_FIRST = (
    "hello", "hi", "hey", "hey there", "please", "can you", "could you", "would you", "show",
    "show me", "show us", "give me", "give us", "tell me", "list", "i want", "i need",
    "i would like", "i'd like", "i want to know", "i want to see", "i'd like to see",
    "i'd like to know", "get me", "find", "display", "pull up", "just show me", "could i get",
    "could i see", "can i get", "can i see", "i was wondering", "please show me", "please give me",
    "i'd like a list of", "give me a list of", "a list of", "quick question", "can you tell me",
    "could you tell me", "do you know",
)  # fmt: skip
_SAID_LAST = ("please", "thanks", "thank you", "many thanks")
_SILENT = wordset("the a an")
_PAUSES = frozenset(",.?!:;")
_LONGEST = 6
Phrase = tuple[str, ...]


def wording_of(text: str, understood: Sequence[Span] = ()) -> str:
    """Return the text two questions share where each word of one stands for one of the other.

    How words are written matters, but for those of English and in the spans that were understood.
    """
    tokens = tokenize(text)
    for token in tokens:
        known = token.low in _known() or any(a <= token.start < b for a, b in understood)
        if known and token.kind == "word":
            token.text = token.low
    at, end = _bare(tokens)
    said: list[str] = []
    while at < end:
        word, at = _said(tokens, at, end)
        if word:
            said.append(word)
    return " ".join(said)


def _bare(tokens: list[Token]) -> tuple[int, int]:
    """Return where the question begins and ends, without what is said out of politeness."""
    at, end = 0, len(tokens)
    while end and tokens[end - 1].low in _PAUSES:
        end -= 1
    while (phrase := _match(tokens, at, end, _first())) or (at < end and tokens[at].low == ","):
        at += len(phrase) if phrase else 1
    while end > at and (phrase := _ending(tokens, at, end)):
        end -= len(phrase)
        while end > at and tokens[end - 1].low in _PAUSES:
            end -= 1
    return at, end


def _said(tokens: list[Token], at: int, end: int) -> tuple[str, int]:
    """Return what is said from here in its one form, and the index behind it."""
    token = tokens[at]
    if token.kind == "quoted":
        return f'"{token.text}"', at + 1
    phrase = _match(tokens, at, end, _phrases())
    if phrase:
        return _phrases()[phrase], at + len(phrase)
    if token.low in _SILENT or (token.low == "," and _sorts(tokens, at + 1, end)):
        return "", at + 1
    if token.kind == "number" or token.low in NUMBER_WORDS:
        number = read_number(tokens, at)
        if number is not None and number[1] <= end:
            return str(number[0]), number[1]
    return token.text + ("'s" if token.possessive else ""), at + 1


def _sorts(tokens: list[Token], at: int, end: int) -> bool:
    """Whether `lowest first` or the like stands here: a comma before it says nothing."""
    return _phrases().get(_match(tokens, at, end, _phrases())) in ("<asc>", "<desc>")


def _match(tokens: list[Token], at: int, end: int, phrases: dict[Phrase, str]) -> Phrase:
    for size in range(min(_LONGEST, end - at), 0, -1):
        phrase = tuple(token.low for token in tokens[at : at + size])
        if phrase in phrases and not any(t.possessive for t in tokens[at : at + size]):
            return phrase
    return ()


def _ending(tokens: list[Token], at: int, end: int) -> Phrase:
    for said in _SAID_LAST:
        phrase = tuple(said.split())
        if tuple(token.low for token in tokens[max(at, end - len(phrase)) : end]) == phrase:
            return phrase
    return ()


@cache
def _first() -> dict[Phrase, str]:
    return {tuple(said.split()): "" for said in _SAID_FIRST}


@cache
def _phrases() -> dict[Phrase, str]:
    """Return the phrases said alike, each with its one form."""
    found: dict[Phrase, str] = {}
    for line in _ALIKE.strip().splitlines():
        form, _, phrases = line.partition(": ")
        found |= {tuple(said.split()): f"<{form}>" for said in phrases.split(" | ")}
    return found


@cache
def _known() -> frozenset[str]:
    """Return the words of English that are no names, however they are written."""
    return frozenset(word for phrase in senses() for word in phrase)
