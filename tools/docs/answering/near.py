"""The places that come nearest to a question no document answers: where to read on, no answer.

Only what was found for the asker can be named; what they may not see has no part in it.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from clearway.tools.docs.answering.support import best_of
from clearway.tools.docs.types import Found, Hit
from clearway.tools.docs.words.injection import speaks_to_a_model

MOST_PLACES = 3
NEAR = 0.25
"""The least share of the question's weight a passage must hold to be near it at all."""
MOST_NAME_CHARS = 80
_MARKUP = re.compile(r"[\[\]<>`|]")
"""What could make a link, an image or a tag of a name that is shown."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A section of a file."""

    document: str
    section: str
    """Its headings; empty where there are none."""
    lines: tuple[int, int]
    page: int | None = None

    def __str__(self) -> str:
        first, last = self.lines
        lines = f"line {first}" if first == last else f"lines {first}-{last}"
        page = "" if self.page is None else f"page {self.page}, "
        under = f" › {self.section}" if self.section else ""  # noqa: RUF001
        return f"{self.document}{under} ({page}{lines})"


def nearest(found: Found, question: str) -> tuple[Place, ...]:
    """Return up to three places that speak of part of the question, as the search ranks them."""
    places: dict[tuple[str, str], Place] = {}
    for hit in found.hits:
        best = best_of(hit, found.weights, question)
        if best is None or best.share < NEAR:
            continue
        each = best.each
        place = Place(
            document=_shown(hit.label), section=_headings(each.section),
            lines=_lines(hit, each.section, each.lines), page=hit.page,
        )  # fmt: skip
        places.setdefault((place.document, place.section), place)
    return tuple(places.values())[:MOST_PLACES]


def in_words(places: Sequence[Place]) -> str:
    """Return the places as a sentence that cannot be taken for an answer; nothing where none is."""
    return f"Nearest, not an answer: {'; '.join(map(str, places))}." if places else ""


def _headings(section: Sequence[str]) -> str:
    return " › ".join(_shown(each) for each in section if not speaks_to_a_model(each))  # noqa: RUF001


def _lines(hit: Hit, section: Sequence[str], sentence: tuple[int, int]) -> tuple[int, int]:
    """Return the lines of the passage where it is all of one section, else the sentence's own."""
    return (hit.line, hit.end_line) if tuple(section) == hit.section else sentence


def _shown(name: str) -> str:
    plain = " ".join(_MARKUP.sub("", name).split())
    return plain if len(plain) <= MOST_NAME_CHARS else f"{plain[: MOST_NAME_CHARS - 1]}…"
