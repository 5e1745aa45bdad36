"""How much of each posting list a search reads: all of what is rare, the best of what is common."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass

from clearway.tools.docs.ingesting.index import Count

BUDGET = 4_000
"""Postings read in full, rarest term first; 4 000 take Postgres about 4 ms."""
COMMON_SHARE = 600
"""Of a term past the budget, its best postings: who holds a common word alone ranks low."""
SMALLEST = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Probe:
    """One list to read, best first, and what each of its postings weighs."""

    term: int
    class_id: int
    limit: int
    weight: float
    whole: bool
    """Whether the term is read to the end, in every class."""


def probes(
    counts: Mapping[tuple[int, int], Count], weights: Mapping[int, float]
) -> tuple[list[Probe], bool]:
    """Return what to read for counts by (term, class), and whether that is all there is."""
    lists: dict[int, list[tuple[int, int]]] = defaultdict(list)
    for (term, class_id), count in counts.items():
        lists[term].append((class_id, count.chunks))
    totals = {term: sum(chunks for _, chunks in held) for term, held in lists.items()}
    found: list[Probe] = []
    read, whole = 0, True
    for term in sorted(lists, key=lambda each: (totals[each], each)):
        within = read + totals[term] <= BUDGET
        whole = whole and within
        read += totals[term] if within else 0
        for class_id, chunks in sorted(lists[term]):
            limit = chunks if within else _share(chunks, totals[term])
            weight = weights[term]
            found.append(
                Probe(term=term, class_id=class_id, limit=limit, weight=weight, whole=within)
            )
    return found, whole


def _share(chunks: int, total: int) -> int:
    return min(chunks, max(SMALLEST, COMMON_SHARE * chunks // total))
