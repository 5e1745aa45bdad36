"""When something last happened: `who bought most recently`, `the most recently hired`."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from clearway.semantics.frame import Existence, MeasureSlot, Order
from clearway.semantics.judgement import words_of
from clearway.semantics.parsing.entries import Term
from clearway.semantics.parsing.sketch import Item, Sorting
from clearway.semantics.resolving.money import MoneyRules
from clearway.semantics.words.roots import same_root


class LatestRules(MoneyRules):
    """Resolves what is put in order of time to the time of the event a verb names."""

    last_of_each = False
    """Rows are put in order of the last of several times of each."""

    def _item_concept(self, item: Item) -> Term:
        if item.concept == "time" and item.verb:
            return self._time_of_event(item)
        return super()._item_concept(item)

    def _time_of_event(self, item: Item) -> Term:
        """The one time named after the verb, else the time of the rows that are such events."""
        spoken_of = [self.subject, *(m.table for m in self.sketch.mentions)]
        tables = [table for table in dict.fromkeys(spoken_of) if table]
        if not tables and self.sketch.person:
            tables = list(self.lexicon.labels)
        for some in (tables[:1] if self.subject else [], tables):
            named = [t for table in some for t in self._times_of(table, item.verb)]
            if len(named) == 1:
                return named[0]
        event = self._table_of_verb(item.verb)
        name = self._table(event).time_column if event is not None else None
        if event is None or name not in self.lexicon.terms[event]:
            raise self._unclear(item.span)
        return self.lexicon.terms[event][name]

    def _times_of(self, table: str, verb: str) -> Iterable[Term]:
        if not self.lexicon.labels.get(table) and table != self.subject and self.sketch.person:
            return ()
        terms = self.lexicon.terms[table].values()
        return (
            t for t in terms if t.time and any(same_root(verb, w) for w in words_of(t.column.name))
        )

    def _refuse_last_of_some(self, order: Sequence[Order], existence: Sequence[Existence]) -> None:
        """`who bought a red one most recently`: the last of the red ones, which is not the last."""
        if not self.last_of_each or not any(each.measure is not None for each in order):
            return
        for each in existence:
            if each.filters or each.negated or each.comparator or each.period:
                raise self._unclear(each.span)

    def _last_time_of_each(self, sorting: Sorting, term: Term) -> Order | None:
        """`the 5 members who borrowed most recently`: by the last of the loans of each."""
        item, subject = sorting.item, self.subject
        many = item is not None and (bool(item.verb) or (self.sketch.limit or 1) > 1)
        if item is None or item.concept != "time" or not many:
            return None
        if subject is None or term.table == subject or term.ref.via:
            return None
        if not self.joins.path(term.table, subject, to_one=True):
            raise self._unclear(sorting.span)
        self.last_of_each = True
        slot = MeasureSlot(
            aggregate="max" if sorting.descending else "min",
            column=term.ref,
            table=term.table,
            span=sorting.span,
        )
        return Order(measure=slot, descending=sorting.descending, span=sorting.span)
