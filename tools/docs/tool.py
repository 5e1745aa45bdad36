"""The documents tool: plan a search, check it, run it. The same three steps as every tool."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import datetime

from clearway.errors import RequestTimeoutError
from clearway.identity import Principal
from clearway.outcome import DocsAnswer
from clearway.plans import CheckedDocs, DocsPlan, Rejection
from clearway.tools.docs.answer import cited, extracted, generated
from clearway.tools.docs.ports import AnswerModel, DocumentReader, Embedder
from clearway.tools.docs.question import about, names_in, terms_asked
from clearway.tools.docs.search import DocumentSearch
from clearway.tools.docs.types import Definition, Filters, Found

SOURCE_ID = "documents"
MAX_QUERY_CHARS = 10_000
PASSAGES = 5


class DocsTool:
    """Answers from documents, as one principal sees them."""

    def __init__(
        self,
        reader: DocumentReader,
        *,
        embedder: Embedder | None = None,
        model: AnswerModel | None = None,
        source_id: str = SOURCE_ID,
    ) -> None:
        """Without an embedder words alone are searched; without a model answers are verbatim."""
        self._reader = reader
        self._search = DocumentSearch(reader, embedder)
        self._model = model
        self._source_id = source_id

    def plan(self, question: str, *, limit: int = PASSAGES) -> DocsPlan:
        """Return a search for a question; no I/O."""
        query = " ".join(question.split())[:MAX_QUERY_CHARS]
        told = bool(about(terms_asked(query)))
        return DocsPlan(
            source="rules",
            source_id=self._source_id,
            query=query or "?",
            limit=limit,
            stated_confidence=0.8 if told else 0.0,
            explanation="Search the documents you may see and quote what they say.",
        )

    def check(
        self,
        plan: DocsPlan,
        principal: Principal,
        *,
        collections: Sequence[str] = (),
        since: datetime | None = None,
    ) -> CheckedDocs | Rejection:
        """Return the search as it will run, or why not; no I/O.

        What the principal may see is not decided here but by the store, for every row: a search of
        a collection that is hidden finds what one that is not there does.
        """
        if plan.source_id != self._source_id:
            return _rejection(
                "docs.source", "There is no such source of documents.", "Name another source."
            )
        terms = tuple(terms_asked(plan.query))
        if not terms:
            return _rejection(
                "docs.empty", "The question has no word to search for.", "Say what it is about."
            )
        if len(plan.query) > MAX_QUERY_CHARS:
            return _rejection("docs.length", "The question is too long.", "Ask in fewer words.")
        return CheckedDocs(
            source_id=plan.source_id,
            query=plan.query,
            terms=terms,
            collections=tuple(sorted(set(collections))),
            since=since,
            limit=plan.limit,
        )

    async def run(
        self, checked: CheckedDocs, principal: Principal, *, timeout_s: float
    ) -> DocsAnswer:
        """Return an answer with citations, or that the documents hold none.

        Raises `RequestTimeoutError` or `StoreUnavailable`. Losing the embedder or the model
        degrades the answer, and its notes say so.
        """
        filters = Filters(collections=checked.collections, since=checked.since)
        try:
            async with asyncio.timeout(timeout_s):
                found = await self._search.search(
                    checked.query, principal, filters, limit=checked.limit, timeout_s=timeout_s
                )
                answer = await self._answer(checked.query, found, timeout_s)
                return answer if answer.found else await self._explained(answer, checked, principal)
        except TimeoutError:
            raise RequestTimeoutError(
                f"Searching the documents took longer than {timeout_s:g} s.", timeout_s=timeout_s
            ) from None

    async def _answer(self, question: str, found: Found, timeout_s: float) -> DocsAnswer:
        if self._model is None:
            return extracted(question, found)
        return await generated(question, found, self._model, timeout_s=timeout_s)

    async def _explained(
        self, answer: DocsAnswer, checked: CheckedDocs, principal: Principal
    ) -> DocsAnswer:
        """Say which of the collections that were named the principal has not."""
        if not checked.collections:
            return answer
        seen = await self._reader.collections(principal)
        missing = tuple(
            f"There is no collection {name}." for name in checked.collections if name not in seen
        )
        return answer.model_copy(update={"notes": (*answer.notes, *missing)})

    async def definitions(
        self, question: str, principal: Principal, *, timeout_s: float = 2.0
    ) -> list[Definition]:
        """Return what documents say the question's terms mean, the most specific term first.

        Context for a planner: data somebody stored, never an instruction.
        """
        names = names_in(terms_asked(question))
        found = await self._reader.definitions(names, principal, timeout_s=timeout_s)
        return [
            Definition(
                term=each.term,
                meaning=each.meaning,
                citation=cited(n, hit, each.quote, hit.section),
            )
            for n, (each, hit) in enumerate(found, start=1)
        ]


def _rejection(rule: str, reason: str, remedy: str) -> Rejection:
    return Rejection(layer="names", rule=rule, reason=reason, remedy=remedy)
