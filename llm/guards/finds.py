"""What a recogniser finds, and when it is worth its time to look."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

# Every pattern of this package is linear in the text: runs are bounded or possessive, no quantified
# group holds another quantifier over the same characters, and look-behinds keep a run from being
# entered in its middle.


@dataclass(frozen=True, slots=True)
class Find:
    """Where in a text something of one kind stands."""

    kind: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Seen:
    """A text, and what is asked of it again and again."""

    text: str
    low: str
    digits: int

    @staticmethod
    def of(text: str) -> Seen:
        """Return the text with its lower-case form and its count of ASCII digits."""
        return Seen(text, text.lower(), sum(map(text.count, "0123456789")))


@dataclass(frozen=True, slots=True)
class Recogniser:
    """Finds one kind; asked only where one of its signs is in the lower-case text."""

    kind: str
    spans: Callable[[str], Iterable[tuple[int, int]]]
    signs: tuple[str, ...] = ()
    """Empty: always worth a look, digits allowing."""
    digits: int = 0
    """The fewest digits a text must have."""

    def finds(self, seen: Seen) -> Iterator[Find]:
        """Yield what there is, in order."""
        if seen.digits < self.digits:
            return
        if self.signs and not any(sign in seen.low for sign in self.signs):
            return
        for start, end in self.spans(seen.text):
            yield Find(self.kind, start, end)


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


BEFORE, AFTER = r"(?<![\w.+-])", r"(?![\w-]|\.\d)"
"""Where a number begins and ends that is not part of a longer one, of a word or of a fraction."""
BETWEEN = (
    r"(?:\s{0,2}(?:card|id|number|no|nr|num|code))?\.?"
    r"(?:\s{0,2}(?:=|:|#|is|was|\()){0,2}\s{0,2}['\"]?"
)
"""What may stand between a label and its value."""

BUSINESS = re.compile(
    r"(?:order|sku|invoice|tracking|shipment|product|item|part|batch|lot|serial|model|version|build"
    r"|release|trace|span|request|session|transaction|txn|ticket|case|asset|revision|upc|ean|isbn"
    r"|gtin|catalog(?:ue)?|article|listing|campaign|commit|epoch|timestamp|quantity|reference|ref)s?"
    r"(?:[ _-]?(?:id|ids|no|nos|nr|num|number|numbers|code|codes|key))?\.?"
    r"(?:\s{0,2}(?:=|:|#|is|in|\()){0,2}\s{0,2}['\"#(]?$",
    re.IGNORECASE,
)
"""A label right before a number that says it belongs to a thing, not to a person."""


def named_as_business(text: str, start: int) -> bool:
    """Return whether the words before `start` call what follows an order number or the like."""
    return BUSINESS.search(text[max(0, start - 40) : start]) is not None
