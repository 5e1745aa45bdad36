"""What a column is compared with: `more than 5`, `between 1 and 3`, `the average`, `a name`."""

from __future__ import annotations

from clearway.semantics.frame import Comparator, Scalar, Span
from clearway.semantics.parsing.atoms import Atom
from clearway.semantics.parsing.cursor import GLUE, Cursor, entry_of, escaped
from clearway.semantics.parsing.sketch import Condition, Item

OPPOSITE: dict[str, Comparator] = {
    "=": "<>", ">": "<=", "<": ">=", ">=": "<", "<=": ">", "<>": "=",
}  # fmt: skip
"""What holds where a comparison does not."""

AFTER_BEFORE: dict[str, Comparator] = {"after": ">", "before": "<"}
"""Comparators of two times, where a column follows and no time."""

_TELLING_APART = frozenset(["poss", "each", "same", "val", "adj", "quote", "proper"])

_AFTER_ALL = frozenset(["end", "stop", "comma", "and", "or", "order", "dir", "by", "alpha"])


class OperandRules(Cursor):
    """The right side of a comparison."""

    def _comparison(self, span: Span, index: int) -> Condition | None:
        """Take `is more than 5`, `between 1 and 3`, `starts with A`, `is not y`; or nothing."""
        negated = self.negated is not None
        has = self._kind_at(index - 1) == "has"
        if self._kind_at(index) == "not":
            negated, index = not negated, self._peek(index + 1, GLUE)
        found = self._operand(span, index)
        if found is not None:
            self.negated = None
            found.negated = negated
            if has and found.quoted and found.comparator == "=":
                # `whose name has "Led"`: somewhere in it.
                found.comparator, found.values = "like", (f"%{escaped(str(found.values[0]))}%",)
        return found

    def _operand(self, span: Span, index: int) -> Condition | None:
        """Return the condition whose comparator or value stands here; else take nothing."""
        kind = self._kind_at(index)
        if kind == "unk" and self.atoms[index].text.lower() in AFTER_BEFORE:
            comparator = AFTER_BEFORE[self.atoms[index].text.lower()]
            return self._than_column(span, index + 1, comparator)
        if kind in ("cmp", "num", "post"):
            return self._compared_number(span, index)
        if kind == "between" or self._from_to(index):
            return self._between(span, index)
        if kind == "like":
            return self._like(span, index)
        if kind in ("val", "quote", "proper"):
            self.at = index + 1
            return self._literal(span, self.atoms[index])
        return self._state(span, index, kind)

    def _state(self, span: Span, index: int, kind: str) -> Condition | None:
        """`is empty`, `is true`, `is above the average`."""
        if kind not in ("null", "notnull", "true", "false", "above", "below"):
            return None
        if kind in ("above", "below"):
            return self._than_overall(span, index, ">" if kind == "above" else "<")
        self.at = index + 1
        whole = (span[0], self.atoms[index].end)
        if kind in ("null", "notnull"):
            return Condition(whole, "is null", negated=kind == "notnull")
        return Condition(whole, "=", (kind == "true",))

    def _literal(self, span: Span, atom: Atom) -> Condition:
        said: Scalar = atom.value or self.text[atom.start : atom.end]
        return Condition(
            (span[0], atom.end),
            "=",
            (said,),
            value_entry=atom.entry if atom.kind == "val" else None,
            quoted=atom.kind != "val",
        )

    def _compared_number(  # noqa: PLR0911 - one return a kind of operand
        self, span: Span, index: int
    ) -> Condition | None:
        comparator: Comparator = "="
        if self._kind_at(index) == "cmp":
            comparator = comparator_of(self.atoms[index])
            index = self._peek(index + 1, frozenset(["det", "all", "be"]))
            if self._kind_at(index) == "agg":
                return self._than_overall(span, index, comparator)
            if self._kind_at(index) in ("noun", "poss"):
                return self._than_column(span, index, comparator)
        kind = self._kind_at(index)
        if kind not in ("num", "val", "quote", "proper", "unk"):
            return None
        atom = self.atoms[index]
        if kind == "unk" and (comparator not in ("=", "<>") or self._kind_at(index - 1) != "cmp"):
            return None
        if atom.value == "times":
            return None
        self.at = index + 1
        if kind != "num":
            found = self._literal(span, atom)
            found.comparator = comparator
            return found
        if self._kind() == "post":
            comparator = comparator_of(self.atoms[self.at])
            self.at += 1
        return Condition(
            (span[0], self.atoms[self.at - 1].end), comparator, (atom.count,), unit=atom.value
        )

    def _than_column(self, span: Span, index: int, comparator: Comparator) -> Condition | None:
        """`is below the reorder level`: a column of the same row."""
        index = self._peek(index, frozenset(["det", "poss"]))
        noun = self.atoms[index] if index < len(self.atoms) else None
        if noun is None or noun.kind != "noun" or comparator == "=":
            return None
        if noun.possessive and self._kind_at(index + 1) not in ("end", "stop"):
            return None
        if entry_of(noun).tables or self._kind_at(index + 1) in ("num", "noun", "val"):
            return None
        self.at = index + 1
        return Condition((span[0], noun.end), comparator, than=entry_of(noun))

    def _than_overall(self, span: Span, index: int, comparator: Comparator) -> Condition:
        """`more than the average (number of products)`: the same column, over all rows."""
        atom = self.atoms[index]
        against = Item(span, aggregate=atom.value or "avg")  # type: ignore[arg-type] # one of them
        end = index + 1
        following = self._peek(end, frozenset(["of", "det", "all", "count"]))
        if self._kind_at(following) == "noun" and not entry_of(self.atoms[following]).tables:
            against.entry = entry_of(self.atoms[following])
            end = following + 1
        self._refuse_its_own(end)
        self.at = end
        return Condition((span[0], self.atoms[end - 1].end), comparator, against=against)

    def _refuse_its_own(self, index: int) -> None:
        """`above the average for their rating`, `of each genre`, `of old books`: not of all."""
        if self._kind_at(index) == "each" or self._of_some(index):
            self._loose(self.atoms[index])

    def _of_some(self, index: int) -> bool:
        """Whether what an average is of is told apart from the other rows."""
        if self._kind_at(index) not in ("of", "in"):
            return False
        index = self._peek(index + 1, frozenset(["det", "all"]))
        if self._kind_at(index) != "noun" or not entry_of(self.atoms[index]).tables:
            return self._kind_at(index) in _TELLING_APART
        return self._kind_at(index + 1) not in _AFTER_ALL

    def _from_to(self, index: int) -> bool:
        """`from 50 to 100`."""
        kinds = [self._kind_at(index + step) for step in range(4)]
        return kinds == ["in", "num", "in", "num"] and self.atoms[index].text.lower() == "from"

    def _between(self, span: Span, index: int) -> Condition | None:
        low, high = index + 1, index + 3
        if self._kind_at(low) != "num" or self._kind_at(high) != "num":
            return None
        if self._kind_at(index + 2) not in ("and", "in"):
            return None
        self.at = high + 1
        first, last = self.atoms[low], self.atoms[high]
        return Condition(
            (span[0], last.end),
            "between",
            (first.count, last.count),
            unit=last.value or first.value,
        )

    def _like(self, span: Span, index: int) -> Condition | None:
        """`starts with A`, `contains the word "you"`."""
        atom = self.atoms[index]
        target = index + 1
        if self._kind_at(target) == "det" and self._kind_at(target + 1) in (
            "noise",
            "quote",
            "unk",
            "like",
        ):
            target += 1
        target = self._peek(target, frozenset(["like"]))
        if target >= len(self.atoms):
            return None
        value = self.atoms[target]
        if atom.value == "maybe" and value.kind != "quote":
            return None
        said = escaped(value.value if value.kind == "quote" else self.text[value.start : value.end])
        self.at = target + 1
        pattern = {"start": f"{said}%", "end": f"%{said}"}.get(atom.value, f"%{said}%")
        return Condition((span[0], value.end), "like", (pattern,), quoted=True)


def comparator_of(atom: Atom) -> Comparator:
    """Return the comparator of a `cmp` or `post` atom."""
    found = atom.value.partition(" ")[0]
    return found  # type: ignore[return-value] # the tables of `english` hold comparators only
