"""Rows by who did something to them, or is above them: `created by Ada Moss`, `report to her`."""

from __future__ import annotations

from collections.abc import Iterable

from clearway.semantics.frame import Dimension, Filter
from clearway.semantics.parsing.entries import Entry, Term
from clearway.semantics.parsing.naming import is_said_as_verb
from clearway.semantics.parsing.sketch import Condition
from clearway.semantics.resolving.pairs import PairRules


class ActorRules(PairRules):
    """Resolves names of those a key leads to."""

    def _role_in_parts(self, condition: Condition, entry: Entry) -> tuple[Filter, ...]:
        """`whose manager is Ada Brandt`: all parts of the name of the row a key leads to."""
        table = condition.owner.table if condition.owner is not None else self.subject
        terms = [t for t in entry.columns.get(table or "", {}) if t.ref.via]
        said = str(condition.values[0]) if condition.values else ""
        parts = said.split(" ", 1) if len(terms) == 2 else [said]
        named = len(terms) == len(parts) and all(t.label for t in terms)
        if not (named and said and table) or condition.comparator != "=" or condition.negated:
            return ()
        if len(parts) == 2 and self._several_named(condition):
            raise self._unclear(condition.span)
        if len(terms) == 1 and not is_said_as_verb(entry.phrase.split()):
            return ()
        self.used.add(table)
        return tuple(
            Filter(
                column=term.ref,
                comparator="=",
                values=(part,),
                alternative=condition.alternative if len(terms) == 1 else 0,
                span=condition.span,
            )
            for term, part in zip(terms, parts, strict=True)
        )

    def _who_is_under(self) -> str | None:
        """`who reports to Ada Moss`: the table whose rows a key leads to rows of the same one."""
        if not self.sketch.person or self.sketch.heads or self.sketch.mentions:
            return None
        tables = {
            term.table
            for condition in self.sketch.conditions
            if condition.entry is not None and condition.quoted
            for term in _led_to(condition.entry)
            if term.ref.table == term.table
        }
        return tables.pop() if len(tables) == 1 else None

    def _those_under(self) -> tuple[Dimension, ...]:
        """Return what they are shown as, where nothing else is asked for."""
        table = self._who_is_under()
        if table is None:
            return ()
        span = self.sketch.conditions[0].span
        terms = self.lexicon.labels.get(table, ()) or self._keys(table)
        self.used.add(table)
        return tuple(Dimension(column=t.ref, identifies=True, span=span) for t in terms)


def _led_to(entry: Entry) -> Iterable[Term]:
    return (t for owned in entry.columns.values() for t in owned if t.ref.via and t.label)
