"""HTML, by the standard library's tolerant parser: what a reader sees, not what a browser runs."""

from __future__ import annotations

from html.parser import HTMLParser

from clearway.tools.docs.types import Block, BlockKind

_UNSEEN = frozenset({"script", "style", "template", "noscript", "svg", "iframe", "object", "head"})
_HEADINGS = {f"h{level}": level for level in range(1, 7)}
_BLOCK_TAGS = """
p div section article main header footer aside nav blockquote dl dd dt figure figcaption
ul ol table pre form fieldset address details summary hr body
"""
_BLOCKS = frozenset(_BLOCK_TAGS.split())
_VOID_TAGS = "br hr img input meta link area base col embed source track wbr"
_VOID = frozenset(_VOID_TAGS.split())
_HIDDEN = ("display:none", "visibility:hidden")
_INLINE = {"tr": "\n", "td": " | ", "th": " | ", "li": "\n- ", "br": "\n"}


class _Reader(HTMLParser):
    """Collects blocks; an unclosed tag ends with the file."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.blocks: list[Block] = []
        self.title = ""
        self._parts: list[str] = []
        self._begun: int | None = None
        self._last = 1
        self._hidden: list[str] = []
        self._kind: BlockKind = "text"
        self._level = 0
        self._in_title = False
        self._tables = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._in_title = self._in_title or (tag == "title" and not self.title)
        if self._hidden:
            if tag == self._hidden[-1]:
                self._hidden.append(tag)
        elif tag in _UNSEEN or (tag not in _VOID and _hides(attrs)):
            self._hidden.append(tag)
        elif tag == "table":
            self._table()
        elif tag in _INLINE:
            self._parts.append(_INLINE[tag])
        elif not self._tables:
            self._block(tag)

    def handle_endtag(self, tag: str) -> None:
        self._in_title = self._in_title and tag != "title"
        if self._hidden:
            if tag == self._hidden[-1]:
                self._hidden.pop()
        elif tag == "table" and self._tables:
            self._tables -= 1
            if not self._tables:
                self._end()
        elif not self._tables and (tag in _HEADINGS or tag in _BLOCKS):
            self._end()

    def handle_data(self, data: str) -> None:
        if self._in_title:
            self.title = " ".join((self.title + data).split())[:300]
        if self._hidden:
            return
        if data.strip():
            first = self.getpos()[0]
            if self._begun is None:
                self._begun = first + data[: len(data) - len(data.lstrip())].count("\n")
            self._last = first + data.rstrip().count("\n")
        self._parts.append(data if self._kind == "code" else _collapsed(data))

    def close(self) -> None:
        super().close()
        self._end()

    def _table(self) -> None:
        if not self._tables:
            self._end()
        self._tables += 1
        self._kind = "table"

    def _block(self, tag: str) -> None:
        if tag in _HEADINGS or tag in _BLOCKS:
            self._end()
        if tag in _HEADINGS:
            self._kind, self._level = "heading", _HEADINGS[tag]
        elif tag == "pre":
            self._kind = "code"
        elif tag in ("ul", "ol"):
            self._kind = "list"

    def _end(self) -> None:
        text = "".join(self._parts)
        if self._kind != "code":
            lines = (" ".join(line.split()).removeprefix("| ") for line in text.split("\n"))
            text = "\n".join(line for line in lines if line)
        text = text.strip("\n")
        if text.strip() and self._begun is not None:
            block = Block(
                kind=self._kind,
                text=text if self._kind != "heading" else " ".join(text.split()),
                level=self._level if self._kind == "heading" else 0,
                line=self._begun,
                end_line=max(self._begun, self._last),
            )
            self.blocks.append(block)
        self._parts, self._begun, self._kind, self._level = [], None, "text", 0


def blocks_of(text: str) -> tuple[str, list[Block]]:
    """Return the page's title and its visible blocks; scripts and hidden parts are left out."""
    reader = _Reader()
    reader.feed(text)
    reader.close()
    return reader.title, reader.blocks


def _collapsed(data: str) -> str:
    """Return the text as HTML reads it: any run of white space is one blank."""
    inner = " ".join(data.split())
    if not inner:
        return " " if data else ""
    before = " " if data[0].isspace() else ""
    return f"{before}{inner}{' ' if data[-1].isspace() else ''}"


def _hides(attrs: list[tuple[str, str | None]]) -> bool:
    said = dict(attrs)
    style = (said.get("style") or "").replace(" ", "").lower()
    return "hidden" in said or any(rule in style for rule in _HIDDEN)
