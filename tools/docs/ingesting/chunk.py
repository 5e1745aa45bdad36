"""Cut a document into passages along its headings, tables and code."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from clearway.tools.docs.types import Block, Chunk
from clearway.tools.docs.words.glossary import definitions_in

TARGET_WORDS = 160
"""About this long a passage is one thing said; 60 to 240 were tried on three corpora."""
SMALLEST_WORDS = 30
"""A section shorter than this is kept with the next, rather than alone without its context."""
LONGEST_WORDS = 160
"""No block is longer: it is split at rows, lines or sentences."""
MAX_CHARS = 8_000
"""Of one chunk, whatever its words are."""

_ROOM = MAX_CHARS - 1_000
"""The rest is for the headings above."""
_BETWEEN = "\n\n"
_SENTENCE_END = re.compile(r"(?<=[.!?])\s+(?=\S)")


@dataclass(slots=True)
class _Open:
    """The chunk being filled."""

    section: tuple[str, ...] = ()
    page: int | None = None
    line: int = 0
    end_line: int = 0
    words: int = 0
    chars: int = 0
    told: bool = False
    parts: list[str] = field(default_factory=list)
    lines: list[tuple[int, int]] = field(default_factory=list)
    prose: list[str] = field(default_factory=list)
    """All but code: an assignment defines nothing a person asks about."""

    def add(self, block: Block, words: int) -> None:
        if not self.parts:
            self.line, self.page = block.line, block.page
        self.end_line = max(self.end_line, block.end_line)
        mark = "#" * max(1, block.level) + " " if block.kind == "heading" else ""
        if self.parts:
            self.lines.append((block.line, block.line))
        self.parts.append(mark + block.text)
        self.lines.extend(_lines(block))
        if block.kind not in ("code", "heading"):
            self.prose.append(block.text)
        self.words += words
        self.chars += len(self.parts[-1]) + len(_BETWEEN)
        self.told = self.told or block.kind != "heading"


def chunks_of(blocks: Iterable[Block], title: str = "") -> tuple[Chunk, ...]:
    """Return the passages of a document, in order; every word of a block is in one of them.

    Headings inside a passage are marked with `#`, whatever the format was.
    """
    return tuple(_numbered(_passages(blocks, title)))


def _passages(blocks: Iterable[Block], title: str) -> Iterator[_Open]:
    path: list[tuple[int, str]] = []
    current = _Open()
    for block in blocks:
        if block.kind == "heading":
            if current.told and current.words >= SMALLEST_WORDS:
                yield current
                current = _Open()
            path = [step for step in path if step[0] < block.level]
            if block.text != title or path:
                path.append((block.level, block.text))
        if current.told and block.page != current.page:
            yield current
            current = _Open()
        for piece in _pieces(block):
            words = len(piece.text.split())
            long = current.words + words > TARGET_WORDS or current.chars + len(piece.text) > _ROOM
            if current.told and long:
                yield current
                current = _Open()
            if not current.told:
                current.section = tuple(text for _, text in path)
            current.add(piece, words)
    if current.parts:
        yield current


def _numbered(passages: Iterable[_Open]) -> Iterator[Chunk]:
    for ordinal, each in enumerate(passages):
        yield Chunk(
            ordinal=ordinal,
            text=_BETWEEN.join(each.parts),
            section=each.section,
            line=each.line,
            end_line=each.end_line,
            page=each.page,
            lines=tuple(each.lines),
            definitions=definitions_in("\n".join(each.prose)),
        )


def _lines(block: Block) -> Iterator[tuple[int, int]]:
    """Yield where each line of a block's text stands: all of the block where they are not told."""
    count = block.text.count("\n") + 1
    told = count == block.end_line - block.line + 1
    for number in range(count):
        at = block.line + number
        yield (at, at) if told else (block.line, block.end_line)


def _pieces(block: Block) -> Iterator[Block]:
    """Split what is too long for one chunk, where its kind allows."""
    if len(block.text) <= _ROOM and len(block.text.split()) <= LONGEST_WORDS:
        yield block
        return
    if block.kind == "table":
        yield from _by_lines(block, header=2 if _ruled(block.text) else 1)
    elif block.kind in ("code", "list") and "\n" in block.text:
        yield from _by_lines(block, header=0)
    else:
        yield from _by_sentences(block)


def _ruled(table: str) -> bool:
    second = table.split("\n", 2)[1:2]
    return bool(second) and not set(second[0]) - set("|:- ")


def _by_lines(block: Block, *, header: int) -> Iterator[Block]:
    """Split at lines; the head of a table is repeated, so that each part can be read alone."""
    lines = block.text.split("\n")
    head, rows = lines[:header], lines[header:]
    begun, words = 0, 0
    for at, row in enumerate(rows):
        count = len(row.split())
        if at > begun and words + count > TARGET_WORDS:
            yield _part(block, head + rows[begun:at], header + begun, header + at - 1)
            begun, words = at, 0
        words += count
    if rows[begun:]:
        yield _part(block, head + rows[begun:], header + begun, len(lines) - 1)


def _part(block: Block, lines: list[str], first: int, last: int) -> Block:
    """Return the lines `first` to `last` of a block as a block, cut where they are no text."""
    return Block(
        kind=block.kind,
        text="\n".join(lines)[:_ROOM],
        line=min(block.line + first, block.end_line),
        end_line=min(block.line + last, block.end_line),
        page=block.page,
    )


def _by_sentences(block: Block) -> Iterator[Block]:
    begun, words, offset = 0, 0, 0
    text = block.text
    cuts = [match.end() for match in _SENTENCE_END.finditer(text)] + [len(text)]
    for cut in cuts:
        count = len(text[offset:cut].split())
        if offset > begun and words + count > TARGET_WORDS:
            yield from _spans(block, begun, offset)
            begun, words = offset, 0
        words += count
        offset = cut
    yield from _spans(block, begun, len(text))


def _spans(block: Block, begun: int, end: int) -> Iterator[Block]:
    """Return a span of a block, in parts no longer than a chunk may be."""
    while begun < end:
        stop = min(end, begun + _ROOM)
        words = list(re.finditer(r"\S+", block.text[begun:stop]))
        if len(words) > LONGEST_WORDS:
            stop = begun + words[LONGEST_WORDS].start()
        first = block.line + block.text.count("\n", 0, begun)
        last = block.line + block.text.count("\n", 0, stop)
        part = block.text[begun:stop].strip()
        if part:
            yield Block(
                kind=block.kind,
                text=part,
                line=min(first, block.end_line),
                end_line=min(last, block.end_line),
                page=block.page,
            )
        begun = stop
