"""Markdown, by markdown-it: headings, tables, fences and paragraphs with their lines."""

from __future__ import annotations

import re
from collections.abc import Iterator

from markdown_it import MarkdownIt
from markdown_it.token import Token

from clearway.tools.docs.types import Block, BlockKind

_FRONT_MATTER = re.compile(r"\A---\r?\n.*?^---\s*$", re.DOTALL | re.MULTILINE)
_MARKS = re.compile(r"(\*\*|__|`)(?=\S)(.{1,300}?)(?<=\S)\1")
_LINK = re.compile(r"!?\[([^\]\n]{0,300})\]\([^)\s]{0,500}(?:\s[^)]{0,200})?\)")
_TAG = re.compile(r"</?[a-zA-Z][^>\n]{0,300}>")
_KINDS: dict[str, BlockKind] = {
    "paragraph_open": "text",
    "blockquote_open": "text",
    "bullet_list_open": "list",
    "ordered_list_open": "list",
    "table_open": "table",
    "fence": "code",
    "code_block": "code",
    "html_block": "text",
}
_NESTING = 20


def blocks_of(text: str) -> list[Block]:
    """Return the top-level blocks with the lines they stand on; nesting beyond 20 is flattened."""
    lines = text.split("\n")
    body = _FRONT_MATTER.sub(lambda found: "\n" * found.group().count("\n"), text, count=1)
    parser = MarkdownIt("commonmark", {"maxNesting": _NESTING, "html": True}).enable("table")
    # Inline rules are the slow half, and only marks are of interest: those are taken off below.
    parser.disable(["inline", "text_join"])
    return list(_blocks(parser.parse(body), lines))


def _blocks(tokens: list[Token], lines: list[str]) -> Iterator[Block]:
    for at, token in enumerate(tokens):
        if token.level or token.map is None:
            continue
        first, after = token.map
        while after > first + 1 and not lines[after - 1].strip():
            after -= 1
        if token.type == "heading_open":
            heading = plain(tokens[at + 1].content)
            if heading:
                yield Block(
                    kind="heading",
                    text=heading,
                    level=int(token.tag[1:]),
                    line=first + 1,
                    end_line=after,
                )
        elif kind := _KINDS.get(token.type):
            raw = token.content if kind == "code" else "\n".join(lines[first:after])
            said = raw.rstrip("\n") if kind == "code" else plain(raw)
            if said.strip():
                begin = first + (2 if token.type == "fence" else 1)
                yield Block(kind=kind, text=said, line=begin, end_line=after)


def plain(text: str) -> str:
    """Return the text without marks for emphasis, links and tags."""
    text = _LINK.sub(r"\1", text)
    text = _MARKS.sub(r"\2", text)
    return _TAG.sub("", text).strip("\n")
