"""How long searches take in a store of many made-up passages, by words and by meaning.

One passage of a hundred is for `role:few`, the others for `role:many`: who holds the first alone
searches under an access list that hides 99 % of the store.
"""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory

from pydantic import SecretStr

from clearway.evals.bench.docs_corpus import Corpus
from clearway.evals.bench.docs_fill import fill
from clearway.evals.bench.docs_meaning import MadeUpEmbedder, fill_vectors, recall
from clearway.evals.bench.figure import show
from clearway.identity import Principal
from clearway.settings import Settings
from clearway.stores.documents.search import PostgresDocuments
from clearway.stores.documents.write import DocumentKeeper, open_keeper
from clearway.stores.postgres import Database, open_database
from clearway.tools.docs.answering.search import DocumentSearch
from clearway.tools.docs.types import Access, Document

SEARCHES = 200
WARMING = 20
"""Searches that are not timed: connections are made and statements prepared with the first."""
ASKERS = {
    "all": Principal(user="bench", roles=frozenset({"few", "many"})),
    "1 %": Principal(user="bench", roles=frozenset({"few"})),
}
"""By how much of the store they see."""
_FEW = Access(tenant="default", acl=("role:few",))
_MANY = Access(tenant="default", acl=("role:many",))
_NOWHERE = SecretStr("postgresql://nobody@warehouse.invalid/none")


@dataclass(frozen=True, kw_only=True)
class _Bench:
    """A filled store and who searches it."""

    corpus: Corpus
    search: DocumentSearch
    passages: int


async def speed(passages: int, *, meaning: bool) -> None:
    """Print search, and keeping more, in a made-up corpus: words as frequent as in a language.

    With `meaning`, vectors are made up too, and an embedder gives those of questions at once.
    """
    corpus = Corpus()
    async with empty_store() as (database, keeper):
        owner = database.addresses.owner
        began = time.perf_counter()
        filled = await fill(owner, _shared_out(corpus.documents(passages, _MANY)))
        await keeper.tidy()
        print(f"fill: {filled} chunks in {time.perf_counter() - began:.0f} s")
        reader, embedder = PostgresDocuments(database.pool), None
        if meaning:
            began = time.perf_counter()
            embedder = MadeUpEmbedder()
            await fill_vectors(database.addresses.admin, owner, embedder)
            print(f"vectors and their index: {time.perf_counter() - began:.0f} s")
        bench = _Bench(corpus=corpus, search=DocumentSearch(reader, embedder), passages=filled)
        for seen, asker in ASKERS.items():
            for name, common in (("words as they come", False), ("common words", True)):
                await _timed(f"search, sees {seen}, {name}", bench, asker, common=common)
            if embedder is not None:
                await recall(f"nearest, sees {seen}", reader, owner, embedder, asker)
        batch = [replace(each, path=f"/more{each.path}") for each in corpus.documents(1000, _MANY)]
        began = time.perf_counter()
        await keeper.put(batch)
        took = time.perf_counter() - began
        print(f"keep: {sum(len(each.chunks) for each in batch) / took:.0f} chunks/s on top of them")


async def _timed(name: str, bench: _Bench, asker: Principal, *, common: bool) -> None:
    questions = [bench.corpus.question(common) for _ in range(WARMING + SEARCHES)]
    for question in questions[:WARMING]:
        await bench.search.search(question, asker)
    samples: list[float] = []
    modes: set[str] = set()
    cpu = time.process_time()
    for question in questions[WARMING:]:
        began = time.perf_counter()
        modes.add((await bench.search.search(question, asker)).mode)
        samples.append((time.perf_counter() - began) * 1000)
    cpu = (time.process_time() - cpu) / SEARCHES * 1000
    how = " or ".join(sorted(modes))
    show(name, samples, f"{how}, {bench.passages} chunks, {cpu:.1f} ms of client CPU each")


def _shared_out(documents: Iterator[Document]) -> Iterator[Document]:
    for number, each in enumerate(documents):
        yield each if number % 100 else replace(each, access=_FEW)


@asynccontextmanager
async def empty_store() -> AsyncIterator[tuple[Database, DocumentKeeper]]:
    """Yield a store of its own, gone afterwards."""
    with TemporaryDirectory(prefix="clearway-bench-") as home:
        settings = Settings(_env_file=None, home=Path(home), warehouse_url=_NOWHERE)
        async with (
            open_database(settings) as database,
            open_keeper(database.addresses.owner) as keeper,
        ):
            yield database, keeper
