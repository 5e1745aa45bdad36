"""The pieces a question is parsed from: phrases that are known, and words that are not."""

from __future__ import annotations

from collections.abc import Sequence

from clearway.semantics.parsing.entries import Entry
from clearway.semantics.times.period import Stretch
from clearway.semantics.words.numerals import ORDINALS, Number
from clearway.semantics.words.tokens import Token

_RANKING = frozenset(["super", "adj", "common", "top"])


class Atom:
    """One phrase of the question and what it may be; `kind` is what it is taken for so far."""

    __slots__ = (
        "corrected",
        "end",
        "entry",
        "kind",
        "number",
        "possessive",
        "start",
        "text",
        "value",
    )

    def __init__(self, kind: str, first: Token, last: Token, value: str = "") -> None:
        self.kind = kind
        self.start = first.start
        self.end = last.end
        self.text = first.text if first is last else ""
        self.value = value
        self.entry: Entry | None = None
        self.number: Number | Stretch | None = None
        self.possessive = last.possessive
        self.corrected = ""
        if first.corrected or last.corrected:
            self.corrected = first.low if first is last else f"{first.low} {last.low}"
        """What a word was meant to be, where it was misspelt."""

    @property
    def stretch(self) -> Stretch:
        """The period of an atom of kind `period`."""
        assert isinstance(self.number, Stretch)  # noqa: S101 - set with the kind
        return self.number

    @property
    def count(self) -> Number:
        """The number of an atom of kind `num`."""
        assert isinstance(self.number, int | float)  # noqa: S101 - set with the kind
        return self.number


def place_at(atoms: Sequence[Atom], at: int) -> int:
    """Return which of a ranking an atom asks for (`second highest`, `3rd most common`), else 0.

    The first is what the superlative alone says.
    """
    ranked = at + 1 < len(atoms) and atoms[at + 1].kind in _RANKING
    place = ORDINALS.get(atoms[at].text.lower(), 0) if ranked else 0
    return place if place > 1 else 0
