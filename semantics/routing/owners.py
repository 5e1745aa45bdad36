"""Whose a question's words are: the data's by its own name, or a connected service's.

A word belongs to the data where the Frame explains it, and not by a guess. The tool that was asked
for a thing it knows goes before one that merely could be meant.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence, Set
from dataclasses import dataclass
from functools import cache

from clearway.semantics.frame import Dimension, Filter, Frame, MeasureSlot, Span
from clearway.semantics.routing.claims import Claim, grouped, guessed, left_over
from clearway.semantics.routing.clauses import COURTESY, Speech
from clearway.semantics.routing.vocabulary import Phrase, Spoken, Vocabulary
from clearway.semantics.times.period import STARTERS, UNIT_WORDS
from clearway.semantics.words.english import senses
from clearway.semantics.words.numerals import NUMBER_WORDS, ORDINALS
from clearway.semantics.words.tokens import singular
from clearway.semantics.words.wordset import wordset

OWNED = 0.94
"""What is asked for is a service's, and the data knows nothing of it."""
ACTED = 0.94
"""It tells to do what a declared operation does."""
COVERED = 0.86
"""Both know the thing, and only the service knows all that is said of it."""
STRANGE = 0.35
"""A service's thing, among as many words that are nobody's as words it knows."""
SHARED = 0.2
"""Both know a part of it; the data goes first."""
_REASONS = wordset("why should must shall ought explain how")
_COUNTED = (("number",), ("no",), ("nr",), ("id",))
_HOW_MANY = wordset("many much often long big large high low old")


@dataclass(frozen=True, slots=True)
class _Words:
    """The words of a question a service's claim is judged by; all singular."""

    said: tuple[str, ...]
    foreign: frozenset[str]
    """Those the data does not know, or only by a guess."""
    own: frozenset[str]
    """Those only the data can have explained."""
    names: frozenset[str]
    """Written like names: values, whoever has them."""
    known: bool
    """Whether the data explains anything of it, be it by a guess."""

    def leave(self, thing: Phrase) -> bool:
        """Return whether the data leaves a thing to who has it: of a name, it knows a part."""
        if len(thing) == 1:
            return thing[0] in self.foreign
        return not self.own.issuperset(thing)


def owned_claim(speech: Speech, frame: Frame, vocabulary: Vocabulary) -> Claim | None:
    """Return the strongest claim of a connected service; None where none speaks of it."""
    if not vocabulary.services:
        return None
    words = _words(speech.focus, frame)
    claims = [
        found
        for each in vocabulary.services
        if (
            found := _coded_claim(each, frame)
            or _acted(each, speech.focus)
            or _claim(each, words, speech.focus, frame)
        )
    ]
    return max(claims, key=lambda each: each.score, default=None)


def contested(speech: Speech, frame: Frame, vocabulary: Vocabulary) -> str:
    """Return the thing of a service that the data has a guess for, beside what only the data has.

    `payments by region`: a service has payments, the data has regions and something like payments.
    A number or a column the data has by its own name leaves no doubt whose it is.
    """
    columns = frame.attributes and not frame.everything
    if columns or any(each.column or each.named for each in frame.measures):
        return ""
    words = _words(speech.focus, frame)
    for service in vocabulary.services:
        for thing in service.things_in(words.said):
            beyond = {word for word in words.own if not service.knows(word)}
            if beyond and any(guessed(word, frame) for word in thing):
                return " ".join(thing)
    return ""


def acts_as_declared(speech: Speech, frame: Frame, vocabulary: Vocabulary) -> bool:
    """Whether all that is said tells to do, to one numbered thing, what a service declares.

    Only what the data does not know by its own name: a service's write waits for a person's
    approval, and a change of the data is refused.
    """
    if len(speech.clauses) != 1 or not vocabulary.services:
        return False
    foreign = _words(speech, frame).foreign
    return any(
        act[1] in foreign and (_numbered(act[1], speech) or service.coded(frame.text))
        for service in vocabulary.services
        if (act := _done(service, speech))
    )


def _numbered(thing: str, speech: Speech) -> bool:
    """`parcel 42`, `parcel number 42`: one of them, by its number."""
    words = [singular(word) for word in speech.words]
    at = words.index(thing) + 1 if thing in words else len(words)
    after = words[at + 1 : at + 2] if tuple(words[at : at + 1]) in _COUNTED else words[at : at + 1]
    return any(map(_coded, after))


def _coded_claim(service: Spoken, frame: Frame) -> Claim | None:
    """`close TCK-1042`: what its things are called by, though the thing is not named."""
    code = service.coded(frame.text)
    if not code:
        return None
    return Claim("rest", OWNED, f"{code} is a code of the {service.service} service.")


def _claim(service: Spoken, words: _Words, focus: Speech, frame: Frame) -> Claim | None:
    things = service.things_in(words.said)
    if not things:
        return None
    known = {word for thing in things for word in thing}
    strange = {
        word for word in words.foreign - words.names - known if not service.knows(word)
    }  # fmt: skip
    beyond = {word for word in words.own - known if not service.knows(word)}
    theirs = [each for each in things if words.leave(each)]
    if theirs:
        return _their_own(service, theirs, words, focus, strange=strange, beyond=beyond)
    covers = not (frame.complete or grouped(frame) or strange or beyond)
    if covers and words.foreign - words.names:
        return Claim("rest", COVERED, f"All it says is known to the {service.service} service.")
    shown = " ".join(things[0])
    return Claim("rest", SHARED, f"The {service.service} service has “{shown}” too.")


def _their_own(
    service: Spoken,
    things: Sequence[Phrase],
    words: _Words,
    focus: Speech,
    *,
    strange: Set[str],
    beyond: Set[str],
) -> Claim:
    """Return what a service claims of things the data does not know, and of the words beside."""
    shown = " ".join(things[0])
    why = _asks_why(focus)
    if not why and any(_numbered(each[-1], focus) for each in things):
        return Claim("rest", OWNED, f"It names one “{shown}” of the {service.service} service.")
    if why or beyond:
        return Claim("rest", SHARED, f"Of it, the {service.service} service has “{shown}”.")
    understood = {word for thing in service.things_in(words.said) for word in thing}
    understood |= {word for word in words.foreign if service.knows(word)}
    if len(strange) > len(understood) - words.known:
        return Claim("rest", STRANGE, f"It names “{shown}” of the {service.service} service.")
    return Claim("rest", OWNED, f"“{shown}” is what the {service.service} service has.")


def _acted(service: Spoken, focus: Speech) -> Claim | None:
    done = _done(service, focus)
    if done is None:
        return None
    return Claim("rest", ACTED, f"The {service.service} service can do that: {' '.join(done)}.")


def _done(service: Spoken, focus: Speech) -> tuple[str, str] | None:
    """Return what a sentence tells to do, where the service declares just that."""
    command = focus.clauses[0].command if focus.clauses else ()
    rest = {singular(word) for word in command[1:]}
    return next(
        (act for act in sorted(service.acts) if act[0] in command[:1] and act[1] in rest), None
    )


def _asks_why(focus: Speech) -> bool:
    """`why do payments fail`, `how are they settled`: for reasons and ways."""
    words = focus.words
    return any(
        word in _REASONS and not (word == "how" and after in _HOW_MANY)
        for word, after in zip(words, (*words[1:], ""), strict=True)
    )


def _words(focus: Speech, frame: Frame) -> _Words:
    said = tuple(singular(word.removesuffix("'s")) for word in focus.words)
    left, known = left_over(frame), _explains(frame)
    names = frozenset(
        singular(word)
        for leftover in frame.leftover
        if leftover.name
        for word in leftover.word.lower().split()
    )
    slotted = _slotted(frame)
    foreign = frozenset(
        short
        for word, short in zip(focus.words, said, strict=True)
        if guessed(word, frame)
        or not known
        or ((word in left or short in left) and short not in slotted)
    )
    timed = _spanned(frame)
    own = frozenset(
        word
        for word in said
        if word not in foreign and word not in timed and not _coded(word) and word not in _closed()
    )
    names |= {word for word in said if _coded(word)}
    return _Words(said, foreign - _closed(), own, names, known)


def _coded(word: str) -> bool:
    """`42`, `pay_83k2`, `tck-1042`: what one thing is known by, and no word of anybody's."""
    return any(character.isdigit() for character in word)


def _explains(frame: Frame) -> bool:
    """Whether the data explains anything at all; else all words are foreign to it."""
    return bool(
        frame.subject or frame.measures or frame.attributes or frame.dimensions or frame.filters
        or frame.ambiguities or frame.existence
    )  # fmt: skip


def _slotted(frame: Frame) -> frozenset[str]:
    """Return the words that fill a slot for a column or a measure, whatever else is left over."""
    columns: tuple[Dimension | Filter | MeasureSlot, ...] = (
        *frame.dimensions, *(() if frame.everything else frame.attributes), *frame.filters,
        *(each for each in frame.measures if each.column or each.named),
    )  # fmt: skip
    return frozenset(word for each in columns for word in _within(frame.text, each.span))


def _spanned(frame: Frame) -> frozenset[str]:
    return frozenset(_within(frame.text, frame.period.span) if frame.period else ())


def _within(text: str, span: Span) -> Iterator[str]:
    return (singular(word) for word in text[slice(*span)].lower().replace("-", " ").split())


@cache
def _closed() -> frozenset[str]:
    """Words of grammar, time, number and courtesy: they are nobody's."""
    grammar = {word for phrase in senses() for word in phrase}
    return frozenset(
        singular(word)
        for word in (
            *grammar, *STARTERS, *UNIT_WORDS, *NUMBER_WORDS, *ORDINALS, *COURTESY, *_REASONS,
            *_HOW_MANY, "what", "which", "make", "made", "happen", "happened", "go", "went", "now",
            "still", "yet", "already", "ever", "currently", "ago",
        )
    )  # fmt: skip
