"""Which column a condition is about, and which one holds a value that stands alone."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from clearway.semantics.frame import (
    Alternative,
    ColumnRef,
    Filter,
    MeasureSlot,
    Scalar,
)
from clearway.semantics.judgement import words_of
from clearway.semantics.parsing.entries import Entry, Term
from clearway.semantics.parsing.sketch import Condition, Item
from clearway.semantics.resolving.acting import ActorRules
from clearway.semantics.resolving.events import LIGHT
from clearway.semantics.resolving.scope import Unclear, spoken, spoken_column
from clearway.semantics.words.roots import same_root
from clearway.semantics.words.tokens import words_of_text


class FilterRules(ActorRules):
    """Resolves one condition to its filters."""

    def _of_measure(self, measure: MeasureSlot, condition: Condition) -> tuple[Scalar, ...]:
        """Return the values in the unit of what is measured; a count, say, is in none."""
        if not condition.unit:
            return condition.values
        ref = measure.column
        if ref is not None and measure.aggregate not in ("count", "count_distinct"):
            term = self.lexicon.terms[ref.table][ref.name]
            return tuple(self._typed(value, term, condition) for value in condition.values)
        named = next((m for m in self.lexicon.catalog.measures if m.name == measure.named), None)
        if named is None or (named.unit or "").lower() != condition.unit:
            raise self._unclear(condition.span)
        return condition.values

    def _typically(self, measure: MeasureSlot, condition: Condition) -> MeasureSlot | None:
        """`whose mean runtime is above the average`: of the very number that is compared."""
        against = condition.against
        if against is None:
            return None
        if against.aggregate != "avg" or against.entry is not None:
            raise self._unclear(condition.span)
        return replace(measure, aggregate="avg", span=condition.span)

    def _filters_of(self, condition: Condition) -> tuple[Filter, ...]:
        item = condition.item or _of_named(condition)
        if item is not None:
            measure = self._measure(item)
            return (
                Filter(
                    measure=measure,
                    comparator=condition.comparator,
                    values=self._of_measure(measure, condition),
                    against=self._typically(measure, condition),
                    negated=condition.negated,
                    span=condition.span,
                ),
            )
        if condition.than is not None or condition.than_verb:
            return (self._two_columns(condition),)
        value = condition.value_entry
        waiting = self._not_yet(condition) if value is not None else None
        if waiting is not None:
            return (Filter(column=waiting.ref, comparator="is null", span=condition.span),)
        if value is not None and value.parts and condition.entry is None:
            return self._stored_parts(condition, value)
        if value is None and condition.quoted and condition.comparator in ("=", "<>"):
            value = self._stored(condition)
        parts = self._named_in_parts(condition, value) or self._empty_key(condition)
        if parts:
            return parts
        term = self._term_of(condition, value)
        return (self._with_values(condition, term, value),)

    def _named_in_parts(self, condition: Condition, value: Entry | None) -> tuple[Filter, ...]:
        """A name whose parts are in columns of their own."""
        if not condition.quoted:
            return ()
        if condition.entry is not None:
            return self._role_in_parts(condition, condition.entry)
        return () if value is not None or condition.of_label else self._in_parts(condition)

    def _empty_key(self, condition: Condition) -> tuple[Filter, ...]:
        """`without a manager`: the key to one is empty."""
        if condition.comparator != "is null" or condition.entry is None:
            return ()
        term = self._terms(condition.entry, condition.span, self._contexts(condition.owner))[0]
        table, _, key = term.ref.via.rpartition(".")
        return (replace(_none_there(condition), column=ColumnRef(table, key)),) if table else ()

    def _term_of(self, condition: Condition, value: Entry | None) -> Term:
        """Return the column a condition is about."""
        if condition.concept:
            return self._concept(condition.concept, condition.owner, condition.span)
        if condition.of_key:
            keys = self._keys(condition.owner.table) if condition.owner is not None else ()
            if len(keys) != 1 or not keys[0].number:
                raise self._unclear(condition.span)
            return keys[0]
        if condition.entry is not None:
            return self._compared_term(condition, condition.entry, value)
        if value is not None:
            return self._term_of_value(condition, value)
        return self._label_term(condition)

    def _stored(self, condition: Condition) -> Entry | None:
        """Return what quoted text is known as; not where its column is named and may hold more."""
        entry = self.lexicon.find(words_of_text(str(condition.values[0])))
        if entry is None or not entry.values:
            return None
        owner = condition.owner
        labels = (
            self.lexicon.labels.get(owner.table, ()) if owner is not None and owner.table else ()
        )
        if len(labels) == 1 and labels[0] not in entry.values and condition.entry is None:
            return None
        return entry

    def _stored_parts(self, condition: Condition, value: Entry) -> tuple[Filter, ...]:
        """A name stored in several columns: of the table spoken of, else the nearest it is in."""
        contexts = self._contexts(condition.owner)
        ranked = sorted((self._steps(contexts, table), table) for table in value.parts)
        here = [t for t in contexts if t in value.parts]
        best = here[:1] or [t for distance, t in ranked if distance == ranked[0][0]]
        if len(best) != 1 or (not here and ranked[0][0] == 99) or condition.negated:
            raise self._unclear(condition.span)
        self.used.add(best[0])
        return tuple(
            Filter(column=term.ref, comparator="=", values=(said,), exact=True, span=condition.span)
            for term, said in value.parts[best[0]]
        )

    def _compared_term(self, condition: Condition, entry: Entry, value: Entry | None) -> Term:
        contexts = self._contexts(condition.owner)
        if value is not None and condition.comparator in ("=", "<>"):
            for table in contexts:
                both = [t for t in entry.columns.get(table, {}) if t in value.values]
                if len(both) == 1:
                    return both[0]
            for table in (t for t in contexts if t in entry.tables):
                inside = [t for t in value.values if t.table == table]
                if len(inside) == 1:
                    return inside[0]
            nearby = [t for owned in entry.columns.values() for t in owned if t in value.values]
            if len(nearby) == 1 and self._steps(contexts, nearby[0].table) < 99:
                return nearby[0]
        return self._one(entry, condition.span, contexts)

    def _term_of_value(self, condition: Condition, value: Entry) -> Term:
        """Return the column a stored value is in: of the tables spoken of, else the nearest."""
        contexts = self._contexts(condition.owner)
        for table in contexts:
            here = [t for t in value.values if t.table == table]
            here += self._so_called(here, value, table)
            if len(here) == 1:
                return here[0]
            if here:
                raise self._unclear(condition.span, self._choices_of_value(here, condition))
        ranked = sorted(
            ((self._steps(contexts, t.table), number, t) for number, t in enumerate(value.values))
        )
        best = [t for distance, _, t in ranked if distance == ranked[0][0] and distance < 99]
        if len(best) > 1:
            kinds = [t for t in best if t.column.role == "dimension"]
            if len(kinds) == 1:
                self._assume(
                    condition.span, f"a {spoken_column(kinds[0])} of {spoken(kinds[0].table)}"
                )
                return kinds[0]
        if len(best) == 1:
            return best[0]
        acted = self._acted_on(condition, value) if not best else None
        if acted is not None:
            return acted
        raise self._unclear(condition.span, self._choices_of_value(best, condition))

    def _so_called(self, here: Sequence[Term], value: Entry, table: str) -> list[Term]:
        """Return what else bears a name that plain text of the rows holds, too.

        `tracks by Smith`: who composed them, or whose album they are on.
        """
        if len(here) != 1 or here[0].label or here[0].column.role != "attribute":
            return []
        words = words_of(here[0].column.name)
        if any(same_root(verb, word) for verb, _, _ in self.sketch.verbs for word in words):
            return []
        return [
            t for t in value.values
            if t.label and t.table != table and self.joins.paths(table, t.table, to_one=True)
        ]  # fmt: skip

    def _acted_on(self, condition: Condition, value: Entry) -> Term | None:
        """`countries that speak English`: behind a verb, a value of rows next to the subject."""
        if not condition.verbal or self.subject is None:
            return None
        near = self.joins.distances(self.subject)
        found = [t for t in value.values if near.get(t.table, 99) == 1]
        if len(found) == 1:
            return found[0]
        found = [t for t in value.values if self._linked(t.table)]
        return found[0] if len(found) == 1 and len(value.values) == 1 else None

    def _linked(self, table: str) -> bool:
        """Whether rows are tied to the subject over an event a verb names, or a table of pairs."""
        subject = self.subject
        assert subject is not None  # noqa: S101 - checked by the caller
        for verb, _, _ in self.sketch.verbs:
            event = self._table_of_verb(verb) if verb not in LIGHT else None
            if event is not None and event != subject:
                return bool(self.joins.paths(subject, event)) and bool(
                    self.joins.paths(event, table, to_one=True)
                )
        paths = self.joins.paths(subject, table)
        if len(paths) != 1 or len(paths[0]) != 2:
            return False
        middle = self._table(paths[0][0].target)
        keys = {name for key in middle.foreign_keys for name in key.columns}
        return bool(middle.primary_key) and set(middle.primary_key) <= keys

    def _steps(self, contexts: Sequence[str], table: str) -> int:
        """Return how far a value's table is, over steps that lead to one row only."""
        if not contexts:
            return 0
        paths = [self.joins.paths(context, table, to_one=True) for context in contexts]
        return min((len(found[0]) for found in paths if found), default=99)

    def _choices_of_value(
        self, terms: Iterable[Term], condition: Condition
    ) -> tuple[Alternative, ...]:
        start, end = condition.span
        made = []
        for term in list(terms)[:3]:
            column = f"{spoken(term.table)} {spoken_column(term)}"
            rewrite = f"{self.text[:start]}{column} {self.text[start:]}"
            label = f"{self.text[start:end]} as {spoken_column(term)} of {spoken(term.table)}"
            made.append(Alternative(label=label, rewrite=rewrite))
        return tuple(made)

    def _label_term(self, condition: Condition) -> Term:
        """A quoted value of no known column is the name of what was spoken of last."""
        table = condition.owner.table if condition.owner is not None else self.subject
        labels = self.lexicon.labels.get(table, ()) if table else ()
        if (condition.owner is None and condition.proper) or (labels and labels[0].column.values):
            # A name that is not among all names there are is no name of this.
            labels = labels if condition.of_label else ()
        if len(labels) != 1 or not condition.quoted:
            said = str(condition.values[0])
            raise Unclear(said, condition.span, name=condition.quoted)
        return labels[0]


def _none_there(condition: Condition) -> Filter:
    """`no manager`: the key to one is empty."""
    return Filter(comparator="is null", negated=condition.negated, span=condition.span)


def _of_named(condition: Condition) -> Item | None:
    """`regions where profit is below 1000`: a number of the catalog's own, of each group."""
    entry = condition.entry
    if entry is None or not entry.measures or entry.columns or condition.against is not None:
        return None
    return Item(condition.span, entry=entry)
