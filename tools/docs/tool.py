"""The documents tool: plan a search, weigh what it would find, check it, run it, cite."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

from clearway.errors import RequestTimeoutError
from clearway.graph.ports import Inquiry, ModelRequest, Proposed, Ran, Rows, Weighing
from clearway.identity import Principal
from clearway.outcome import Definition, Degradation, DocsAnswer, Usage
from clearway.plans import CheckedDocs, DocsPlan, Evidence, Proof, Rejection
from clearway.semantics.types import Abstention
from clearway.tools.docs.answering.answer import INSTRUCTIONS, cited, extracted, generated
from clearway.tools.docs.answering.confidence import confidence_of
from clearway.tools.docs.answering.search import DocumentSearch
from clearway.tools.docs.answering.weigh import evidence_of, shortfall
from clearway.tools.docs.answering.weighed import Weighed
from clearway.tools.docs.ports import AnswerModel, DocumentReader, Embedder
from clearway.tools.docs.types import Filters, Found
from clearway.tools.docs.words.question import about, names_in, narrowed, terms_asked

SOURCE_ID = "documents"
MAX_QUERY_CHARS = 10_000
PASSAGES = 5
ASK_MORE = Abstention(
    reason="The question has no word to search for.", remedy="Say what it is about."
)


class DocsTool:
    """Implements `ToolPort[DocsPlan, CheckedDocs]`: answers from what one principal may see."""

    learns = False
    """The same question is searched for in the same way."""

    def __init__(
        self,
        reader: DocumentReader,
        *,
        embedder: Embedder | None = None,
        model: AnswerModel | None = None,
        source_id: str = SOURCE_ID,
        model_timeout_s: float = 30.0,
    ) -> None:
        """Without an embedder words alone are searched; without a model answers are verbatim."""
        self._reader = reader
        self._search = DocumentSearch(reader, embedder)
        self._weighed = Weighed()
        self._model = model
        self._source_id = source_id
        self._model_timeout_s = model_timeout_s

    async def plan(self, inquiry: Inquiry) -> Proposed:
        """Return a search for the question."""
        return Proposed(by=self.by_rules(inquiry))

    def by_rules(self, inquiry: Inquiry) -> DocsPlan | Abstention:
        """Return a search for the question; no I/O."""
        query = " ".join(inquiry.text.split())[:MAX_QUERY_CHARS]
        asked = terms_asked(query)
        if not asked:
            return ASK_MORE
        filters = narrowed(query, inquiry.asked.frame.period)
        return DocsPlan(
            source="rules",
            source_id=self._source_id,
            query=query,
            collections=filters.collections,
            since=filters.since,
            limit=PASSAGES,
            stated_confidence=0.8 if about(asked) else 0.0,
            explanation="Search the documents you may see and quote what they say.",
        )

    async def weigh(self, plan: DocsPlan, inquiry: Inquiry) -> Weighing:
        """Return how much of the question the passages speak of that its asker may see.

        What they say is forgotten: a figure leaves, and where it is low the nearest places.
        Which ones they were is kept for `run`, so that what was weighed is what is answered from.
        """
        checked = await self.check(plan, inquiry.principal)
        if isinstance(checked, Rejection):
            against = Evidence(kind="objection", score=0.0, detail=checked.reason)
            return Weighing(evidence=(against,), objection=checked)
        async with _within(inquiry.timeout_s):
            found = await self._searched(checked, inquiry)
            # Who found something sees some; only who found nothing may see nothing at all.
            some = bool(found.hits) or bool(await self._reader.collections(inquiry.principal))
        self._weighed.hold(inquiry.request_id, inquiry.principal, checked, found)
        return Weighing(
            evidence=evidence_of(found, checked), shortfall=shortfall(found, checked.query, some)
        )

    def confidence(self, evidence: Sequence[Evidence]) -> float:
        """Return how likely the passages answer the question."""
        return confidence_of(evidence)

    async def check(self, plan: DocsPlan, principal: Principal) -> CheckedDocs | Rejection:
        """Return the search as it will run, or why not.

        What the principal may see is not decided here but by the store, for every row; a collection
        they see nothing of is answered as one that is not there.
        """
        if plan.source_id != self._source_id:
            return _rejection(
                "docs.source", "There is no such source of documents.", "Name another source."
            )
        terms = tuple(terms_asked(plan.query))
        if not terms:
            return _rejection("docs.empty", ASK_MORE.reason, ASK_MORE.remedy)
        if len(plan.query) > MAX_QUERY_CHARS:
            return _rejection("docs.length", "The question is too long.", "Ask in fewer words.")
        named: set[str] = set()
        if plan.collections:
            seen = await self._reader.collections(principal)
            for name in plan.collections:
                meant = {each for each in seen if each.casefold() == name.casefold()}
                if not meant:
                    return _rejection(
                        "docs.collection",
                        f"There is no collection {name}.",
                        f"There are: {', '.join(seen)}." if seen else "Leave it out.",
                    )
                named |= meant
        return CheckedDocs(
            source_id=plan.source_id,
            query=plan.query,
            terms=terms,
            collections=tuple(sorted(named)),
            since=plan.since,
            limit=plan.limit,
        )

    def approval(self, checked: CheckedDocs, proof: Proof | None) -> str:
        """Return nothing: a search is never put to anybody."""
        return ""

    async def run(self, checked: CheckedDocs, inquiry: Inquiry) -> Ran:
        """Return an answer with citations, or that the documents hold none.

        Raises `RequestTimeoutError` or `StoreUnavailable`. Losing the embedder or the model
        degrades the answer, and says so.
        """
        async with _within(inquiry.timeout_s):
            found = await self._found(checked, inquiry)
            answer, usage = await self._answer(checked, found, inquiry)
        return Ran(
            rows=_hashed(answer),
            answer=answer,
            usage=usage,
            notes=tuple(Degradation(kind="missing", detail=note) for note in answer.notes),
        )

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

    async def _found(self, checked: CheckedDocs, inquiry: Inquiry) -> Found:
        """Return what was weighed, read anew as the asker; search where that is not to be had."""
        asker = inquiry.principal
        ranking = self._weighed.take(inquiry.request_id, asker, checked)
        if ranking is not None:
            ids = list(ranking.scores)
            hits = await self._reader.passages(ids, asker, timeout_s=inquiry.timeout_s)
            if found := ranking.found(hits):
                return found
        return await self._searched(checked, inquiry)

    async def _searched(self, checked: CheckedDocs, inquiry: Inquiry) -> Found:
        return await self._search.to_answer(
            checked.query,
            inquiry.principal,
            Filters(collections=checked.collections, since=checked.since),
            limit=checked.limit,
            timeout_s=inquiry.timeout_s,
        )

    async def _answer(
        self, checked: CheckedDocs, found: Found, inquiry: Inquiry
    ) -> tuple[DocsAnswer, Usage | None]:
        if self._model is None:
            return extracted(checked.query, found), None
        request = ModelRequest(
            instructions=INSTRUCTIONS,
            question=checked.query,
            source_id=self._source_id,
            timeout_s=min(self._model_timeout_s, inquiry.timeout_s),
            principal=inquiry.principal,
            trace_id=inquiry.trace_id,
            fresh=inquiry.fresh,
        )
        return await generated(request, found, self._model)


@asynccontextmanager
async def _within(timeout_s: float) -> AsyncIterator[None]:
    try:
        async with asyncio.timeout(timeout_s):
            yield
    except TimeoutError:
        raise RequestTimeoutError(
            f"Searching the documents took longer than {timeout_s:g} s.", timeout_s=timeout_s
        ) from None


def _hashed(answer: DocsAnswer) -> Rows:
    """Return no rows, and the hash by which the record can prove the answer was the same."""
    digest = hashlib.sha256(answer.model_dump_json(exclude={"notes"}).encode()).hexdigest()
    return Rows(columns=(), rows=(), truncated=False, result_hash=digest)


def _rejection(rule: str, reason: str, remedy: str) -> Rejection:
    return Rejection(layer="names", rule=rule, reason=reason, remedy=remedy)
