"""Documents: `python -m clearway.evals.bench.docs quality|refusal FOLDER`, `speed [N [meaning]]`.

`quality` wants a folder with `corpus/` and `questions.jsonl` ({id, kind, question, expected}); it
ranks documents with BM25 over windows, with words, and with words and meaning where there is an
embedder, in one run. Questions are halved by a hash of their id: one half was tuned on,
the other had a say in three constants only (ADR 12).
"""

from __future__ import annotations

import asyncio
import json
import sys
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from clearway.evals.bench.docs_baseline import Baseline
from clearway.evals.bench.docs_speed import empty_store, speed
from clearway.evals.bench.figure import show
from clearway.identity import Principal
from clearway.llm.embeddings.choose import choose_embedder
from clearway.outcome import DocsAnswer
from clearway.settings import load_settings
from clearway.stores.documents.search import PostgresDocuments
from clearway.stores.documents.vectors import open_vectors
from clearway.tools.docs.answering.answer import extracted
from clearway.tools.docs.answering.search import DocumentSearch
from clearway.tools.docs.ingesting.embed import embed_missing
from clearway.tools.docs.ingesting.ingest import add
from clearway.tools.docs.ingesting.isolate import isolated_parser
from clearway.tools.docs.ports import Embedder
from clearway.tools.docs.types import Access

ASKER = Principal(user="bench")
DEEP = 50

Ranker = Callable[[str], Awaitable[Sequence[str]]]


@dataclass(frozen=True, kw_only=True)
class Question:
    """One question and the documents its author attached."""

    id: str
    kind: str
    question: str
    expected: list[str]

    @property
    def tuned_on(self) -> bool:
        """Whether it is in the half rules were chosen on."""
        return _tuned_on(self.id)


@dataclass(frozen=True, kw_only=True)
class Answerable:
    """A question and what a right answer says; `expected` is None where no document holds one."""

    id: str
    question: str
    expected: str | None
    says: str


async def quality(folder: Path, embedder: Embedder | None = None) -> None:
    """Print recall@1, recall@5 and MRR@10 of each ranking, for all, each kind and each half."""
    lines = (folder / "questions.jsonl").read_text("utf-8").splitlines()
    questions = [Question(**json.loads(line)) for line in lines if line.strip()]
    corpus = folder / "corpus"
    texts = {path.name: path.read_text("utf-8", "replace") for path in sorted(corpus.iterdir())}
    baseline = Baseline(texts)

    async def bm25(question: str) -> list[str]:
        return baseline.rank(question)

    async with empty_store() as (database, keeper), isolated_parser() as parser:
        began = time.perf_counter()
        steps = [step async for step in add([corpus], Access(tenant="default"), keeper, parser)]
        chunks = sum(step.chunks for step in steps)
        took = time.perf_counter() - began
        print(f"ingest: {len(steps)} files, {chunks} chunks, {chunks / took:.0f} chunks/s")
        reader = PostgresDocuments(database.pool)
        rankers = {"BM25, 160-word windows": bm25, "words": _ranker(DocumentSearch(reader))}
        if embedder is not None:
            addresses = database.addresses
            async with open_vectors(addresses.admin, addresses.owner) as vectors:
                began = time.perf_counter()
                async for _ in embed_missing(embedder, vectors):
                    pass
                print(f"embed: {chunks / (time.perf_counter() - began):.0f} chunks/s")
            rankers["words and meaning"] = _ranker(DocumentSearch(reader, embedder))
        for name, ranker in rankers.items():
            await _report(name, ranker, questions)


def _tuned_on(name: str) -> bool:
    return sha256(name.encode()).digest()[0] % 2 == 0


def _ranker(search: DocumentSearch) -> Ranker:
    async def rank(question: str) -> list[str]:
        found = await search.search(question, ASKER, limit=DEEP)
        return list(dict.fromkeys(hit.label for hit in found.hits))

    return rank


async def _report(name: str, ranker: Ranker, questions: Sequence[Question]) -> None:
    ranks = {each.id: _rank(await ranker(each.question), each.expected) for each in questions}
    groups = {
        "all": questions,
        **{kind: [q for q in questions if q.kind == kind] for kind in {q.kind for q in questions}},
        "tuned on": [each for each in questions if each.tuned_on],
        "not seen": [each for each in questions if not each.tuned_on],
        **{
            f"{kind}, not seen": [q for q in questions if q.kind == kind and not q.tuned_on]
            for kind in {q.kind for q in questions}
        },
    }
    print(name)
    for group, members in groups.items():
        found = [ranks[each.id] for each in members]
        count = len(found)
        first = sum(rank == 1 for rank in found) / count
        five = sum(0 < rank <= 5 for rank in found) / count
        mrr = sum(1 / rank for rank in found if 0 < rank <= 10) / count
        print(f"  {group:<30} recall@1 {first:.3f}  recall@5 {five:.3f}  MRR {mrr:.3f}  n={count}")


def _rank(ranking: Sequence[str], expected: Sequence[str]) -> int:
    """Return the place of the first document that was expected, 0 for none."""
    return next((at for at, name in enumerate(ranking, start=1) if name in expected), 0)


async def refusal(folder: Path, embedder: Embedder | None = None) -> None:
    """Print how many questions are answered, and refused, that should be, by half; and how fast.

    By words alone, and where there is an embedder by meaning too.
    """
    lines = (folder / "questions.jsonl").read_text("utf-8").splitlines()
    questions = [Answerable(**json.loads(line)) for line in lines if line.strip()]
    async with empty_store() as (database, keeper), isolated_parser() as parser:
        async for _ in add([folder / "runbooks"], Access(tenant="default"), keeper, parser):
            pass
        reader = PostgresDocuments(database.pool)
        await _refused("words", DocumentSearch(reader), questions)
        if embedder is not None:
            addresses = database.addresses
            async with open_vectors(addresses.admin, addresses.owner) as vectors:
                async for _ in embed_missing(embedder, vectors):
                    pass
            await _refused("words and meaning", DocumentSearch(reader, embedder), questions)


async def _refused(how: str, search: DocumentSearch, questions: Sequence[Answerable]) -> None:
    answers, took, ranks = {}, [], []
    for each in questions:
        began = time.perf_counter()
        found = await search.to_answer(each.question, ASKER)
        answers[each.id] = extracted(each.question, found)
        took.append((time.perf_counter() - began) * 1000)
        if each.expected:
            ranks.append(_rank([hit.label for hit in found.hits], [each.expected]))
    first, five = sum(rank == 1 for rank in ranks), sum(rank > 0 for rank in ranks)
    print(
        f"{how}: the right file first for {first}, among five passages for {five} of {len(ranks)}"
    )
    show("an answer", took)
    for name, tuned_on in (("tuned on", True), ("looked at", False)):
        half = [each for each in questions if _tuned_on(each.id) == tuned_on]
        wanted = [each for each in half if each.expected]
        others = [each for each in half if not each.expected]
        answered = sum(answers[each.id].found for each in wanted)
        right = sum(_quotes(answers[each.id], each.says) for each in wanted)
        refused = sum(not answers[each.id].found for each in others)
        print(
            f"{name}: answered {answered} of {len(wanted)}, {right} with the words that answer; "
            f"refused {refused} of {len(others)} that the documents do not hold"
        )


def _quotes(answer: DocsAnswer, said: str) -> bool:
    return any(said in citation.quote for citation in answer.citations)


def main() -> None:
    """Run what is named."""
    match sys.argv[1:]:
        case ["quality", folder]:
            # CLEARWAY_EMBEDDING_MODEL_DIR or CLEARWAY_EMBEDDING_URL adds the ranking by meaning.
            asyncio.run(quality(Path(folder), choose_embedder(load_settings())))
        case ["refusal", folder]:
            asyncio.run(refusal(Path(folder), choose_embedder(load_settings())))
        case ["speed", *count]:
            asyncio.run(
                speed(int(count[0]) if count else 100_000, meaning=count[1:] == ["meaning"])
            )
        case _:
            print(__doc__)


if __name__ == "__main__":
    main()
