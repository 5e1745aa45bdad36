"""Answer without a model: the sentences that say most of what was asked, verbatim."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from clearway.tools.docs.injection import speaks_to_a_model
from clearway.tools.docs.question import about
from clearway.tools.docs.sentences import is_item, sentences_of
from clearway.tools.docs.terms import terms
from clearway.tools.docs.types import Found, Hit

ENOUGH_SUPPORT = 0.5
"""Below it the documents do not hold the answer; chosen on one half of the questions of
`evals/bench/docs.py`, reported on the other."""
MOST_SENTENCES = 4
MOST_ITEMS = 6
"""Steps or rows that follow a sentence which announces them."""
HITS_READ = 5
HEADING_SHARE = 0.5
"""What a word of the heading or title counts, beside one of the sentence itself."""
LATER_HIT = 0.85
"""What a sentence of the next-best passage counts, beside one of the passage before it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Picked:
    """A sentence, or one with the list it announces, and the passage it stands in."""

    text: str
    hit: Hit
    place: tuple[int, int]
    """Rank of the passage, number of the sentence in it."""


def support(found: Found, asked: Sequence[str]) -> float:
    """Return the share of the question's weight that the best passage holds, 0 to 1."""
    wanted = about(asked)
    total = sum(found.weights.get(term, 0.0) for term in wanted)
    if not total:
        return 0.0
    return max((_held(hit, wanted, found.weights) / total for hit in found.hits), default=0.0)


def pick(found: Found, asked: Sequence[str]) -> list[Picked]:
    """Return the sentences that answer, in the order of their passages."""
    wanted = about(asked)
    candidates = [
        (rank, at, sentence, hit, sentences)
        for rank, hit in enumerate(found.hits[:HITS_READ])
        for sentences in [sentences_of(hit.text)]
        for at, sentence in enumerate(sentences)
        if sentence not in (*hit.section, hit.title) and not speaks_to_a_model(sentence)
    ]
    picked: list[Picked] = []
    open_terms = set(wanted)
    taken: set[tuple[int, int]] = set()
    while len(picked) < MOST_SENTENCES and candidates:
        scored = [
            (_worth(sentence, hit, open_terms, found.weights) * LATER_HIT**rank, -rank, -at)
            for rank, at, sentence, hit, _ in candidates
        ]
        best = max(range(len(scored)), key=scored.__getitem__)
        rank, at, sentence, hit, sentences = candidates.pop(best)
        if scored[best][0] <= 0:
            break
        if (rank, at) in taken:
            continue
        steps = _announced(sentences, at)
        taken.update((rank, at + step) for step in range(len(steps) + 1))
        picked.append(Picked(text="\n".join([sentence, *steps]), hit=hit, place=(rank, at)))
        open_terms -= {*terms(picked[-1].text), *terms(" ".join((hit.title, *hit.section)))}
    return sorted(picked, key=lambda each: each.place)


def _worth(sentence: str, hit: Hit, open_terms: set[str], weights: Mapping[str, float]) -> float:
    said = set(terms(sentence))
    above = set(terms(" ".join((hit.title, *hit.section)))) - said
    own = sum(weights.get(term, 0.0) for term in open_terms & said)
    if not said:
        return 0.0
    headed = sum(weights.get(term, 0.0) for term in open_terms & above)
    # Of two that say as much, the one that says it in fewer words.
    return (own + HEADING_SHARE * headed) / (1 + 0.02 * len(said))


def _announced(sentences: Sequence[str], at: int) -> list[str]:
    """Return the list a sentence announces with its colon."""
    if not sentences[at].rstrip("*_ ").endswith(":"):
        return []
    items: list[str] = []
    for following in sentences[at + 1 : at + 1 + MOST_ITEMS]:
        if not is_item(following):
            break
        items.append(following)
    return items


def _held(hit: Hit, wanted: Sequence[str], weights: Mapping[str, float]) -> float:
    held = {*terms(hit.text), *terms(" ".join((hit.title, *hit.section)))}
    return sum(weights.get(term, 0.0) for term in wanted if term in held)
