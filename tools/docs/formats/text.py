"""Plain text: paragraphs at blank lines; a short line in capitals or underlined is a heading."""

from __future__ import annotations

from clearway.tools.docs.types import Block

_LONGEST_HEADING = 80


def blocks_of(text: str) -> list[Block]:
    """Return paragraphs and headings with the lines they stand on."""
    blocks: list[Block] = []
    begun: int | None = None
    lines = text.split("\n")
    for number, line in enumerate([*lines, ""], start=1):
        if line.strip():
            begun = number if begun is None else begun
        elif begun is not None:
            blocks.extend(_paragraph(lines[begun - 1 : number - 1], begun))
            begun = None
    return blocks


def _paragraph(lines: list[str], line: int) -> list[Block]:
    first = lines[0].strip()
    underlined = (
        len(lines) > 1 and len(lines[1].strip()) > 2 and not set(lines[1].strip()) - set("=-~")
    )
    capitals = first.isupper() and len(first.split()) > 1
    if len(first) > _LONGEST_HEADING or not (underlined or (capitals and len(lines) == 1)):
        return [_block(lines, line)]
    level = 2 if underlined and lines[1].strip()[0] != "=" else 1
    taken = 2 if underlined else 1
    heading = Block(kind="heading", text=first, level=level, line=line, end_line=line)
    return [heading, _block(lines[taken:], line + taken)] if lines[taken:] else [heading]


def _block(lines: list[str], line: int) -> Block:
    return Block(kind="text", text="\n".join(lines), line=line, end_line=line + len(lines) - 1)
