"""Documents in memory, each for whom it is: a real reader, without an index."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

from clearway.identity import Principal
from clearway.tools.docs.access import grants
from clearway.tools.docs.ingesting.index import Count, weights
from clearway.tools.docs.ports import Lexical
from clearway.tools.docs.types import Defined, Filters, Hit
from clearway.tools.docs.words.terms import term_key, terms


class Shelf:
    """Keeps (label, text, access entry); a passage is a whole document."""

    def __init__(self, *documents: tuple[str, str, str]) -> None:
        self.documents = documents

    async def by_words(
        self,
        words: Mapping[str, float],
        principal: Principal,
        filters: Filters,
        *,
        limit: int,
        timeout_s: float,
        names: Sequence[str] = (),
    ) -> Lexical:
        seen = [
            (label, text) for label, text, entry in self.documents if entry in grants(principal)
        ]
        said = {term for _, text in seen for term in terms(text)}
        counts = {term_key(term): Count(documents=1, chunks=1) for term in said}
        told = weights(list(words), counts, 40)
        hits = [_hit(at, label, text) for at, (label, text) in enumerate(seen, start=1)]
        return Lexical(
            hits=tuple(hit for hit in hits if set(terms(hit.text)) & set(words)), weights=told
        )

    async def by_meaning(
        self,
        vector: Sequence[float],
        model_id: str,
        principal: Principal,
        filters: Filters,
        *,
        limit: int,
        timeout_s: float,
    ) -> tuple[Hit, ...]:
        return ()

    async def passages(
        self, ids: Sequence[int], principal: Principal, *, timeout_s: float
    ) -> tuple[Hit, ...]:
        seen = [
            (label, text) for label, text, entry in self.documents if entry in grants(principal)
        ]
        hits = [_hit(at, label, text) for at, (label, text) in enumerate(seen, start=1)]
        return tuple(hit for hit in hits if hit.chunk_id in ids)

    async def definitions(
        self, names: Sequence[str], principal: Principal, *, timeout_s: float
    ) -> tuple[tuple[Defined, Hit], ...]:
        return ()

    async def collections(self, principal: Principal) -> tuple[str, ...]:
        held = grants(principal)
        return ("default",) if any(entry in held for _, _, entry in self.documents) else ()


def _hit(at: int, label: str, text: str) -> Hit:
    return Hit(
        chunk_id=at, document_id=at, label=label, title=label, collection="default",
        section=("Loads",), text=text, line=1, end_line=2, page=None,
        modified_at=datetime(2026, 1, 1, tzinfo=UTC), score=1.0,
    )  # fmt: skip
