"""What a question asks for, as against what it says about it: `mileage` of `mileage of van 4`.

English, by the form of the sentence: words of asking are passed over, and the words up to the next
preposition or verb name the thing, the last of them most. `where`, `when` and `how long` name a
sort of answer, by the words documents of services have for it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from clearway.semantics.words.tokens import singular
from clearway.tools.docs.words.terms import stem, terms
from clearway.tools.rest.declared.types import Operation
from clearway.tools.rest.declared.words import RELATED, relatives, split, stems
from clearway.tools.rest.planning.literals import Said

HEAD = 2.0
"""How much more the thing itself counts than a word before it: `open` `invoices`."""
UNSAID = 0.6
"""What it counts where a question has no form that says what it asks for."""

_WORD = re.compile(r"[^\W\d_]+|\x00")
_LITERAL = "\x00"
_ASIDE_WORDS = """
please pls kindly can could would will you i we us me my our your the a an some any all every
each this that these those show tell give get list find fetch display see know want need like
return retrieve look search up check is are was were be been being do does did has have had
there what which whats s t m ve re who whom where when how on in at to of for with by let also
just now currently still only more most many much so and then it its his her their them they he
she go going top next first last
"""
_ASIDE = frozenset(_ASIDE_WORDS.split())
_OUTER_WORDS = """
number list kind type sort count overview set total details information info data name names
status
"""
_OUTER = frozenset(_OUTER_WORDS.split())
"""What stands before `of` and says no more than the word after it, or may."""
_ENDS_WORDS = """
of for in at on with by from to about into over under between within per since before after until
during against through as than that who which whose where when while and or but if is are was
were be been being do does did has have had can could will would should may might must need needs
not nobody no via along inside outside without belong belongs
"""
_ENDS = frozenset(_ENDS_WORDS.split())
_VERBAL = re.compile(r".{3,}(?:ing|ed)$")
_SORTS: Mapping[str, frozenset[str]] = {
    word: frozenset(stem(each) for each in names.split())
    for word, names in {
        "where": "location position place address city country region site room latitude where "
        "coordinate coordinates",
        "when": "date time day when at on schedule calendar start end due hours until since "
        "timestamp",
        "long": "duration length minutes seconds hours days time runtime age",
        "old": "age birth birthday birthdate created year",
        "far": "distance range km miles kilometers",
        "big": "size capacity area",
        "fast": "speed time latency",
        "often": "frequency count times interval",
        "heavy": "weight mass",
    }.items()
}
"""What a question word asks for, as documents of services call it."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is asked for: words that name it, each with what it may be called, the last most."""

    words: tuple[str, ...]
    names: tuple[Mapping[str, float], ...]
    """Of each word, the stems that name it and how surely."""
    who: bool = False
    """A person is asked for, and no more is said of them."""

    def named_by(self, own: frozenset[str], chosen: frozenset[str], *, people: bool) -> float:
        """Return how much of it an operation names, between 0 and 1.

        `own` are the stems of what it brings; `chosen` those of values the question gives it, which
        say which things, and never what they are. `people` is whether it brings people.
        """
        if self.who:
            return float(people)
        if not self.names:
            return UNSAID
        *before, last = (
            max((value for name, value in names.items() if name in own), default=0.0)
            for names in self.names
        )
        kept = [
            max(value, float(not chosen.isdisjoint(names)))
            for value, names in zip(before, self.names, strict=False)
        ]
        return (sum(kept) + HEAD * last) / (len(kept) + HEAD)


def asked_for(question: str, said: Sequence[Said]) -> Wanted:
    """Return what a question asks for; `said` are its names and numbers, which it is not."""
    for each in said:
        question = question.replace(each.text, f" {_LITERAL} ", 1)
    words = [word.lower() for word in _WORD.findall(question)]
    start, asking = _begin(words)
    if asking in _SORTS:
        return Wanted((asking,), (dict.fromkeys(_SORTS[asking], 1.0),))
    thing = _thing(words, start)
    if not thing and asking == "who":
        return Wanted(("who",), (), who=True)
    return Wanted(tuple(thing), tuple(_names(word) for word in thing))


def own_words(operation: Operation) -> frozenset[str]:
    """Return the stems of what an operation brings: its own part of the path, summary, replies."""
    parts = [part for part in operation.path.split("/") if part]
    own: list[str] = []
    for part in reversed(parts):
        if "{" in part and own:
            break
        if "{" not in part:
            own.append(part)
    properties = (each.path.rsplit(".", 1)[-1] for each in operation.returns)
    said = (operation.summary, operation.id.split(".", 1)[1].split("_")[-1], *own, *properties)
    return frozenset(term for text in said for term in stems(text))


def _begin(words: Sequence[str]) -> tuple[int, str]:
    """Return where the thing asked for begins, and by which word it is asked for."""
    asking = ""
    for at, word in enumerate(words):
        if word in ("who", "whom", "where", "when", "how") and not asking:
            asking = word
        elif asking == "how" and word in _SORTS:
            return at + 1, word
        elif word not in _ASIDE and word != _LITERAL:
            return at, asking
    return len(words), asking


def _thing(words: Sequence[str], start: int) -> list[str]:
    found: list[str] = []
    for at in range(start, len(words)):
        word = words[at]
        if word == "of" and len(found) == 1 and singular(found[-1]) in _OUTER:
            return _thing(words, _begin(words[at + 1 :])[0] + at + 1) or found
        if word in _ENDS or word == _LITERAL or (found and _VERBAL.fullmatch(word)):
            break
        if word not in _ASIDE and not word.endswith("ly"):
            found.append(word)
    return found


def _names(word: str) -> dict[str, float]:
    near = {other: RELATED for other in relatives(word)}
    return {**near, **dict.fromkeys(_own(word), 1.0)}


def _own(word: str) -> Iterator[str]:
    yield stem(word)
    for part in split(word):
        yield from terms(part)
