"""Conditions that take two columns: one held against another, a name in two parts."""

from __future__ import annotations

from clearway.semantics.frame import ColumnRef, Filter
from clearway.semantics.parsing.entries import Entry, Term
from clearway.semantics.parsing.sketch import Condition
from clearway.semantics.resolving.events import named_by
from clearway.semantics.resolving.values import ValueTypeRules


class PairRules(ValueTypeRules):
    """Resolves both columns of such a condition."""

    def _two_columns(self, condition: Condition) -> Filter:
        """`shipped later than required`: two times, or two numbers, of one row."""
        left = self._side(condition, condition.entry, condition.verb)
        role = self._role(condition, left) if condition.than is not None else None
        if role is not None:
            return self._held(condition, left.ref, role)
        right = self._side(condition, condition.than, condition.than_verb)
        times, numbers = left.time and right.time, left.number and right.number
        keys = "key" in (left.column.role, right.column.role)
        if left.ref == right.ref or left.table != right.table or not (times or numbers) or keys:
            raise self._unclear(condition.span)
        self.used.add(left.table)
        return self._held(condition, left.ref, right.ref)

    def _held(self, condition: Condition, one: ColumnRef, other: ColumnRef) -> Filter:
        return Filter(
            column=one,
            comparator=condition.comparator,
            than=other,
            negated=condition.negated,
            alternative=condition.alternative,
            span=condition.span,
        )

    def _role(self, condition: Condition, left: Term) -> ColumnRef | None:
        """`than their manager`: the same column of the row a key leads to."""
        assert condition.than is not None  # noqa: S101 - checked by the caller
        terms = list(condition.than.columns.get(left.table, {}))
        keys = {term.ref.via for term in terms}
        if len(keys) != 1 or not all(t.ref.via and t.label for t in terms) or left.ref.via:
            return None
        if any(t.ref.table != left.table for t in terms) or not (left.number or left.time):
            return None
        self.used.add(left.table)
        return ColumnRef(left.table, left.column.name, via=keys.pop())

    def _side(self, condition: Condition, entry: Entry | None, verb: str) -> Term:
        contexts = self._contexts(condition.owner)
        if condition.concept and entry is None and not verb:
            return self._concept(condition.concept, condition.owner, condition.span)
        if entry is not None:
            return self._one(entry, condition.span, contexts)
        times = [
            t for t in self.lexicon.terms[contexts[0]].values() if t.time and named_by(t, verb)
        ]
        if len(times) != 1:
            raise self._unclear(condition.span)
        return times[0]

    def _several_named(self, condition: Condition) -> bool:
        """`Ada Moss or Bo Ek`: two parts of two names each cannot be alternatives one by one."""
        return bool(condition.alternative) or " and " in str(condition.values[0])

    def _in_parts(self, condition: Condition) -> tuple[Filter, ...]:
        """`customer Ada Brandt` where a customer has a first and a last name."""
        owner = condition.owner
        labels = (
            self.lexicon.labels.get(owner.table, ()) if owner is not None and owner.table else ()
        )
        first, _, last = str(condition.values[0]).partition(" ")
        if len(labels) != 2 or not last or condition.negated:
            return ()
        if self._several_named(condition):
            raise self._unclear(condition.span)
        self.used.add(labels[0].table)
        return tuple(
            Filter(column=term.ref, comparator="=", values=(part,), span=condition.span)
            for term, part in zip(labels, (first, last), strict=True)
        )
