"""Bring files into the store and keep them as they are on disk: only what changed is read.

Work is committed in batches, so an ingest that was stopped goes on where it was. What is gone from
a folder leaves the store; a file that cannot be read is reported, and what was kept of it stays.
"""

from __future__ import annotations

import asyncio
import os
from collections import Counter
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from hashlib import blake2b
from pathlib import Path
from typing import Literal, Protocol

from clearway.errors import ConfigurationError
from clearway.tools.docs.failures import Trouble, Unreadable
from clearway.tools.docs.ingesting.chunk import chunks_of
from clearway.tools.docs.ingesting.index import VERSION
from clearway.tools.docs.ingesting.parse import KINDS, read_bytes
from clearway.tools.docs.ports import DocumentWriter
from clearway.tools.docs.types import Access, Document, Listed, Parsed

BATCH_CHUNKS = 1_000
BATCH_FILES = 200
MAX_CHUNKS = 20_000
"""Of one document."""

Change = Literal["added", "updated", "unchanged", "removed", "skipped"]


class Parser(Protocol):
    """Reads one file."""

    async def parse(self, path: Path) -> Parsed:
        """Return its title and blocks, or raise `Unreadable`."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """A file to keep, and what it is called in a citation."""

    path: Path
    label: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """What became of one file; it is durable when it is told."""

    change: Change
    path: str
    label: str
    chunks: int = 0
    trouble: Trouble | None = None
    why: str = ""


@dataclass(slots=True)
class _Batch:
    documents: list[tuple[Document, Change]] = field(default_factory=list)
    chunks: int = 0

    def full(self) -> bool:
        return self.chunks >= BATCH_CHUNKS or len(self.documents) >= BATCH_FILES


def sources(paths: Sequence[Path]) -> list[Source]:
    """Return the files the paths stand for: a folder for every file in it that can be read.

    Names that begin with a dot and links out of the folder are left out. Raises
    `ConfigurationError` for a path that is not there.
    """
    found: dict[Path, Source] = {}
    for path in paths:
        if not path.exists():
            raise ConfigurationError(
                f"{path} is not there: name a file or a folder. What was added from it goes with "
                f"`clearway docs remove {path}`."
            )
        if path.is_dir():
            for file in _below(path.resolve()):
                found.setdefault(file, Source(path=file, label=_label(file, path.resolve())))
        else:
            found[path.resolve()] = Source(path=path.resolve(), label=path.name)
    return sorted(found.values(), key=lambda source: str(source.path))


def left_out(paths: Sequence[Path]) -> dict[str, int]:
    """Return how many files in the folders are of a kind that is not read, by suffix."""
    folders = {path.resolve() for path in paths if path.is_dir()}
    files = {file for folder in folders for file in _visible(folder) if not _read(file)}
    return dict(sorted(Counter(file.suffix.lower() or file.name for file in files).items()))


async def add(
    paths: Sequence[Path],
    access: Access,
    writer: DocumentWriter,
    parser: Parser,
    *,
    files: Sequence[Source] | None = None,
) -> AsyncIterator[Step]:
    """Keep what the paths stand for, and yield what became of each file.

    `files` is what `sources` returned, where the caller has asked already.
    """
    files = sources(paths) if files is None else files
    kept = {each.path: each for each in await writer.kept(access.tenant, access.collection)}
    batch = _Batch()
    for source in files:
        step = await _considered(source, access, kept, parser, batch)
        if step is not None:
            yield step
        if batch.full():
            for told in await _put(batch, writer):
                yield told
            batch = _Batch()
    for told in await _put(batch, writer):
        yield told
    async for told in _gone(paths, files, kept, writer):
        yield told


async def _considered(
    source: Source, access: Access, kept: Mapping[str, Listed], parser: Parser, batch: _Batch
) -> Step | None:
    """Add a document to the batch where its file is new or changed; else say what became of it."""
    path = str(source.path)
    held = kept.get(path)
    try:
        content = await asyncio.to_thread(read_bytes, source.path)
        digest = _digest(content)
        if held and held.content_hash == digest and held.acl == tuple(sorted(access.acl)):
            return Step(change="unchanged", path=path, label=source.label, chunks=held.chunk_count)
        parsed = await parser.parse(source.path)
        document = _document(source, access, parsed, digest, len(content))
    except Unreadable as error:
        return Step(
            change="skipped", path=path, label=source.label, trouble=error.trouble,
            why=error.message,
        )  # fmt: skip
    batch.documents.append((document, "updated" if held else "added"))
    batch.chunks += len(document.chunks)
    return None


def _document(
    source: Source, access: Access, parsed: Parsed, digest: str, size_bytes: int
) -> Document:
    chunks = chunks_of(parsed.blocks, parsed.title)
    if len(chunks) > MAX_CHUNKS:
        raise Unreadable("too_large", f"it has more than {MAX_CHUNKS:,} passages")
    modified = datetime.fromtimestamp(source.path.stat().st_mtime, UTC)
    return Document(
        path=str(source.path), label=source.label, title=parsed.title, content_hash=digest,
        size_bytes=size_bytes, modified_at=modified, access=access, chunks=chunks,
    )  # fmt: skip


async def _put(batch: _Batch, writer: DocumentWriter) -> list[Step]:
    if not batch.documents:
        return []
    await writer.put([document for document, _ in batch.documents])
    return [
        Step(change=change, path=document.path, label=document.label, chunks=len(document.chunks))
        for document, change in batch.documents
    ]


async def _gone(
    paths: Sequence[Path],
    files: Sequence[Source],
    kept: Mapping[str, Listed],
    writer: DocumentWriter,
) -> AsyncIterator[Step]:
    there = {str(source.path) for source in files}
    folders = [path.resolve() for path in paths if path.is_dir()]
    gone = [
        each
        for each in kept.values()
        if each.path not in there and any(Path(each.path).is_relative_to(at) for at in folders)
    ]
    await writer.drop([each.id for each in gone])
    for each in gone:
        yield Step(change="removed", path=each.path, label=each.label, chunks=each.chunk_count)


def _below(folder: Path) -> Iterator[Path]:
    for path in _visible(folder):
        # A link in a shared folder must not bring in what lies outside of it.
        if _read(path) and (not path.is_symlink() or path.resolve().is_relative_to(folder)):
            yield path


def _visible(folder: Path) -> Iterator[Path]:
    for at, folders, names in os.walk(folder):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        yield from (Path(at, name) for name in sorted(names) if not name.startswith("."))


def _read(path: Path) -> bool:
    return path.suffix.lower() in KINDS


def _label(file: Path, folder: Path) -> str:
    return file.relative_to(folder).as_posix()


def _digest(content: bytes) -> str:
    return blake2b(content, digest_size=16, person=f"clearway{VERSION}".encode()).hexdigest()
