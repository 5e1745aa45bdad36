"""A second, cruder reading of a question, which can only keep plans apart.

The Reader may pass over a word that changes what is asked. Such words are few: where the text holds
one and the Frame has no slot that could show it, the Frame is not taken for all the question says.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from clearway.semantics.frame import Filter, Frame, MeasureSlot

_WORD = re.compile(r"[a-z]+(?:'t)?|\d[\d,.]*")

_NEVER_SHOWN = """
    all any both but either else every exactly just neither only other others same some
    themselves twice unlike whether whose
"""
_NEGATION = """
    cannot except excluding exclude excludes isn't aren't doesn't don't didn't hasn't haven't never
    no nobody none nor not nothing outside unless wasn't weren't without won't non
"""
_GROUPING = "by each per"
_RANKING = """
    best biggest bottom cheapest earliest fewest first greatest highest largest last latest least
    longest lowest most newest oldest recent shortest slowest smallest top worst fastest
"""
_DISTINCT = "different distinct unique once"
_COMPARISON = "above below between exceeding fewer greater less more over than under"


def shown_in(frame: Frame) -> bool:
    """Return whether every word of force in the text could be shown by some slot of the Frame."""
    said = _WORD.findall(frame.text.casefold().replace("’", "'"))  # noqa: RUF001 - as phones type it
    words = {word for word in said if not word[0].isdigit()}
    if any(words & forceful and not shows(frame) for forceful, shows in _FORCE):
        return False
    numbers = [word.rstrip(".,").replace(",", "") for word in said if word[0].isdigit()]
    return not numbers or _dated(frame) or _numbered(frame, numbers)


def _negated(frame: Frame) -> bool:
    return any(each.negated for each in frame.existence) or any(
        each.negated or each.comparator in ("<>", "not in") or False in each.values
        for each in _filters(frame)
    )


def _grouped(frame: Frame) -> bool:
    return bool(frame.dimensions or frame.order or frame.limit_per)


def _ranked(frame: Frame) -> bool:
    extreme = any(m.aggregate in ("min", "max") for m in frame.measures)
    return bool(frame.order) or extreme or _dated(frame) or _compared(frame)


def _deduplicated(frame: Frame) -> bool:
    counted = any(m.aggregate == "count_distinct" for m in _measures(frame))
    return frame.distinct or counted or bool(frame.dimensions)


def _compared(frame: Frame) -> bool:
    counted = any(each.count is not None for each in frame.existence)
    return counted or any(each.values or each.against for each in _filters(frame))


def _dated(frame: Frame) -> bool:
    periods = [frame.period, frame.comparison, *(each.period for each in frame.existence)]
    return any(period is not None for period in periods)


def _numbered(frame: Frame, numbers: list[str]) -> bool:
    """Return whether each number is a limit, a count, or part of a value."""
    values = [str(value) for each in _filters(frame) for value in each.values]
    counts = [str(each.count) for each in frame.existence]
    known = " ".join([str(frame.limit), *counts, *values, *frame.identifiers])
    return all(number in known for number in numbers)


def _filters(frame: Frame) -> Iterator[Filter]:
    yield from frame.filters
    for each in frame.existence:
        yield from each.filters


def _measures(frame: Frame) -> Iterator[MeasureSlot]:
    for measure in frame.measures:
        yield measure
        if measure.over is not None:
            yield measure.over


def _never(frame: Frame) -> bool:
    return False


_FORCE: tuple[tuple[frozenset[str], Callable[[Frame], bool]], ...] = (
    (frozenset(_NEVER_SHOWN.split()), _never),
    (frozenset(_NEGATION.split()), _negated),
    (frozenset(_GROUPING.split()), _grouped),
    (frozenset(_RANKING.split()), _ranked),
    (frozenset(_DISTINCT.split()), _deduplicated),
    (frozenset(_COMPARISON.split()), _compared),
)
