"""Read one file as a document, by what its name says it is, within bounds."""

from __future__ import annotations

import codecs
import os
import stat
from pathlib import Path

from clearway.tools.docs.failures import Unreadable
from clearway.tools.docs.formats import html, markdown, text
from clearway.tools.docs.types import Block, Parsed

KINDS = {
    ".md": "markdown", ".markdown": "markdown", ".mdown": "markdown", ".mdx": "markdown",
    ".html": "html", ".htm": "html", ".xhtml": "html",
    ".txt": "text", ".text": "text", ".rst": "text", ".adoc": "text",
    ".pdf": "pdf", ".docx": "word",
}  # fmt: skip
"""What can be read, by suffix."""
MAX_TEXT_BYTES = 10_000_000
MAX_BINARY_BYTES = 100_000_000
MAX_BLOCKS = 200_000

_EXTRA = (
    "reading it needs another package: pip install 'clearway[docs]' "
    "(pypdf for PDF, python-docx for docx)"
)
_BOMS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)


def parse(path: Path) -> Parsed:
    """Return a file's title and blocks, or raise `Unreadable`. Blocks the caller while it reads."""
    kind = KINDS.get(path.suffix.lower())
    if kind is None:
        known = ", ".join(sorted(KINDS))
        raise Unreadable("unsupported", f"its kind is not read; these are: {known}")
    content = read_bytes(path, MAX_BINARY_BYTES if kind in ("pdf", "word") else MAX_TEXT_BYTES)
    title, blocks = _binary(path, kind) if kind in ("pdf", "word") else _text(content, kind)
    if len(blocks) > MAX_BLOCKS:
        raise Unreadable("too_large", f"it has more than {MAX_BLOCKS:,} paragraphs")
    if not any(block.text.strip() for block in blocks):
        raise Unreadable("empty", "it holds no text")
    cleaned = tuple(_cleaned(block) for block in blocks)
    return Parsed(title=(title or _first_heading(cleaned) or path.stem)[:300], blocks=cleaned)


def read_bytes(path: Path, most: int = MAX_BINARY_BYTES) -> bytes:
    """Return the content of a regular file of at most `most` bytes, or raise `Unreadable`."""
    try:
        # O_NONBLOCK: opening a pipe would wait for its writer, and it is refused below.
        handle = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0))
    except OSError as error:
        raise Unreadable("not_a_file", f"it cannot be opened ({error.strerror})") from None
    with os.fdopen(handle, "rb") as file:
        status = os.fstat(file.fileno())
        if not stat.S_ISREG(status.st_mode):
            raise Unreadable("not_a_file", "it is no regular file")
        content = file.read(most + 1)
    if len(content) > most:
        raise Unreadable("too_large", f"it is larger than {most:,} bytes")
    return content


def _text(content: bytes, kind: str) -> tuple[str, list[Block]]:
    said = _decoded(content).replace("\r\n", "\n").replace("\r", "\n")
    if kind == "html":
        return html.blocks_of(said)
    return "", markdown.blocks_of(said) if kind == "markdown" else text.blocks_of(said)


def _decoded(content: bytes) -> str:
    encoding = next((name for bom, name in _BOMS if content.startswith(bom)), None)
    if encoding is None and b"\0" in content[:8192]:
        raise Unreadable("binary", "it is not text, whatever its name says")
    try:
        return content.decode(encoding or "utf-8")
    except UnicodeDecodeError:
        return content.decode("cp1252", errors="replace")


def _binary(path: Path, kind: str) -> tuple[str, list[Block]]:
    try:
        if kind == "pdf":
            from clearway.tools.docs.formats import pdf

            return pdf.blocks_of(path)
        from clearway.tools.docs.formats import word

        return word.blocks_of(path)
    except Unreadable:
        raise
    except ModuleNotFoundError:
        raise Unreadable("missing_parser", _EXTRA) from None
    # A hostile file makes a parser raise anything: it is this one file's trouble.
    except Exception as error:
        why = f"it is broken, or no {path.suffix[1:]} file ({type(error).__name__})"
        raise Unreadable("broken", why) from None


def _cleaned(block: Block) -> Block:
    """Postgres keeps no NUL, and half a surrogate pair is no text."""
    said = block.text.replace("\0", "").encode("utf-8", "replace").decode()
    if said == block.text:
        return block
    return Block(
        kind=block.kind, text=said, level=block.level, line=block.line, end_line=block.end_line,
        page=block.page,
    )  # fmt: skip


def _first_heading(blocks: tuple[Block, ...]) -> str:
    """The title is the heading a file begins with, not one further down."""
    return blocks[0].text if blocks and blocks[0].kind == "heading" else ""
