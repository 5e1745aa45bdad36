"""What is said to have been done: a verb no slot shows keeps plans apart.

`revenue lost in Europe` reads like `revenue in Europe`; the verb tells them apart. Those that say
nothing beyond what is counted or measured are passed over: `sales made`, `units we sold`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from clearway.semantics.frame import Frame, Span
from clearway.semantics.judgement import words_of
from clearway.semantics.words.roots import EVENTS, same_root
from clearway.semantics.words.tokens import singular
from clearway.semantics.words.verbs import link_verbs
from clearway.semantics.words.wordset import wordset

_LIGHT = wordset(
    """
    make do take get give show see look know come bring generate produce perform happen occur exist
    go own possess earn report share trend
    """
)


def unshown_verb(frame: Frame, words: Sequence[tuple[str, int]]) -> bool:
    """Return whether some verb of the text is neither in a slot nor what the rows are anyway.

    `words` are those of the text, with their places.
    """
    forms = link_verbs()
    heavy = [
        (forms[word], at)
        for number, (word, at) in enumerate(words)
        if word in forms and forms[word] not in _LIGHT and not _function(frame, words, number)
    ]
    if not heavy:
        return False
    spans, events = list(spans_of(frame)), frozenset(_events(frame))
    return any(
        not any(begin <= at < end for begin, end in spans) and not _meant(verb, events)
        for verb, at in heavy
    )


def is_verb(word: str) -> bool:
    """Return whether a word is a form of a verb that relates two things."""
    return word in link_verbs()


def _function(frame: Frame, words: Sequence[tuple[str, int]], number: int) -> bool:
    """`ordered by` sorts, a `running total` adds up, `leaving out` denies: no verbs, these."""
    word, following = words[number][0], words[number + 1 : number + 2]
    if link_verbs()[word] == "change":
        return frame.comparison is not None
    if word == "running":
        return any(measure.running for measure in frame.measures)
    if word == "place" and number:
        return link_verbs().get(words[number - 1][0]) == "take"
    if word in {"ordered", "order"}:
        return bool(frame.order)
    return word in ("leave", "leaving") and [each for each, _ in following] == ["out"]


def _meant(verb: str, events: frozenset[str]) -> bool:
    """Whether the rows, what is measured of them or their time is named after the verb."""
    nouns = EVENTS.get(verb, ())
    return any(word in nouns or same_root(verb, word) for word in events)


def _events(frame: Frame) -> Iterator[str]:
    names = [frame.subject or "", *(each.table for each in frame.existence)]
    names += [measure.column.name for measure in frame.measures if measure.column is not None]
    names += [measure.table for measure in frame.measures]
    names += [dimension.column.table for dimension in frame.dimensions]
    names += [found.column.name for found in frame.filters if found.column is not None]
    names += [order.column.name for order in frame.order if order.column is not None]
    periods = [frame.period, *(each.period for each in frame.existence)]
    names += [p.column.name for p in periods if p is not None and p.column is not None]
    for name in names:
        yield from map(singular, words_of(name.rpartition(".")[2]))


def spans_of(frame: Frame) -> Iterator[Span]:
    """Yield where the slots of a Frame stand in its text."""
    yield from (each.span for each in frame.measures)
    yield from (each.span for each in (*frame.attributes, *frame.dimensions))
    yield from (each.span for each in frame.filters)
    yield from (each.span for each in frame.existence)
    yield from (each.span for each in frame.order)
    periods = [frame.period, *(each.period for each in frame.existence)]
    yield from (period.span for period in periods if period is not None)
