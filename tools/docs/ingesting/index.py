"""What a passage is found by: its terms and how much each says of it (BM25F, fields folded in)."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import PurePath

from clearway.tools.docs.types import Chunk, Document
from clearway.tools.docs.words.terms import term_key, terms

VERSION = 2
"""Of parsing, cutting and weighing: what was indexed by another is read again."""

K1 = 1.2
B = 0.75
AVERAGE_TERMS = 70
"""Of a passage. Fixed, so that an impact never depends on what else is kept."""
TITLE_WEIGHT = 1.0
SECTION_WEIGHT = 0.5
NUMBER_WEIGHT = 0.5
"""A number in a question is more often a value asked about than what a document is about."""
SCALE = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class Posted:
    """The terms of one passage as an index holds them; impacts are thousandths."""

    terms: tuple[int, ...]
    impacts: tuple[int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Count:
    """In how many documents and passages a term stands."""

    documents: int
    chunks: int


def posted(document: Document) -> list[Posted]:
    """Return what each chunk of a document is found by, in their order."""
    title = set(terms(f"{document.title} {PurePath(document.label).stem}"))
    return [_posted(chunk, title) for chunk in document.chunks]


def _posted(chunk: Chunk, title: set[str]) -> Posted:
    body = Counter(terms(chunk.text))
    length = 1 - B + B * body.total() / AVERAGE_TERMS
    weighted = {term: count / length for term, count in body.items()}
    _add(weighted, title, TITLE_WEIGHT)
    _add(weighted, set(terms(" ".join(chunk.section))), SECTION_WEIGHT)
    keyed = {term_key(term): value for term, value in weighted.items()}
    return Posted(
        terms=tuple(keyed),
        impacts=tuple(max(1, round(SCALE * value / (K1 + value))) for value in keyed.values()),
    )


def _add(weighted: dict[str, float], found: Iterable[str], weight: float) -> None:
    for term in found:
        weighted[term] = weighted.get(term, 0.0) + weight


def weights(asked: Iterable[str], counts: Mapping[int, Count], documents: int) -> dict[str, float]:
    """Return how telling each term is among `documents`; one that is nowhere tells most.

    The frequency is that of documents, not passages: a word one long document repeats is telling.
    """
    return {
        term: _idf(documents, counts.get(term_key(term)))
        * (NUMBER_WEIGHT if term.isdigit() else 1.0)
        for term in asked
    }


def _idf(documents: int, count: Count | None) -> float:
    held = count.documents if count else 0
    return math.log(1 + (documents - held + 0.5) / (held + 0.5))
