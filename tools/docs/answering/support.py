"""How far passages support an answer: by the one sentence that says most of what is asked."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from clearway.tools.docs.answering.alike import share_said
from clearway.tools.docs.answering.quotable import Quotable, quotable
from clearway.tools.docs.answering.wanted import Wanted, given_in, of_its_time, wanted
from clearway.tools.docs.types import Found, Hit
from clearway.tools.docs.words.question import about, terms_asked
from clearway.tools.docs.words.terms import terms

ENOUGH_SUPPORT = 0.7
"""Below it the documents do not hold the answer; set by hand on the questions that
`evals/bench/docs.py refusal` asks about two made-up handbooks."""
UNSEEN = 50.0
"""Documents that are taken to be there beside those that are: few say little of what is rare."""
ABOVE = 0.9
"""What a word of the headings and the title counts towards whether it is an answer at all."""
BESIDE = 0.7
"""What a word of the sentence before or after counts towards that."""
ELSEWHERE = 0.3
"""What a word of the rest of the passage counts towards that."""
NOT_GIVEN = 0.6
"""What is left of the support of a sentence that does not give the kind of answer wanted."""

MOST_CLAUSES = 4
"""A question for more is taken as one."""
_JOINED = re.compile(r"[,;]?\s+and\s+(?:also\s+)?|;\s+", re.IGNORECASE)
LEAST_TERMS = 2
"""Of a clause that asks something of its own; "search and rescue" is one thing."""


def support(found: Found, question: str) -> float:
    """Return the share of the question's weight that the best sentence holds, 0 to 1.

    Of a question for several things, each needs a sentence: the least supported one decides.
    """
    parts = clauses(question)
    whole = _supported(found, question)
    return max(whole, min(_supported(found, part) for part in parts)) if parts else whole


def clauses(question: str) -> list[str]:
    """Return what a question asks for one by one; nothing where it asks for one thing."""
    parts = _JOINED.split(question)
    if not 1 < len(parts) <= MOST_CLAUSES or any(
        len(about(terms_asked(part))) < LEAST_TERMS for part in parts
    ):
        return []
    return parts


def best_of(hit: Hit, weights: Mapping[str, float], question: str) -> Weighed | None:
    """Return the sentence of a passage that says most of a question; None where it has none."""
    every = _weighed(_Asked.of(question, weights), hit, 0)
    return max(every, key=lambda each: each.share, default=None)


def weighed(found: Found, question: str) -> Iterator[Weighed]:
    """Yield every sentence that was found, with what speaks for it."""
    asked = _Asked.of(question, found.weights)
    for rank, hit in enumerate(found.hits):
        yield from _weighed(asked, hit, rank)


@dataclass(frozen=True, slots=True, kw_only=True)
class Weighed:
    """A sentence, and what speaks for it as an answer to a question."""

    each: Quotable
    share: float
    """Of the question's weight, that it holds with what stands around it."""
    fits: bool
    """Whether it gives the kind of answer wanted, of the time that is asked about."""

    @property
    def support(self) -> float:
        """The share, less where it is no answer of the kind wanted."""
        return min(1.0, self.share * (1.0 if self.fits else NOT_GIVEN))


@dataclass(frozen=True, slots=True)
class _Asked:
    """One thing asked: what it is about, by how telling each word is, and the kind wanted."""

    question: str
    weights: Mapping[str, float]
    terms: frozenset[str]
    kind: Wanted | None

    @classmethod
    def of(cls, question: str, telling: Mapping[str, float]) -> _Asked:
        asked = terms_asked(question)
        weights = {term: _damped(telling.get(term, 0.0)) for term in about(asked)}
        return cls(question, weights, frozenset(asked), wanted(question))


def _supported(found: Found, question: str) -> float:
    """Return the share for one thing asked.

    What stands above, beside and around it counts less than what it says itself. Where the question
    wants a kind of answer, such as a time, a sentence without one supports less.
    """
    return max((each.support for each in weighed(found, question)), default=0.0)


def _weighed(asked: _Asked, hit: Hit, rank: int) -> Iterator[Weighed]:
    total, around = sum(asked.weights.values()), frozenset(terms(hit.text))
    whole = "\n".join((hit.title, *hit.section, hit.text))
    for each in quotable(hit, rank) if total else ():
        given = asked.kind is None or given_in(each.text, asked.kind, asked.terms)
        free = asked.kind.free if asked.kind and given else frozenset()
        held = sum(
            weight * (1.0 if term in free else _share(term, each, around))
            for term, weight in asked.weights.items()
        )
        fits = given and of_its_time(each.text, whole, asked.question)
        fits = fits and not each.speaks_against(asked.question)
        yield Weighed(each=each, share=held / total, fits=fits)


def _share(term: str, each: Quotable, around: frozenset[str]) -> float:
    return max(
        share_said(term, each.said),
        ABOVE * share_said(term, each.above | each.title),
        BESIDE * share_said(term, each.beside),
        ELSEWHERE * (term in around),
    )


def _damped(weight: float) -> float:
    return math.log(math.exp(min(weight, 50.0)) + UNSEEN)
