"""What of a passage can be quoted: its sentences, rows and items, with what stands around them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from clearway.tools.docs.injection import speaks_to_a_model
from clearway.tools.docs.sentences import is_item, sentences_of
from clearway.tools.docs.terms import terms
from clearway.tools.docs.types import Hit

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
    said: frozenset[str] = frozenset()
    """Its terms."""
    above: frozenset[str] = frozenset()
    """Terms of the headings over it."""
    title: frozenset[str] = frozenset()
    """Terms of the document's title."""
    beside: frozenset[str] = frozenset()
    """Terms of its neighbours under the same heading."""


def quotable(hit: Hit, rank: int) -> Iterator[Quotable]:
    """Yield what can be quoted of a passage: no headings, nothing that speaks to a model."""
    section = hit.section
    sentences = sentences_of(hit.text)
    head = ""
    for at, sentence in enumerate(sentences):
        if sentence.startswith("#"):
            heading = sentence.lstrip("# ")
            if heading != hit.title:
                section = (*hit.section[:-1], heading)
            continue
        if speaks_to_a_model(sentence):
            continue
        row = "|" in sentence
        if row and not head and at + 1 < len(sentences) and "|" in sentences[at + 1]:
            head = sentence
            continue
        head = head if row else ""
        text = "\n".join([*([head] if head else []), sentence, *_announced(sentences, at)])
        yield Quotable(
            text=text, hit=hit, section=section, place=(rank, at), said=frozenset(terms(text)),
            above=frozenset(terms(" ".join(section))), title=frozenset(terms(hit.title)),
            beside=_beside(sentences, at),
        )  # fmt: skip


def _beside(sentences: Sequence[str], at: int) -> frozenset[str]:
    near = (sentences[at - 1] if at else "", *sentences[at + 1 : at + 2])
    return frozenset(terms(" ".join(each for each in near if not each.startswith("#"))))


def _announced(sentences: Sequence[str], at: int) -> list[str]:
    """Return the list a sentence announces with its colon."""
    items: list[str] = []
    if sentences[at].rstrip("*_ ").endswith(":"):
        for following in sentences[at + 1 : at + 1 + MOST_ITEMS]:
            if not is_item(following) or speaks_to_a_model(following):
                break
            items.append(following)
    return items
