"""What the documents tool speaks of: blocks of a file, chunks of a document, hits, citations."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

BlockKind = Literal["heading", "text", "list", "table", "code"]
EVERYONE = "everyone"
"""The access entry all users of a tenant have."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """One piece of a file as its format marks it; `line` and `end_line` count from 1."""

    kind: BlockKind
    text: str
    line: int
    end_line: int
    level: int = 0
    """Of a heading: 1 is the highest."""
    page: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Parsed:
    """A file as its format reads it."""

    title: str
    blocks: tuple[Block, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Defined:
    """A term a document defines, what it means and the words that say so."""

    name: str
    """As questions are matched: stems, one blank between them."""
    term: str
    meaning: str
    quote: str
    """Verbatim."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Chunk:
    """A passage that is found and cited as a whole."""

    ordinal: int
    text: str
    section: tuple[str, ...]
    """Headings above it, the highest first; the document's title is not repeated."""
    line: int
    end_line: int
    page: int | None = None
    lines: tuple[tuple[int, int], ...] = ()
    """For each line of the text, where in the file it begins and ends."""
    definitions: tuple[Defined, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Access:
    """Where a document stands, and who may see it: `everyone`, `role:NAME` or `user:NAME`."""

    tenant: str
    collection: str = "default"
    acl: tuple[str, ...] = (EVERYONE,)


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """A document as it is kept; `path` is absolute and names it within its collection."""

    path: str
    label: str
    """What a citation shows: the path relative to what was added."""
    title: str
    content_hash: str
    size_bytes: int
    modified_at: datetime
    access: Access
    chunks: tuple[Chunk, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed:
    """A kept document without its chunks."""

    id: int
    path: str
    label: str
    title: str
    collection: str
    acl: tuple[str, ...]
    content_hash: str
    size_bytes: int
    chunk_count: int
    modified_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Filters:
    """What a search is narrowed to, beside what the asker may see."""

    collections: tuple[str, ...] = ()
    """None named: all."""
    since: datetime | None = None
    """Documents changed at this time or later."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Hit:
    """A chunk that was found, with what is needed to cite it."""

    chunk_id: int
    document_id: int
    label: str
    title: str
    collection: str
    section: tuple[str, ...]
    text: str
    line: int
    end_line: int
    page: int | None
    modified_at: datetime
    score: float
    """Comparable within one search only."""
    lines: tuple[tuple[int, int], ...] = ()
    """For each line of the text, where in the file it stands; none of what was kept without."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """What a search brought back."""

    hits: tuple[Hit, ...]
    weights: dict[str, float] = field(default_factory=dict)
    """How telling each word of the question is among what the asker may see."""
    mode: Literal["hybrid", "lexical"] = "lexical"
    trouble: str = ""
    """Why meaning was not searched, in words for the asker; empty where it was."""
    meant: tuple[tuple[int, int], ...] = ()
    """Sentences that answer by what they mean, where none does by its words: rank of the passage,
    number of the sentence in it."""
