"""What of a passage can be quoted: its sentences, rows and items, with what stands around them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from clearway.tools.docs.types import Hit
from clearway.tools.docs.words.injection import speaks_to_a_model
from clearway.tools.docs.words.limits import contrary
from clearway.tools.docs.words.opposites import opposite
from clearway.tools.docs.words.sentences import Placed, is_item, placed_sentences
from clearway.tools.docs.words.terms import terms

MOST_ITEMS = 6
"""Steps or rows that follow a sentence which announces them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Quotable:
    """A sentence, or one with the list it announces, and where it stands."""

    text: str
    hit: Hit
    section: tuple[str, ...]
    place: tuple[int, int]
    """Rank of the passage, number of the sentence in it."""
    lines: tuple[int, int]
    """Of the file: where it begins and ends."""
    said: frozenset[str] = frozenset()
    """Its terms."""
    above: frozenset[str] = frozenset()
    """Terms of the headings over it."""
    title: frozenset[str] = frozenset()
    """Terms of the document's title."""
    beside: frozenset[str] = frozenset()
    """Terms of its neighbours under the same heading."""

    def speaks_against(self, question: str) -> bool:
        """Return whether it is about just the other side of what a question is about."""
        around = (*reversed(self.section), self.hit.title)
        return contrary(self.text, question) or opposite(self.text, around, question)


def quotable(hit: Hit, rank: int) -> Iterator[Quotable]:
    """Yield what can be quoted of a passage: no headings, nothing that speaks to a model."""
    section = hit.section
    sentences = placed_sentences(hit.text)
    head: Placed | None = None
    for at, each in enumerate(sentences):
        if each.text.startswith("#"):
            heading = each.text.lstrip("# ")
            if heading != hit.title:
                section = (*hit.section[:-1], heading)
            continue
        if speaks_to_a_model(each.text):
            continue
        row = "|" in each.text
        if row and head is None and at + 1 < len(sentences) and "|" in sentences[at + 1].text:
            head = each
            continue
        head = head if row else None
        parts = [*([head] if head else []), each, *_announced(sentences, at)]
        text = "\n".join(part.text for part in parts)
        yield Quotable(
            text=text, hit=hit, section=section, place=(rank, at), lines=_lines(hit, parts),
            said=frozenset(terms(text)), above=frozenset(terms(" ".join(section))),
            title=frozenset(terms(hit.title)), beside=_beside(sentences, at),
        )  # fmt: skip


def _lines(hit: Hit, parts: Sequence[Placed]) -> tuple[int, int]:
    """Return the lines of the file the parts stand on; those of the passage where none are kept."""
    kept = [
        hit.lines[number]
        for part in parts
        for number in range(part.first, part.last + 1)
        if number < len(hit.lines)
    ]
    if not kept:
        return hit.line, hit.end_line
    return min(first for first, _ in kept), max(last for _, last in kept)


def _beside(sentences: Sequence[Placed], at: int) -> frozenset[str]:
    near = [*sentences[max(0, at - 1) : at], *sentences[at + 1 : at + 2]]
    return frozenset(terms(" ".join(each.text for each in near if not each.text.startswith("#"))))


def _announced(sentences: Sequence[Placed], at: int) -> list[Placed]:
    """Return the list a sentence announces with its colon."""
    items: list[Placed] = []
    if sentences[at].text.rstrip("*_ ").endswith(":"):
        for following in sentences[at + 1 : at + 1 + MOST_ITEMS]:
            if not is_item(following.text) or speaks_to_a_model(following.text):
                break
            items.append(following)
    return items
