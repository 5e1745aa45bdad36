"""Which sentences answer by what they mean, where they do not say it in the question's words.

A near miss is near in meaning too, so much is asked: a question of some length, a sentence of the
passage that was found first, of the kind wanted, that shares some of its words.
"""

from __future__ import annotations

from collections.abc import Sequence

from clearway.tools.docs.answering.quotable import Quotable
from clearway.tools.docs.answering.support import Weighed, weighed
from clearway.tools.docs.ports import Embedder
from clearway.tools.docs.types import Found
from clearway.tools.docs.words.question import about, terms_asked

ALIKE = 0.44
"""The least likeness of question and sentence, both as unit vectors."""
LEAST_TERMS = 4
"""Of a shorter question every word tells: one that is not said is another question."""
SOME = 0.2
"""The least share of the question's weight that must be said in its own words."""
SAID_COUNTS = 0.15
"""What the share that is said counts in choosing, beside 1 for likeness."""
NOT_FITTING = 0.6
"""What is left in choosing of a sentence that does not give the kind of answer wanted."""
MOST_COMPARED = 32
"""Sentences compared, those first that say most: a bound on time."""
MOST_CHARS = 400
"""Compared of a sentence with its headings and the list it announces."""
MOST_SENTENCES = 3
NEXT_BEST = 0.85
"""Of the best one's worth: what is worth less is not quoted."""


async def meant(found: Found, question: str, embedder: Embedder) -> tuple[tuple[int, int], ...]:
    """Return the places of the sentences that answer, the best first; none where it is not clear.

    Raises `ModelUnavailable`.
    """
    if len(about(terms_asked(question))) < LEAST_TERMS:
        return ()
    every = sorted(weighed(found, question), key=lambda each: -each.support)[:MOST_COMPARED]
    if not any(_eligible(each) for each in every):
        return ()
    asked, *vectors = await embedder.embed([question, *(_in_full(each.each) for each in every)])
    likeness = [_dot(asked, vector) for vector in vectors]
    worth = [
        (alike + SAID_COUNTS * each.share) * (1.0 if each.fits else NOT_FITTING)
        for each, alike in zip(every, likeness, strict=True)
    ]
    order = sorted(range(len(every)), key=lambda at: (-worth[at], every[at].each.place))
    best = order[0]
    if likeness[best] < ALIKE or not _eligible(every[best]):
        return ()
    quoted = [
        at for at in order[:MOST_SENTENCES]
        if worth[at] >= NEXT_BEST * worth[best] and every[at].each.place[0] == 0
    ]  # fmt: skip
    return tuple(every[at].each.place for at in quoted)


def _eligible(each: Weighed) -> bool:
    return each.each.place[0] == 0 and each.fits and each.share >= SOME


def _in_full(each: Quotable) -> str:
    """Return a sentence with the headings it stands under."""
    return f"{' > '.join((each.hit.title, *each.section))}: {each.text}"[:MOST_CHARS]


def _dot(one: Sequence[float], other: Sequence[float]) -> float:
    return sum(a * b for a, b in zip(one, other, strict=True))
