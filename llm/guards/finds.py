"""What a recogniser finds, and when it is worth its time to look."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property

# Every pattern of this package is linear in the text: runs are bounded or possessive, no quantified
# group holds another quantifier over the same characters, and look-behinds keep a run from being
# entered in its middle.


@dataclass(frozen=True, slots=True)
class Find:
    """Where in a text something of one kind stands."""

    kind: str
    start: int
    end: int


NUMBERISH = re.compile(r"[0-9](?:[0-9A-Za-z]|[ .+/()-]{1,2}(?=[0-9(]))*+")
"""A number, with the signs and letters it may be written with."""
DIGEST = re.compile(
    r"(?<![0-9A-Za-z])(?:[0-9a-fA-F]{8}-(?:[0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}|[0-9a-f]{32,128})"
    r"(?![0-9A-Za-z])"
)
"""A UUID, a hash or a trace id: numbers of nobody."""
COMMON = re.compile(
    r"(?:19|20)\d\d-\d\d(?:-\d\d(?:[ T]\d\d)?)?|\d{1,3}|(?:19|20)\d\d|\d{1,9}\.\d{1,18}"
)
"""What nearly all numbers of an analyst are: dates, years, small counts, decimals."""
BEHIND, AHEAD = 60, 24
"""How far from a number its label and its letters may stand."""


class Seen:
    """A text, and what is asked of it again and again."""

    def __init__(self, text: str) -> None:
        """Count ASCII digits, and keep the lower-case form."""
        self.text = text
        self.low = text.lower()
        self.digits = sum(map(text.count, "0123456789"))

    @cached_property
    def windows(self) -> list[tuple[int, str]]:
        """The parts of the text around numbers that could be somebody's, each with its offset."""
        text = DIGEST.sub(lambda match: "_" * len(match[0]), self.text)
        spans: list[tuple[int, int]] = []
        for match in NUMBERISH.finditer(text):
            if COMMON.fullmatch(match[0]):
                continue
            start, end = self._to_spaces(*match.span())
            if spans and start <= spans[-1][1]:
                spans[-1] = (spans[-1][0], max(end, spans[-1][1]))
            else:
                spans.append((start, end))
        return [(start, text[start:end]) for start, end in spans]

    def _to_spaces(self, start: int, end: int) -> tuple[int, int]:
        """Return the ends moved outwards to white space, so that words stay whole."""
        text = self.text
        low, high = max(0, start - BEHIND), min(len(text), end + AHEAD)
        while low > 0 and low > start - 2 * BEHIND and not text[low - 1].isspace():
            low -= 1
        while high < len(text) and high < end + 2 * AHEAD and not text[high].isspace():
            high += 1
        return low, high


@dataclass(frozen=True, slots=True)
class Recogniser:
    """Finds one kind; asked only where one of its signs is in the lower-case text."""

    kind: str
    spans: Callable[[str], Iterable[tuple[int, int]]]
    signs: tuple[str, ...] = ()
    """Empty: always worth a look, digits allowing."""
    digits: int = 0
    """The fewest digits a text must have."""
    near_numbers: bool = False
    """Looks only around numbers that are no date, year, small count or decimal."""

    def finds(self, seen: Seen) -> Iterator[Find]:
        """Yield what there is, in order."""
        if seen.digits < self.digits:
            return
        if self.signs and not any(sign in seen.low for sign in self.signs):
            return
        for offset, part in seen.windows if self.near_numbers else ((0, seen.text),):
            for start, end in self.spans(part):
                yield Find(self.kind, offset + start, offset + end)


def matching(
    pattern: re.Pattern[str], valid: Callable[[str], bool] | None = None
) -> Callable[[str], Iterator[tuple[int, int]]]:
    """Return a search for a pattern: its group `value` where it has one, if `valid`."""
    group: str | int = "value" if "value" in pattern.groupindex else 0

    def spans(text: str) -> Iterator[tuple[int, int]]:
        for match in pattern.finditer(text):
            if valid is None or valid(match[group]):
                yield match.span(group)

    return spans


def only_digits(text: str) -> str:
    """Return the ASCII digits of a text."""
    return "".join(char for char in text if "0" <= char <= "9")


BEFORE, AFTER = r"(?<![\]\w.+-])", r"(?![\w-]|\.\d)"
"""Where a number begins and ends that is not part of a longer one, of a word or of a fraction."""
BETWEEN = (
    r"(?:\s{0,2}(?:card|id|number|nummer|no|nr|num|code))?\.?"
    r"(?:\s{0,2}(?:=|:|#|is|was|\(|[-\u2013](?=\s))){0,2}\s{0,2}['\"]?"
)
"""What may stand between a label and its value."""

BUSINESS = re.compile(
    r"(?:order|sku|invoice|tracking|shipment|product|item|part|batch|lot|serial|model|version|build"
    r"|release|trace|span|request|session|transaction|txn|ticket|case|asset|revision|upc|ean|isbn"
    r"|gtin|cost cent(?:er|re)|gl|ledger|department|catalog(?:ue)?|article"
    r"|listing|campaign|commit|epoch|timestamp|quantity|reference|ref)s?"
    r"(?:[ _-]?(?:id|ids|no|nos|nr|num|number|numbers|code|codes|key))?\.?"
    r"(?:\s{0,2}(?:=|:|#|is|in|\()){0,2}\s{0,2}['\"#(]?$",
    re.IGNORECASE,
)
"""A label right before a number that says it belongs to a thing, not to a person."""


COMPARED = re.compile(r"(?:[<>]=?|\bbetween|\blimit|\boffset)\s{1,3}\Z|[<>]=\Z", re.IGNORECASE)
"""Nobody asks for cards or telephones greater than another."""


def named_as_business(text: str, start: int) -> bool:
    """Return whether what stands before makes it an order number or the like, or a bound."""
    before = text[max(0, start - 40) : start]
    return BUSINESS.search(before) is not None or COMPARED.search(before) is not None
