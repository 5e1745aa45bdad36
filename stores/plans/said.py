"""The words of a question, and where they stand in the slots of its Frame."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property

from clearway.semantics.frame import Filter, Frame, MeasureSlot, Period, Span
from clearway.semantics.words.wordset import wordset

_WORD = re.compile(r"[a-z]+(?:['’]t)?|\d[\d,.]*", re.IGNORECASE)  # noqa: RUF001 - as phones type it
_ARTICLES = wordset("the of our its this these my")


@dataclass(frozen=True)
class Said:
    """Words by their number, in the order of the text."""

    frame: Frame

    @cached_property
    def words(self) -> list[tuple[str, int]]:
        """Each word, in small letters, with its place."""
        found = _WORD.finditer(self.frame.text)
        return [(each.group().lower().replace("’", "'"), each.start()) for each in found]  # noqa: RUF001

    def word(self, number: int) -> str:
        """Return a word, or nothing beyond the last."""
        return self.words[number][0] if 0 <= number < len(self.words) else ""

    def inside(self, number: int, spans: Iterable[Span]) -> bool:
        """Return whether a word stands in one of the spans."""
        at = self.words[number][1]
        return any(begin <= at < end for begin, end in spans)

    def beyond(self, number: int) -> int:
        """Return the next word that is no article."""
        number += 1
        while self.word(number) in _ARTICLES:
            number += 1
        return number

    @cached_property
    def tests(self) -> list[Span]:
        """Where conditions stand."""
        conditions = [each.span for each in filters_of(self.frame)]
        return conditions + [each.span for each in self.frame.existence]

    @cached_property
    def times(self) -> list[Span]:
        """Where periods stand."""
        return [period.span for period in periods_of(self.frame)]


def periods_of(frame: Frame) -> list[Period]:
    """Return the periods of the question and of what its rows must have."""
    compared = frame.comparison.base if frame.comparison is not None else None
    periods = [frame.period, compared, *(each.period for each in frame.existence)]
    return [period for period in periods if period is not None]


def filters_of(frame: Frame) -> Iterator[Filter]:
    """Yield the conditions of the rows, and of those they must have."""
    yield from frame.filters
    for each in frame.existence:
        yield from each.filters


def measures_of(frame: Frame) -> Iterator[MeasureSlot]:
    """Yield what is measured, divisors included."""
    for measure in frame.measures:
        yield measure
        if measure.over is not None:
            yield measure.over
