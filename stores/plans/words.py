"""A second, cruder reading of a question, which can only keep plans apart.

The Reader may pass over a word that changes what is asked. Such words are few: where the text holds
one and no slot of the Frame shows it, the Frame is not taken for all the question says.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from clearway.semantics.frame import Dimension, Frame
from clearway.semantics.judgement import words_of
from clearway.semantics.words.tokens import singular
from clearway.semantics.words.wordset import wordset
from clearway.stores.plans.said import Said, filters_of, measures_of, periods_of
from clearway.stores.plans.verbs import is_verb, unshown_verb

_NEVER_SHOWN = """
    both either else neither only others same some themselves unlike
"""
_NOW = """
    already available currently existing far now ongoing pending presently present right running
    still yet
"""
"""Said of rows, not of a period: which rows those are is left to whoever plans."""
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
_WHOLE = "all every"

_BEFORE_VERBS = wordset("ever been yet actually have has had be being")
_LISTING = wordset("show list give find get display me us")
_OPENERS = wordset("show give list tell get find display report return i we")
_LEADS = wordset("for per of by")


def shown_in(frame: Frame) -> bool:
    """Return whether every word of force in the text could be shown by some slot of the Frame."""
    said = Said(frame)
    for number, (word, _) in enumerate(said.words):
        if word[0].isdigit():
            if not _numbered(said, number):
                return False
            continue
        shows = _FORCE.get(word)
        if shows is not None and not shows(said, number):
            return False
    return not unshown_verb(frame, said.words)


def quantifiers(frame: Frame) -> list[str]:
    """Return what `all regions except Europe` says beyond the regions and the exception.

    Whether every region is shown, or what they come to together, is for whoever plans; it is not
    what `by region` says.
    """
    if not _ALL_SAID.search(frame.text):
        return []
    said = Said(frame)
    found = (
        _whole(said, number) for number in range(len(said.words)) if said.word(number) in _ALL_WORDS
    )
    return sorted({each.column.name for each in found if each is not None})


def _negated(said: Said, number: int) -> bool:
    """`no more than` is a comparison; any other negation must show as one."""
    frame = said.frame
    if said.word(number + 1) in _COMPARISONS and _turned(said, number + 1):
        return True
    none = any(each.measure is not None and each.values == (0,) for each in frame.filters)
    if none or any(each.negated for each in frame.existence):
        return True
    if frame.distinct and _done(said, number + 1):
        # `products not sold in Europe` are not those sold elsewhere.
        return False
    return any(
        each.negated or each.comparator in ("<>", "not in") or False in each.values
        for each in filters_of(frame)
    )


def _turned(said: Said, number: int) -> bool:
    """Whether the comparison this word stands in is the opposite of what it says alone."""
    frame = said.frame
    spans = [
        each.span
        for each in filters_of(frame)
        if each.negated or each.comparator in (("<=", ">=") if each.values else ())
    ]
    counted = [each.span for each in frame.existence if each.comparator in ("<=", ">=")]
    return said.inside(number, [*spans, *counted])


def _done(said: Said, number: int) -> bool:
    """Whether a verb follows: it is denied of all rows of what is listed."""
    while said.word(number) in _BEFORE_VERBS:
        number += 1
    return is_verb(said.word(number))


def _grouped(said: Said, number: int) -> bool:
    frame = said.frame
    return bool(frame.dimensions or frame.order or frame.limit_per) or _of_a_row(said, number)


def _of_a_row(said: Said, number: int) -> bool:
    """`average units per sale`: a mean over the rows."""
    rows = {singular(word) for word in words_of((said.frame.subject or "").rpartition(".")[2])}
    mean = any(measure.aggregate == "avg" for measure in said.frame.measures)
    return mean and said.word(number) == "per" and singular(said.word(number + 1)) in rows


def _first_of_each(said: Said, number: int) -> bool:
    """`highest revenue by region` may ask for one region, or for the best sale of each."""
    frame, at = said.frame, said.words[number][1]
    behind = [each.span[0] for each in frame.dimensions if each.span[0] > at]
    if frame.limit != 1 or not behind or len(behind) < len(frame.dimensions):
        return False
    between = (word for word, place in said.words[number:] if place < min(behind))
    return any(word in _GROUPS for word in between)


def _one_of_several(said: Said) -> bool:
    """`categories with the highest revenue`: one is shown, where several were spoken of."""
    frame = said.frame
    if frame.limit != 1 or {"1", "one"} & {word for word, _ in said.words}:
        return False
    shown = [each.span for each in (*frame.dimensions, *frame.attributes) if each.grain is None]
    return any(
        singular(word) != word and said.inside(number, shown)
        for number, (word, _) in enumerate(said.words)
    )


def _ranked(said: Said, number: int) -> bool:
    frame = said.frame
    if _first_of_each(said, number) or _one_of_several(said):
        return False
    extreme = any(m.aggregate in ("min", "max") for m in frame.measures)
    return bool(frame.order) or extreme or bool(periods_of(frame)) or _compared(said, number)


def _deduplicated(said: Said, _: int) -> bool:
    frame = said.frame
    counted = any(m.aggregate == "count_distinct" for m in measures_of(frame))
    return frame.distinct or counted or bool(frame.dimensions)


def _compared(said: Said, number: int) -> bool:
    """`more than` is shown by a value, `between` also by a period, `over` by one behind it."""
    frame = said.frame
    counted = any(each.count is not None for each in frame.existence)
    if counted or any(each.values or each.against for each in filters_of(frame)):
        return True
    return said.inside(number, said.times) or _before_time(said, number)


def _before_time(said: Said, number: int) -> bool:
    following = said.beyond(number)
    over = said.word(number) == "over" and following < len(said.words)
    return over and said.inside(following, said.times)


def _stated(said: Said, number: int) -> bool:
    """`exactly 5`, `twice`, `up to 3`: part of a condition."""
    return said.inside(number, [*said.tests, *said.times])


def _date(said: Said, number: int) -> bool:
    """`year to date` is a period; elsewhere `to date` is left to whoever plans."""
    return said.word(number - 1) != "to" or said.inside(number, said.times)


def _just(said: Said, number: int) -> bool:
    """`just show me` asks for nothing less."""
    return said.word(number + 1) in _OPENERS


def _whose(said: Said, _: int) -> bool:
    return bool(said.tests)


def _other(said: Said, number: int) -> bool:
    return said.word(number + 1) == "than" and _negated(said, number)


def _but(said: Said, number: int) -> bool:
    """`but not in Europe`: the negation says it."""
    return said.word(number + 1) in ("not", "excluding", "without") and _negated(said, number + 1)


def _every(said: Said, number: int) -> bool:
    """`for every channel` groups; `all regions except Europe` is a quantifier of its own."""
    if _whole(said, number) is not None or _listed(said, number):
        return True
    following, frame = number + 1, said.frame
    named = following < len(said.words) and said.inside(
        following, [each.span for each in frame.dimensions]
    )
    return said.word(number) == "every" and said.word(number - 1) in _LEADS and named


def _listed(said: Said, number: int) -> bool:
    """`show me all failed runs`: as many as there are, as without the word."""
    frame = said.frame
    rows = bool(frame.attributes) and not (frame.measures or frame.dimensions)
    asked = all(word in _LISTING for word, _ in said.words[:number])
    return rows and asked and number > 0 and frame.limit is None


def _any(said: Said, number: int) -> bool:
    """`without any sales` is without sales."""
    return said.word(number - 1) in ("without", "not") and _negated(said, number - 1)


def _whole(said: Said, number: int) -> Dimension | None:
    """Return the dimension all values of which are meant, but for some that are named."""
    following, frame = said.beyond(number), said.frame
    if following >= len(said.words):
        return None
    left_out = {
        each.column
        for each in frame.filters
        if each.column is not None and (each.negated or each.comparator in ("<>", "not in"))
    }
    for each in frame.dimensions:
        if each.column in left_out and said.inside(following, [each.span]):
            return each
    return None


def _now(said: Said, number: int) -> bool:
    """`so far this year` is part of a period, `status running` a value."""
    word = said.word(number)
    if word == "running" and any(measure.running for measure in said.frame.measures):
        return True
    values = {str(value).casefold() for each in filters_of(said.frame) for value in each.values}
    return word in values or said.inside(number, said.times)


def _numbered(said: Said, number: int) -> bool:
    """Return whether a number is a limit, a count, or part of a value, a condition or a time."""
    frame, written = said.frame, said.word(number).rstrip(".,").replace(",", "")
    if periods_of(frame) or said.inside(number, said.tests):
        return True
    values = [str(value) for each in filters_of(frame) for value in each.values]
    counts = [str(each.count) for each in frame.existence]
    known = " ".join([str(frame.limit), *counts, *values, *frame.identifiers])
    return written in known


def _never(_: Said, __: int) -> bool:
    return False


_Shows = Callable[[Said, int], bool]

_COMPARISONS = wordset(_COMPARISON) | wordset("later earlier longer shorter higher lower")
_ALL_WORDS = wordset(_WHOLE)
_ALL_SAID = re.compile(r"\b(?:all|every)\b", re.IGNORECASE)
_GROUPS = wordset(_GROUPING)
_FORCE: dict[str, _Shows] = {
    **dict.fromkeys(wordset(_NEVER_SHOWN), _never),
    **dict.fromkeys(wordset(_NOW), _now),
    **dict.fromkeys(wordset(_NEGATION), _negated),
    **dict.fromkeys(wordset(_GROUPING), _grouped),
    **dict.fromkeys(wordset(_RANKING), _ranked),
    **dict.fromkeys(wordset(_DISTINCT), _deduplicated),
    **dict.fromkeys(wordset(_COMPARISON), _compared),
    **dict.fromkeys(_ALL_WORDS, _every),
    "exactly": _stated,
    "twice": _stated,
    "just": _just,
    "whose": _whose,
    "other": _other,
    "but": _but,
    "date": _date,
    "up": _stated,
    "any": _any,
}
