"""Adjectives and verbs that stand for a column or a table: `cheapest`, `youngest`, `was sold`."""

from __future__ import annotations

from collections.abc import Sequence

from clearway.semantics.frame import Span
from clearway.semantics.judgement import words_of
from clearway.semantics.parsing.entries import Term
from clearway.semantics.parsing.sketch import Item, Mention
from clearway.semantics.resolving.scope import Scope
from clearway.semantics.words.roots import same_root
from clearway.semantics.words.tokens import singular

_CONCEPTS = {
    "cost": frozenset(["price", "cost", "amount", "total", "fee", "rate", "charge", "value"]),
    "long": frozenset(
        [
            "length",
            "duration",
            "runtime",
            "elapsed",
            "millisecond",
            "second",
            "minute",
            "hour",
            "ms",
        ]
    ),
    "size": frozenset(["size", "weight", "height", "width", "depth"]),
    "speed": frozenset(
        ["runtime", "duration", "latency", "elapsed", "ms", "second", "millisecond"]
    ),
    "since": frozenset(
        ["built", "founded", "established", "constructed", "manufactured", "opened", "opening"]
    ),
    "tall": frozenset(["height"]),
    "heavy": frozenset(["weight", "mass"]),
    "wide": frozenset(["width"]),
    "deep": frozenset(["depth"]),
    "pay": frozenset(["salary", "wage", "pay", "income", "compensation"]),
    "tenure": frozenset(
        ["hire", "hired", "hiring", "joined", "employed", "employment", "appointed", "start"]
    ),
    "age": frozenset(["birth", "birthdate", "birthday", "dob", "born", "age"]),
}


_ENDED = frozenset(["end", "ended", "left", "leaving", "exit", "terminated", "termination"])
"""Words of columns that say when somebody left."""

_CALENDAR_NAMES = frozenset(["dim", "d", "date", "calendar", "day", "time", "table", "tbl"])
"""What tables of days are called."""


class ConceptRules(Scope):
    """Resolves words to what they are about."""

    def _concept(self, concept: str, owner: Mention | None, span: Span) -> Term:
        """Return the one column an adjective such as `youngest` or `cheapest` is about."""
        contexts = [owner.table] if owner is not None and owner.table else self._contexts()
        if not contexts and self.sketch.person:
            # `who earns the most`: the only rows that earn anything.
            contexts = [t for t in self.lexicon.labels if len(self._carriers(t, concept)) == 1]
            contexts = contexts if len(contexts) == 1 else []
        for table in contexts:
            found = self._carriers(table, concept)
            if len(found) == 1:
                return found[0]
            if found:
                raise self._unclear(span, self._choices(found, span))
        raise self._unclear(span)

    def _carriers(self, table: str, concept: str) -> list[Term]:
        terms = self.lexicon.terms[table]
        if concept == "time":
            name = self._table(table).time_column
            return [terms[name]] if name in terms and name else []
        if concept == "value":
            return self._valued(table)
        kind, _, verb = concept.partition(" ")
        if kind == "by":
            found = [t for t in terms.values() if t.number and t.column.role == "measure"]
            return [t for t in found if any(same_root(verb, w) for w in words_of(t.column.name))]
        found = [t for t in terms.values() if _carries(t, concept)]
        if concept == "age" and not found:
            found = [t for t in terms.values() if _carries(t, "since")]
        if concept == "age":
            found = [t for t in found if words_of(t.column.name)[-1:] == ("age",)] or found
        if concept == "tenure" and any(_ended(t) for t in terms.values()):
            # Of those who left nobody knows whether they are meant.
            return []
        if len(found) > 1 and concept == "cost":
            priced = [t for t in found if "price" in words_of(t.column.name)]
            found = priced if len(priced) == 1 else found
        if len(found) > 1:
            measured = [t for t in found if t.column.aggregate == "sum"]
            found = measured if len(measured) == 1 else found
        return found

    def _calendar_time(self, table: str) -> Term | None:
        """`in 2025`, of a star: the day that a key into its calendar stands for."""
        if any(term.time for term in self.lexicon.terms[table].values()):
            return None
        edges = [e for e in self.joins.edges(table) if e.to_one and _is_calendar(e.target)]
        if len(edges) != 1:
            return None
        times = [t for t in self.lexicon.terms[edges[0].target].values() if t.time]
        return times[0] if len(times) == 1 else None

    def _valued(self, table: str) -> list[Term]:
        """The number a row is worth: the one asked for, else the only one that adds up."""
        asked = {
            term
            for item in self.sketch.heads
            if item.entry is not None
            for term in item.entry.columns.get(table, {})
            if term.column.role == "measure"
        }
        if len(asked) == 1:
            return list(asked)
        numbers = [t for t in self.lexicon.terms[table].values() if t.column.role == "measure"]
        sums = [t for t in numbers if t.column.aggregate == "sum"]
        return sums if len(sums) == 1 else numbers

    def _table_of_verb(self, verb: str) -> str | None:
        """Return the table whose name comes from a verb: rent, rental; pay, payment."""
        found = self.lexicon.tables_of_verb(verb)
        return self._nearest(found) if found else None

    def _nearest(self, tables: Sequence[str]) -> str | None:
        """Return the one table nearest to the subject."""
        near = self.joins.distances(self.subject) if self.subject else {}
        least = min(near.get(table, 99) for table in tables)
        found = [table for table in tables if near.get(table, 99) == least]
        return found[0] if len(found) == 1 else None

    def _item_concept(self, item: Item) -> Term:
        return self._concept(item.concept, item.owner, item.span)


def _is_calendar(table: str) -> bool:
    words = {singular(word) for word in words_of(table.rpartition(".")[2])}
    return bool(words & {"date", "calendar", "day"}) and words <= _CALENDAR_NAMES


def _ended(term: Term) -> bool:
    return term.time and not _ENDED.isdisjoint(words_of(term.column.name))


def _carries(term: Term, concept: str) -> bool:
    words = {singular(word) for word in words_of(term.column.name)}
    if concept == "tenure":
        return term.time and bool(words & _CONCEPTS[concept])
    if concept in ("age", "since"):
        return bool(words & _CONCEPTS[concept]) and (term.time or term.number)
    return term.number and term.column.role == "measure" and bool(words & _CONCEPTS[concept])
