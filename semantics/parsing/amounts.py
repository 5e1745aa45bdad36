"""Cut numbers out of a question: with their units, `half an hour`, `twice`."""

from __future__ import annotations

from clearway.semantics.parsing.atoms import Atom
from clearway.semantics.parsing.cursor import entry_of
from clearway.semantics.parsing.entries import Entry
from clearway.semantics.parsing.lexicon import Lexicon
from clearway.semantics.parsing.phrases import longest
from clearway.semantics.words.numerals import UNITS, read_number
from clearway.semantics.words.tokens import Token

_OFTEN = {"once": 1, "twice": 2, "thrice": 3}

_PARTS = (
    (("a", "quarter", "of", "an"), 0.25),
    (("half", "an"), 0.5),
    (("half", "a"), 0.5),
    (("an",), 1),
    (("a",), 1),
)


class AmountCutter:
    """What is cut so far, and how numbers are."""

    def __init__(self, tokens: list[Token], lexicon: Lexicon) -> None:
        self.tokens = tokens
        self.lexicon = lexicon
        self.atoms: list[Atom] = []

    def _number(self, at: int, entry: Entry | None) -> int:
        """A number and the unit it is in; 0 where none starts here."""
        tokens = self.tokens
        number = read_number(tokens, at) or self._part_of_unit(at)
        if number is None:
            return self._so_often(at, entry)
        after = number[1]
        unit = ""
        if after < len(tokens) and tokens[after].stem in UNITS:
            named, _ = longest(tokens, after, self.lexicon)
            apart = named is None or not named.exact or tokens[after].low == "times"
            if apart or self._column_said():
                unit, after = UNITS[tokens[after].stem], after + 1
        if not unit and at and tokens[at - 1].low in "$€£":
            unit = UNITS[tokens[at - 1].low]
        self._add("num", at, after, value=unit, entry=entry)
        self.atoms[-1].number = number[0]
        return after

    def _column_said(self) -> bool:
        """`longer than 300 seconds`, `length is over 300 seconds`: it names no other column."""
        before = [atom for atom in self.atoms[-3:] if atom.kind != "be"]
        if not before or before[-1].kind != "cmp":
            return False
        named = before[-2] if len(before) > 1 else None
        column = named is not None and named.kind == "noun" and not entry_of(named).tables
        return before[-1].value.endswith(" long") or column

    def _part_of_unit(self, at: int) -> tuple[float, int] | None:
        """`half an hour`, `a quarter of an hour`; `an hour` behind a comparator."""
        said = [token.low for token in self.tokens[at : at + 4]]
        for phrase, number in _PARTS:
            after = at + len(phrase)
            if tuple(said[: len(phrase)]) == phrase and after < len(self.tokens):
                compared = bool(self.atoms) and self.atoms[-1].kind == "cmp"
                if self.tokens[after].stem in UNITS and (number < 1 or compared):
                    return number, after
        return None

    def _so_often(self, at: int, entry: Entry | None) -> int:
        """`twice`; `once` only behind a comparator."""
        count = _OFTEN.get(self.tokens[at].low)
        compared = bool(self.atoms) and self.atoms[-1].kind == "cmp"
        if count is None or entry is not None or (count == 1 and not compared):
            return 0
        self._add("num", at, at + 1, value="times")
        self.atoms[-1].number = count
        return at + 1

    def _add(
        self, kind: str, at: int, after: int, *, value: str = "", entry: Entry | None = None
    ) -> int:
        atom = Atom(kind, self.tokens[at], self.tokens[after - 1], value)
        atom.entry = entry
        self.atoms.append(atom)
        return after
