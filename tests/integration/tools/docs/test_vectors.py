"""Meaning beside words: vectors by model, filters inside the index, and life without pgvector."""

from __future__ import annotations

from datetime import timedelta

import pytest

from clearway.errors import ConfigurationError
from clearway.identity import Principal
from clearway.stores.documents import nearest
from clearway.stores.documents import vectors as docs_vectors
from clearway.stores.documents.vectors import VectorKeeper, open_vectors
from clearway.tools.docs.answering.search import DocumentSearch
from clearway.tools.docs.ingesting.embed import embed_missing
from clearway.tools.docs.types import Filters
from tests.integration.tools.docs.conftest import NOW, Library
from tests.integration.tools.docs.embedders import LetterEmbedder

pytestmark = [pytest.mark.integration, pytest.mark.anyio]

ADA = Principal(user="ada")


async def embed(library: Library, embedder: LetterEmbedder) -> int:
    addresses = library.database.addresses
    async with open_vectors(addresses.admin, addresses.owner) as vectors:
        steps = [done async for done, _ in embed_missing(embedder, vectors)]
    return steps[-1]


async def models(library: Library) -> set[str]:
    cursor = await library.keeper._connection.execute("select distinct model_id from doc_vector")
    return {row["model_id"] for row in await cursor.fetchall()}


async def test_what_no_word_finds_is_found_by_meaning(library: Library) -> None:
    await library.put("loads.md", "Restarting loaders repeatedly.")
    await library.put("pay.md", "Refunds: two days.")
    embedder = LetterEmbedder()
    assert await embed(library, embedder) == 2
    found = await DocumentSearch(library.reader, embedder).search("reloadering", ADA)
    assert (found.mode, found.trouble) == ("hybrid", "")
    assert found.hits[0].label == "loads.md"
    lexical = await DocumentSearch(library.reader).search("reloadering", ADA)
    assert (lexical.mode, lexical.hits) == ("lexical", ())
    assert "words only" in lexical.trouble


async def test_only_what_has_no_vector_is_embedded_and_another_model_replaces_it(
    library: Library,
) -> None:
    await library.put("loads.md", "Restart the loader.")
    first, second = LetterEmbedder(), LetterEmbedder("letters@2")
    await embed(library, first)
    await library.put("pay.md", "Refunds take two days.")
    await embed(library, first)
    assert first.embedded == 2
    await embed(library, second)
    assert await models(library) == {"letters@2"}
    stale = await DocumentSearch(library.reader, first).search("loader", ADA)
    assert stale.mode == "lexical"
    assert "reembed" in stale.trouble
    await library.put("loads.md", "Restart it twice.")
    assert await embed(library, second) == 1


@pytest.mark.parametrize("how", ["words", "hybrid", "hybrid by index"])
async def test_filters_hold_inside_the_search(
    library: Library, how: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    if how == "hybrid by index":
        monkeypatch.setattr(nearest, "EXACT_MOST", 0)
    hybrid = how != "words"
    for number in range(150):
        await library.put(f"new{number}.md", "The loader restarts.", collection="loud")
    await library.put("old.md", "Long ago a loader restarts, it is said.", collection="quiet")
    embedder = LetterEmbedder() if hybrid else None
    if embedder:
        await embed(library, embedder)
    search = DocumentSearch(library.reader, embedder)
    quiet = await search.search("loader restarts", ADA, Filters(collections=("quiet",)), limit=3)
    assert [hit.label for hit in quiet.hits] == ["old.md"]
    fresh = await search.search("loader", ADA, Filters(since=NOW), limit=3)
    assert len(fresh.hits) == 3
    later = Filters(since=NOW + timedelta(seconds=1))
    assert (await search.search("loader", ADA, later, limit=3)).hits == ()


@pytest.mark.parametrize("exact_most", [0, 5_000], ids=["by index", "one by one"])
async def test_who_sees_one_of_many_finds_it_however_far_it_is(
    library: Library, monkeypatch: pytest.MonkeyPatch, exact_most: int
) -> None:
    monkeypatch.setattr(nearest, "EXACT_MOST", exact_most)
    for number in range(150):
        await library.put(f"loud{number}.md", "The loader restarts.", acl=("role:many",))
    for number in range(3):
        await library.put(f"mine{number}.md", "Quiet zebras graze.", acl=("user:ada",))
    embedder = LetterEmbedder()
    await embed(library, embedder)
    (vector,) = await embedder.embed(["the loader restarts"])
    hits = await library.reader.by_meaning(
        vector, embedder.model_id, ADA, Filters(), limit=3, timeout_s=10
    )
    assert {hit.label for hit in hits} == {"mine0.md", "mine1.md", "mine2.md"}


@pytest.mark.parametrize("dimensions", [3_000, 5_000], ids=["in 16 bits", "without an index"])
async def test_long_vectors_are_searched_too(
    library: Library, monkeypatch: pytest.MonkeyPatch, dimensions: int
) -> None:
    monkeypatch.setattr(nearest, "EXACT_MOST", 0)
    await library.put("loads.md", "Restart the loader.")
    await library.put("pay.md", "Refunds take two days.")
    embedder = LetterEmbedder(f"letters@{dimensions}", dimensions=dimensions)
    await embed(library, embedder)
    found = await DocumentSearch(library.reader, embedder).search("loader", ADA)
    assert (found.mode, found.hits[0].label) == ("hybrid", "loads.md")


async def test_losing_the_model_degrades_and_says_so(library: Library) -> None:
    await library.put("loads.md", "Restart the loader.")
    await embed(library, LetterEmbedder())
    found = await DocumentSearch(library.reader, LetterEmbedder(away=True)).search("loader", ADA)
    assert [hit.label for hit in found.hits] == ["loads.md"]
    assert "failed" in found.trouble


async def test_without_pgvector_words_go_on_and_the_remedy_is_named(
    library: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    await library.put("loads.md", "Restart the loader.")
    monkeypatch.setattr(docs_vectors, "_PLACE", docs_vectors._PLACE.replace("'vector'", "'none'"))
    monkeypatch.setattr(docs_vectors, "_INSTALL", "create extension no_such_extension")
    addresses = library.database.addresses
    async with open_vectors(addresses.admin, addresses.owner) as vectors:
        assert isinstance(vectors, VectorKeeper)
        with pytest.raises(ConfigurationError, match="install pgvector"):
            await vectors.prepare("letters@1", 64)
    await library.keeper._connection.execute("drop table if exists doc_vector")
    found = await DocumentSearch(library.reader, LetterEmbedder()).search("loader", ADA)
    assert [hit.label for hit in found.hits] == ["loads.md"]
    assert "install pgvector" in found.trouble
