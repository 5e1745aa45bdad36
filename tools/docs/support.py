"""How far passages support an answer: by the one sentence that says most of what is asked."""

from __future__ import annotations

import math
import re

from clearway.tools.docs.alike import share_said
from clearway.tools.docs.question import about, terms_asked
from clearway.tools.docs.quotable import Quotable, quotable
from clearway.tools.docs.terms import terms
from clearway.tools.docs.types import Found
from clearway.tools.docs.wanted import given_in, wanted

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


def _supported(found: Found, question: str) -> float:
    """Return the share for one thing asked.

    What stands above, beside and around it counts less than what it says itself. Where the question
    wants a kind of answer, such as a time, a sentence without one supports less.
    """
    kind, asked = wanted(question), terms_asked(question)
    weights = {term: _damped(found.weights.get(term, 0.0)) for term in about(asked)}
    total = sum(weights.values())
    if not total:
        return 0.0
    best = 0.0
    for rank, hit in enumerate(found.hits):
        around = frozenset(terms(hit.text))
        for each in quotable(hit, rank):
            given = kind is None or given_in(each.text, kind, frozenset(asked))
            free = kind.free if kind and given else frozenset()
            held = sum(
                weight * (1.0 if term in free else _share(term, each, around))
                for term, weight in weights.items()
            )
            best = max(best, held / total * (1.0 if given else NOT_GIVEN))
    return min(1.0, best)


def _share(term: str, each: Quotable, around: frozenset[str]) -> float:
    return max(
        share_said(term, each.said),
        ABOVE * share_said(term, each.above | each.title),
        BESIDE * share_said(term, each.beside),
        ELSEWHERE * (term in around),
    )


def _damped(weight: float) -> float:
    return math.log(math.exp(min(weight, 50.0)) + UNSEEN)
