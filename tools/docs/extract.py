"""Answer without a model: the sentences that say most of what was asked, verbatim."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from clearway.tools.docs.injection import speaks_to_a_model
from clearway.tools.docs.question import about
from clearway.tools.docs.sentences import is_item, sentences_of
from clearway.tools.docs.terms import terms
from clearway.tools.docs.types import Found, Hit

ENOUGH_SUPPORT = 0.45
"""Below it the documents do not hold the answer; chosen on one half of the questions that
`evals/bench/docs.py refusal` asks, and reported on the other."""
UNSEEN = 50.0
"""Documents that are taken to be there beside those that are: few say little of what is rare."""
MOST_SENTENCES = 4
MOST_ITEMS = 6
"""Steps or rows that follow a sentence which announces them."""
HITS_READ = 5
HEADING_SHARE = 0.8
"""What a word of the headings above counts, beside one of the sentence itself."""
LATER_HIT = 0.85
"""What a sentence of the next-best passage counts, beside one of the passage before it."""
SAID_AGAIN = 0.3
"""What a word of the question still counts once a sentence has said it."""
LEAST = 0.35
"""Of the best sentence's worth: one that is worth less adds nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Picked:
    """A sentence, or one with the list it announces, and where it stands."""

    text: str
    hit: Hit
    section: tuple[str, ...]
    place: tuple[int, int]
    """Rank of the passage, number of the sentence in it."""
    above: frozenset[str] = frozenset()
    """Terms of the headings over it."""


def support(found: Found, asked: Sequence[str]) -> float:
    """Return the share of the question's weight that the best passage holds, 0 to 1."""
    wanted = about(asked)
    weights = {term: _damped(found.weights.get(term, 0.0)) for term in wanted}
    total = sum(weights.values())
    if not total:
        return 0.0
    return min(1.0, max((_held(hit, weights) / total for hit in found.hits), default=0.0))


def pick(found: Found, asked: Sequence[str]) -> list[Picked]:
    """Return the sentences that answer, in the order of their passages."""
    left = {term: found.weights.get(term, 0.0) for term in about(asked)}
    candidates = [
        each for rank, hit in enumerate(found.hits[:HITS_READ]) for each in _sentences(hit, rank)
    ]
    picked: list[Picked] = []
    least = 0.0
    while candidates and len(picked) < MOST_SENTENCES:
        worth, best = max(
            ((_worth(each, left), each) for each in candidates),
            key=lambda one: (one[0], [-at for at in one[1].place]),
        )
        if worth <= least:
            break
        least = least or LEAST * worth
        picked.append(best)
        candidates = [each for each in candidates if not _covers(best, each)]
        for term in {*terms(best.text), *best.above} & left.keys():
            left[term] *= SAID_AGAIN
    return sorted(picked, key=lambda each: each.place)


def _sentences(hit: Hit, rank: int) -> Iterator[Picked]:
    """Yield what can be quoted of a passage: no headings, nothing that speaks to a model."""
    section = hit.section
    sentences = sentences_of(hit.text)
    for at, sentence in enumerate(sentences):
        if sentence.startswith("#"):
            heading = sentence.lstrip("# ")
            if heading != hit.title:
                section = (*hit.section[:-1], heading)
            continue
        if speaks_to_a_model(sentence):
            continue
        text = "\n".join([sentence, *_announced(sentences, at)])
        above = frozenset(terms(" ".join((hit.title, *section))))
        yield Picked(text=text, hit=hit, section=section, place=(rank, at), above=above)


def _announced(sentences: Sequence[str], at: int) -> list[str]:
    """Return the list a sentence announces with its colon."""
    items: list[str] = []
    if sentences[at].rstrip("*_ ").endswith(":"):
        for following in sentences[at + 1 : at + 1 + MOST_ITEMS]:
            if not is_item(following) or speaks_to_a_model(following):
                break
            items.append(following)
    return items


def _covers(one: Picked, other: Picked) -> bool:
    rank, at = one.place
    return other.place[0] == rank and at <= other.place[1] <= at + one.text.count("\n")


def _worth(candidate: Picked, left: Mapping[str, float]) -> float:
    said = set(terms(candidate.text))
    own = sum(left[term] for term in said & left.keys())
    headed = sum(left[term] for term in (candidate.above - said) & left.keys())
    # Of two that say as much, the one that says it in fewer words; a list it announces is a gain.
    length = 1 + 0.02 * len(set(terms(candidate.text.split("\n", 1)[0])))
    return (own + HEADING_SHARE * headed) / length * LATER_HIT ** candidate.place[0]


def _damped(weight: float) -> float:
    return math.log(math.exp(min(weight, 50.0)) + UNSEEN)


def _held(hit: Hit, weights: Mapping[str, float]) -> float:
    held = {*terms(hit.text), *terms(" ".join((hit.title, *hit.section)))}
    return sum(weight for term, weight in weights.items() if term in held)
