"""Put found passages in order: words that stand together, and two rankings made one."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import pairwise

from clearway.tools.docs.types import Hit
from clearway.tools.docs.words.terms import terms

NEARNESS = 0.4
"""What two neighbouring words of a question are worth where they stand together, of the weaker."""
WITHIN = 3
"""Words apart, at most, and in the question's order."""
RRF_K = 60
"""Cormack, Clarke and Büttcher (SIGIR 2009): flat enough that both rankings have their say."""
MEANING_WEIGHT = 0.2
"""Of the ranking by meaning, beside 1 for words; 0.1 to 1 were tried on two corpora. Names and
codes are found by words alone."""


def by_nearness(
    asked: Sequence[str], weights: Mapping[str, float], hits: Sequence[Hit]
) -> list[Hit]:
    """Return the hits with words that stand together counted, best first; ties keep their order."""
    pairs = {(a, b) for a, b in pairwise(asked) if a != b}
    gains = (NEARNESS * _together(pairs, weights, hit) for hit in hits)
    scored = [
        replace(hit, score=hit.score + gain) if gain else hit
        for hit, gain in zip(hits, gains, strict=True)
    ]
    return sorted(scored, key=lambda hit: -hit.score)


def fused(by_words: Sequence[Hit], by_meaning: Sequence[Hit]) -> list[Hit]:
    """Return both rankings as one (reciprocal rank fusion); a passage found twice counts twice."""
    scores: dict[int, float] = defaultdict(float)
    hits: dict[int, Hit] = {}
    for weight, ranking in ((1.0, by_words), (MEANING_WEIGHT, by_meaning)):
        for rank, hit in enumerate(ranking, start=1):
            scores[hit.chunk_id] += weight / (RRF_K + rank)
            hits.setdefault(hit.chunk_id, hit)
    ordered = sorted(hits.values(), key=lambda hit: -scores[hit.chunk_id])
    return [replace(hit, score=scores[hit.chunk_id]) for hit in ordered]


def _together(pairs: set[tuple[str, str]], weights: Mapping[str, float], hit: Hit) -> float:
    places: dict[str, list[int]] = defaultdict(list)
    for at, term in enumerate(terms(hit.text)):
        if term in weights:
            places[term].append(at)
    return sum(
        min(weights[a], weights[b])
        for a, b in pairs
        if a in places and b in places and _near(places[a], places[b])
    )


def _near(first: Sequence[int], second: Sequence[int]) -> bool:
    later = set(second)
    return any(at + step in later for at in first for step in range(1, WITHIN + 1))
