"""The values of a condition, in the type, the unit and the spelling of their column."""

from __future__ import annotations

from clearway.semantics.frame import (
    Filter,
    MeasureSlot,
    Scalar,
)
from clearway.semantics.judgement import is_text, words_of
from clearway.semantics.parsing.entries import Entry, Term
from clearway.semantics.parsing.naming import UNITS
from clearway.semantics.parsing.sketch import Condition, Item
from clearway.semantics.resolving.events import EventRules
from clearway.semantics.resolving.scope import Unclear, spoken_column
from clearway.semantics.words.tokens import singular

_SECONDS = {
    "millisecond": 0.001, "ms": 0.001, "second": 1, "sec": 1, "s": 1, "minute": 60, "min": 60,
    "hour": 3600, "hr": 3600, "day": 86_400, "week": 604_800,
}  # fmt: skip

_HUNDREDTHS = frozenset(["percent", "pct", "percentage", "%"])


class ValueTypeRules(EventRules):
    """Makes filters of columns that are settled."""

    def _with_values(self, condition: Condition, term: Term, value: Entry | None) -> Filter:
        comparator = condition.comparator
        self.used.add(term.table)
        if condition.against is not None:
            against = self._overall(condition.against, term, condition)
            return Filter(
                column=term.ref, comparator=comparator, against=against, span=condition.span
            )
        values = condition.values
        stored = value is not None and term in value.values and comparator in ("=", "<>")
        if value is not None and stored:
            values = value.values[term]
            if len(values) > 1:
                comparator = "in" if comparator == "=" else "not in"
        else:
            self._must_be_known(condition, term)
            values = tuple(self._typed(v, term, condition) for v in values)
        return Filter(
            column=term.ref,
            comparator=comparator,
            values=values,
            negated=condition.negated,
            exact=stored,
            alternative=condition.alternative,
            span=condition.span,
        )

    def _must_be_known(self, condition: Condition, term: Term) -> None:
        """A name that is not among all values a column has is not one of them."""
        if (
            (condition.quoted or condition.value_entry is not None)
            and condition.comparator in ("=", "<>")
            and term.column.values
            and term.column.sensitivity == "public"
        ):
            said = str(condition.values[0])
            raise Unclear(said, condition.span, name=True)

    def _overall(self, item: Item, term: Term, condition: Condition) -> MeasureSlot:
        """The average, or another number, over all rows of the column that is compared."""
        if not term.number:
            raise self._unclear(condition.span)
        if item.entry is not None and self._one(item.entry, item.span, [term.table]) is not term:
            raise self._unclear(condition.span)
        return MeasureSlot(
            aggregate=item.aggregate, column=term.ref, table=term.table, span=condition.span
        )

    def _typed(self, value: Scalar, term: Term, condition: Condition) -> Scalar:
        """Return the value in its column's type; a number is not a name, a name not a number."""
        if value is None:
            return value
        if isinstance(value, bool):
            if not term.state:
                raise self._unclear(condition.span)
            return value if term.boolean else int(value)
        if term.text and not condition.unit:
            self._must_compare_as_text(value, term, condition)
            return str(value)
        if not term.number:
            raise self._unclear(condition.span)
        if isinstance(value, str):
            try:
                value = float(value) if "." in value else int(value)
            except ValueError:
                raise self._unclear(condition.span) from None
        return self._in_unit(value, term, condition)

    def _must_compare_as_text(self, value: Scalar, term: Term, condition: Condition) -> None:
        """Text is not more or less than a number, and a closed list of labels holds no other."""
        ordered = condition.comparator not in ("=", "<>", "in", "not in", "like")
        if ordered and not isinstance(value, str) and not holds_years(term):
            raise self._unclear(condition.span)
        closed = not is_text(term.column.type) and str(value) not in term.column.values
        if closed and condition.comparator != "like":
            raise self._unclear(condition.span)

    def _of_hundred(self, value: float, term: Term, condition: Condition) -> float:
        """`over 20%` is 20 in a column of percents, 0.2 in one of fractions; else nobody knows."""
        words = {*words_of(term.column.name), (term.column.unit or "").lower()}
        if words & _HUNDREDTHS:
            return value
        try:
            known = [float(said) for said in term.column.values]
        except ValueError:
            known = []
        if not known:
            raise self._unclear(condition.span)
        return round(value / 100, 10) if max(known) <= 1 else value

    def _in_unit(self, value: float, term: Term, condition: Condition) -> float:
        """Return the number in the column's unit: ten minutes are 600 in a column of seconds."""
        said = condition.unit
        if not said:
            return value
        if said == "percent":
            return self._of_hundred(value, term, condition)
        unit = singular((term.column.unit or words_of(term.column.name)[-1]).lower())
        if said in _SECONDS and unit in _SECONDS:
            scaled = value * _SECONDS[said] / _SECONDS[unit]
            return int(scaled) if scaled == int(scaled) else scaled
        if unit in _SECONDS or (unit != said and (term.column.unit or unit in UNITS)):
            raise self._unclear(condition.span)
        if unit != said:
            self.assumptions.append(f"{spoken_column(term)} is in {said}s")
        return value


def holds_years(term: Term) -> bool:
    """A number, or text every stored value of which is a year."""
    values = term.column.values
    return term.number or (bool(values) and all(v.isdigit() and len(v) == 4 for v in values))
