"""Files become documents: what changed is read, what is gone leaves, a bad file stops none."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from pathlib import Path

import pytest

from clearway.errors import ConfigurationError
from clearway.identity import Principal
from clearway.tools.docs.answering.search import DocumentSearch
from clearway.tools.docs.failures import Unreadable
from clearway.tools.docs.ingesting import ingest
from clearway.tools.docs.ingesting.ingest import add, sources
from clearway.tools.docs.ingesting.isolate import isolated_parser
from clearway.tools.docs.types import Access, Document
from tests.integration.tools.docs.conftest import Files, InProcess, Library

pytestmark = [pytest.mark.integration, pytest.mark.anyio]

ADA = Principal(user="ada")


async def labels(library: Library, question: str) -> list[str]:
    found = await DocumentSearch(library.reader).search(question, ADA)
    return [hit.label for hit in found.hits]


async def rows(library: Library, table: str) -> int:
    cursor = await library.keeper._connection.execute(f"select count(*)::integer as n from {table}")
    (row,) = await cursor.fetchall()
    return int(row["n"])


async def test_only_what_changed_is_read_again(library: Library, folder: Files) -> None:
    at = folder(loads="# Loads\n\nRestart the loader.", pay="# Pay\n\nRefunds take two days.")
    assert await library.add(at) == {"loads.md": "added", "pay.md": "added"}
    parser = InProcess()
    assert await library.add(at, parser=parser) == {"loads.md": "unchanged", "pay.md": "unchanged"}
    folder(pay="# Pay\n\nRefunds take three weeks.")
    assert await library.add(at, parser=parser) == {"loads.md": "unchanged", "pay.md": "updated"}
    assert parser.read == ["pay.md"]
    assert await labels(library, "three weeks") == ["pay.md"]
    assert await labels(library, "two days") == []


async def test_what_is_gone_from_a_folder_leaves_no_trace(library: Library, folder: Files) -> None:
    at = folder(loads="# Loads\n\nRestart the loader.", pay="# Pay (PAY)\n\nChurn means leaving.")
    other = at.parent / "elsewhere.md"
    other.write_text("Elsewhere, loaders wait.")
    await library.add(other)
    await library.add(at)
    for name in ("loads", "pay"):
        (at / f"{name}.md").unlink()
    assert await library.add(at) == {"loads.md": "removed", "pay.md": "removed"}
    (kept,) = await library.keeper.kept("default")
    assert kept.label == "elsewhere.md"
    await library.keeper.drop([kept.id])
    for table in (
        "doc_document",
        "doc_chunk",
        "doc_terms",
        "doc_posting",
        "doc_stat",
        "doc_definition",
    ):
        assert await rows(library, table) == 0, table
    cursor = await library.keeper._connection.execute("select documents, chunks from doc_class")
    assert [tuple(row.values()) for row in await cursor.fetchall()] == [(0, 0)]


async def test_another_access_list_takes_effect(library: Library, folder: Files) -> None:
    at = folder(pay="# Pay\n\nRefunds take two days.")
    await library.add(at)
    assert await library.add(at, acl=("role:finance",)) == {"pay.md": "updated"}
    assert await labels(library, "refunds") == []


async def test_one_bad_file_does_not_stop_the_rest(library: Library, folder: Files) -> None:
    at = folder(a="Loaders restart.", c="Refunds wait.")
    (at / "b.pdf").write_bytes(b"%PDF-1.7 broken")
    (at / "b.md").write_bytes(b"\0\0\0")
    (at / ".hidden.md").write_text("Not for the library.")
    (at / "link.md").symlink_to("/etc/hostname")
    (at / "data.parquet").write_bytes(b"PAR1")
    assert await library.add(at) == {
        "a.md": "added", "b.md": "skipped", "b.pdf": "skipped", "c.md": "added",
    }  # fmt: skip


async def test_a_file_that_broke_keeps_what_was_read(library: Library, folder: Files) -> None:
    at = folder(pay="Refunds take two days.")
    await library.add(at)
    (at / "pay.md").write_bytes(b"\0")
    assert await library.add(at) == {"pay.md": "skipped"}
    assert await labels(library, "refunds") == ["pay.md"]


class _Stopping:
    """A writer that fails at the second batch, as a process that is killed does."""

    def __init__(self, library: Library) -> None:
        self.keeper = library.keeper
        self.batches = 0
        self.kept = library.keeper.kept
        self.drop = library.keeper.drop

    async def put(self, documents: Sequence[Document]) -> None:
        self.batches += 1
        if self.batches == 2:
            raise KeyboardInterrupt
        await self.keeper.put(documents)


async def test_an_ingest_that_was_stopped_goes_on(
    library: Library, folder: Files, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ingest, "BATCH_FILES", 2)
    at = folder(**{f"page{n}": f"Page {n} tells of loaders." for n in range(5)})
    with pytest.raises(KeyboardInterrupt):
        async for _ in add([at], Access(tenant="default"), _Stopping(library), InProcess()):
            pass
    changes = await library.add(at)
    assert list(changes.values()).count("unchanged") == 2
    assert list(changes.values()).count("added") == 3


async def test_ingests_at_the_same_time_count_right(library: Library, folder: Files) -> None:
    from clearway.stores.documents.write import open_keeper

    at = folder(**{f"page{n}": f"Page {n} tells of loaders." for n in range(6)})

    async def ingest_all() -> None:
        async with open_keeper(library.database.addresses.owner) as keeper:
            async for _ in add([at], Access(tenant="default"), keeper, InProcess()):
                pass

    await asyncio.gather(ingest_all(), ingest_all())
    assert len(await library.keeper.kept("default")) == 6
    cursor = await library.keeper._connection.execute(
        "select max(documents)::integer as n from doc_stat"
    )
    (row,) = await cursor.fetchall()
    assert row["n"] == 6


async def test_a_path_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="not there"):
        sources([tmp_path / "missing"])


async def test_a_file_that_takes_too_long_costs_only_itself(tmp_path: Path) -> None:
    slow, good = tmp_path / "slow.html", tmp_path / "good.md"
    slow.write_text("<a " * 2_000_000)
    good.write_text("Loaders restart.")
    async with isolated_parser(timeout_s=0.5) as parser:
        with pytest.raises(Unreadable) as caught:
            await parser.parse(slow)
        assert caught.value.trouble == "too_slow"
    async with isolated_parser() as parser:
        assert (await parser.parse(good)).blocks[0].text == "Loaders restart."
        parser._process.kill()  # type: ignore[union-attr]  # it was started by the line above
        with pytest.raises(Unreadable):
            await parser.parse(good)
        assert (await parser.parse(good)).title == "good", "the next file has a process again"
