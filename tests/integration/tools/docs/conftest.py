"""A store of documents, as administrators write it and as somebody asks it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest

from clearway.stores.documents.search import PostgresDocuments
from clearway.stores.documents.write import DocumentKeeper, open_keeper
from clearway.stores.postgres import Database
from clearway.tools.docs.formats.markdown import blocks_of
from clearway.tools.docs.ingesting.chunk import chunks_of
from clearway.tools.docs.ingesting.ingest import Change, Parser, add
from clearway.tools.docs.ingesting.parse import parse
from clearway.tools.docs.types import Access, Document, Parsed

NOW = datetime(2026, 1, 1, tzinfo=UTC)


class InProcess:
    """Reads files here: the worker process has tests of its own."""

    def __init__(self) -> None:
        self.read: list[str] = []

    async def parse(self, path: Path) -> Parsed:
        self.read.append(path.name)
        return parse(path)


@dataclass(frozen=True)
class Library:
    """Everything a test needs of one store."""

    database: Database
    keeper: DocumentKeeper
    reader: PostgresDocuments

    async def add(
        self,
        path: Path,
        *,
        acl: tuple[str, ...] = ("everyone",),
        collection: str = "default",
        parser: Parser | None = None,
    ) -> dict[str, Change]:
        """Ingest and return what became of each file."""
        access = Access(tenant="default", collection=collection, acl=acl)
        steps = add([path], access, self.keeper, parser or InProcess())
        return {step.label: step.change async for step in steps}

    async def put(self, label: str, text: str, **access: object) -> None:
        """Keep a document without a file."""
        fields = {"tenant": "default", **access}
        blocks = blocks_of(text)
        title = blocks[0].text if blocks[0].kind == "heading" else label
        document = Document(
            path=f"/kept/{label}", label=label, title=title, content_hash=text[:10],
            size_bytes=len(text), modified_at=NOW, access=Access(**fields),
            chunks=chunks_of(blocks, title),
        )  # fmt: skip
        await self.keeper.put([document])


@pytest.fixture
async def library(database: Database) -> AsyncIterator[Library]:
    async with open_keeper(database.addresses.owner) as keeper:
        yield Library(database, keeper, PostgresDocuments(database.pool))


Files = Callable[..., Path]


@pytest.fixture
def folder(tmp_path: Path) -> Files:
    """Return a function that writes files and returns their folder."""

    def write(**files: str) -> Path:
        at = tmp_path / "library"
        at.mkdir(exist_ok=True)
        for name, text in files.items():
            (at / f"{name}.md").write_text(text, "utf-8")
        return at

    return write
