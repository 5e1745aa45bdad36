"""Word's docx, by python-docx: headings by style, lists, tables; lines count paragraphs."""

from __future__ import annotations

import re
import zipfile
from collections.abc import Iterator
from pathlib import Path

import docx
from docx.document import Document as WordFile
from docx.table import Table

from clearway.tools.docs.failures import Unreadable
from clearway.tools.docs.types import Block

MAX_UNPACKED_BYTES = 200_000_000
MAX_PARTS = 10_000
_HEADING = re.compile(r"[Hh]eading (\d)")


def blocks_of(path: Path) -> tuple[str, list[Block]]:
    """Return title and blocks; raises `Unreadable` for a zip bomb, anything for a broken file."""
    _bounded(path)
    file = docx.Document(str(path))
    return (file.core_properties.title or "").strip(), list(_blocks(file))


def _bounded(path: Path) -> None:
    """Refuse an archive by what its own directory says, before anything is unpacked."""
    with zipfile.ZipFile(path) as archive:
        parts = archive.infolist()
    if len(parts) > MAX_PARTS or sum(part.file_size for part in parts) > MAX_UNPACKED_BYTES:
        raise Unreadable("too_large", f"it unpacks to more than {MAX_UNPACKED_BYTES:,} bytes")


def _blocks(file: WordFile) -> Iterator[Block]:
    for number, item in enumerate(file.iter_inner_content(), start=1):
        if isinstance(item, Table):
            rows = [" | ".join(_cell(cell.text) for cell in row.cells) for row in item.rows]
            if any(row.strip(" |") for row in rows):
                yield Block(kind="table", text="\n".join(rows), line=number, end_line=number)
            continue
        said, style = item.text.strip(), (item.style.name or "") if item.style else ""
        if not said:
            continue
        heading = _HEADING.match(style)
        if heading or style == "Title":
            level = int(heading.group(1)) if heading else 1
            yield Block(kind="heading", text=said, level=level, line=number, end_line=number)
        elif style.startswith("List"):
            yield Block(kind="list", text=f"- {said}", line=number, end_line=number)
        else:
            yield Block(kind="text", text=said, line=number, end_line=number)


def _cell(text: str) -> str:
    return " ".join(text.split())
