"""Search: by words always, by meaning too where there is an embedder and room for vectors."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Mapping, Sequence
from dataclasses import replace

from clearway.errors import ClearwayError, ConfigurationError, ModelUnavailable
from clearway.identity import Principal
from clearway.tools.docs.answering.meant import meant
from clearway.tools.docs.answering.rank import by_nearness, fused
from clearway.tools.docs.answering.support import ENOUGH_SUPPORT, support
from clearway.tools.docs.ports import DocumentReader, Embedder
from clearway.tools.docs.types import Defined, Filters, Found, Hit
from clearway.tools.docs.words.question import names_in, times_asked
from clearway.tools.docs.words.terms import terms

CANDIDATES = 30
EVERYTHING = Filters()
SAID_AGAIN = 0.5
"""What a word gains that a question says again, times the logarithm of how often it does."""
OTHER_NAME = 0.5
"""What a word counts that stands for one of the question's."""
NOT_COMPARED = (
    "The embedding model failed or took too long: what sentences mean was left out of the answer."
)
NO_EMBEDDER = (
    "No embedding model is configured (CLEARWAY_EMBEDDING_MODEL_DIR or CLEARWAY_EMBEDDING_URL): "
    "documents were searched by words only."
)


class DocumentSearch:
    """Finds passages for a question among what a principal may see."""

    def __init__(self, reader: DocumentReader, embedder: Embedder | None = None) -> None:
        """Without an embedder, passages are found by their words."""
        self._reader = reader
        self._embedder = embedder

    async def search(
        self,
        question: str,
        principal: Principal,
        filters: Filters = EVERYTHING,
        *,
        limit: int = 5,
        timeout_s: float = 10.0,
    ) -> Found:
        """Return the best passages; losing the embedder or the vectors degrades, and is told.

        Raises `StoreUnavailable` where the store cannot be searched.
        """
        asked, most = times_asked(question), max(CANDIDATES, limit)
        words = {term: 1.0 + SAID_AGAIN * math.log(count) for term, count in asked.items()}
        lexical, (near, trouble) = await asyncio.gather(
            self._reader.by_words(
                words, principal, filters, limit=most, timeout_s=timeout_s,
                names=names_in(list(asked)),
            ),
            self._by_meaning(question, principal, filters, most, timeout_s),
        )  # fmt: skip
        # Few questions hold a term that is defined: only those are searched for once more.
        if named := _other_names(asked, lexical.defined):
            lexical = await self._reader.by_words(
                {**words, **named}, principal, filters, limit=most, timeout_s=timeout_s
            )
        hits: Sequence[Hit] = by_nearness(list(asked), lexical.weights, lexical.hits)
        if not trouble:
            hits = fused(hits, near)
        return Found(
            hits=tuple(hits[:limit]),
            weights=lexical.weights,
            mode="lexical" if trouble else "hybrid",
            trouble=trouble,
        )

    async def to_answer(
        self,
        question: str,
        principal: Principal,
        filters: Filters = EVERYTHING,
        *,
        limit: int = 5,
        timeout_s: float = 10.0,
    ) -> Found:
        """Return what `search` does, and where words do not tell, which sentences mean an answer.

        Raises as it does.
        """
        found = await self.search(question, principal, filters, limit=limit, timeout_s=timeout_s)
        unclear = found.mode == "hybrid" and support(found, question) < ENOUGH_SUPPORT
        if self._embedder is None or not unclear:
            return found
        try:
            async with asyncio.timeout(timeout_s):
                return replace(found, meant=await meant(found, question, self._embedder))
        except (TimeoutError, ModelUnavailable):
            return replace(found, trouble=NOT_COMPARED)

    async def _by_meaning(
        self, question: str, principal: Principal, filters: Filters, limit: int, timeout_s: float
    ) -> tuple[tuple[Hit, ...], str]:
        if self._embedder is None:
            return (), NO_EMBEDDER
        try:
            async with asyncio.timeout(timeout_s):
                (vector,) = await self._embedder.embed([question])
            hits = await self._reader.by_meaning(
                vector, self._embedder.model_id, principal, filters, limit=limit,
                timeout_s=timeout_s,
            )  # fmt: skip
        except TimeoutError:
            return (), "The embedding model took too long: documents were searched by words only."
        except (ModelUnavailable, ConfigurationError) as error:
            return (), _trouble(error)
        if not hits:
            return (), "No passage has a vector yet: run `clearway docs reembed`."
        return hits, ""


def _other_names(asked: Mapping[str, int], defined: Sequence[Defined]) -> dict[str, float]:
    """Return what documents say an acronym stands for, and the other way round."""
    short = (each for each in defined if each.term.isupper() or each.meaning.isupper())
    said = (term for each in short for term in terms(each.meaning))
    return {term: OTHER_NAME for term in said if term not in asked}


def _trouble(error: ClearwayError) -> str:
    if isinstance(error, ModelUnavailable):
        return "The embedding model failed: documents were searched by words only."
    return error.message
