"""PDF, by pypdf: the text of each page; headings are not marked in most files, pages are."""

from __future__ import annotations

import logging
from pathlib import Path

from pypdf import PdfReader

from clearway.tools.docs.failures import Unreadable
from clearway.tools.docs.formats import text
from clearway.tools.docs.types import Block

MAX_PAGES = 3_000


def blocks_of(path: Path) -> tuple[str, list[Block]]:
    """Return the title the file names and the paragraphs of its pages; lines count per page.

    Raises `Unreadable` for a file that is locked or holds pictures only, and anything for a broken
    one.
    """
    # It logs each oddity of a file; that it could not be read is said once, below.
    logging.getLogger("pypdf").setLevel(logging.CRITICAL)
    reader = PdfReader(path, strict=False)
    if reader.is_encrypted and not reader.decrypt(""):
        raise Unreadable("locked", "it needs a password")
    title = (reader.metadata.title if reader.metadata else None) or ""
    blocks = [
        block
        for number, page in enumerate(reader.pages[:MAX_PAGES], start=1)
        for block in _page(page.extract_text(), number)
    ]
    if not blocks:
        raise Unreadable("empty", "it holds no text; scanned pages need text recognition first")
    return title.strip(), blocks


def _page(said: str, number: int) -> list[Block]:
    return [
        Block(
            kind=block.kind,
            text=block.text,
            level=block.level,
            line=block.line,
            end_line=block.end_line,
            page=number,
        )
        for block in text.blocks_of(said)
        if block.text.strip()
    ]
