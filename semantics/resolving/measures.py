"""Numbers asked for: sums, counts of rows or of kinds, named measures, rates."""

from __future__ import annotations

from clearway.semantics.frame import Filter, MeasureSlot
from clearway.semantics.judgement import words_of
from clearway.semantics.parsing.entries import Term
from clearway.semantics.parsing.sketch import Condition, Item
from clearway.semantics.resolving.concepts import ConceptRules
from clearway.semantics.resolving.scope import spoken
from clearway.semantics.words.wordset import wordset

_SHARES = wordset(
    """
    rate ratio percent percentage pct share discount margin score rating rank grade index average
    avg mean median probability density pressure temperature speed latitude longitude expectancy
    """
)
"""What of several things is averaged, for together they come to nothing."""


class MeasureRules(ConceptRules):
    """Resolves one number."""

    def _slot(self, term: Term, aggregate: str, item: Item) -> MeasureSlot:
        self.used.add(term.table)
        return MeasureSlot(
            aggregate=aggregate,  # type: ignore[arg-type] # from a closed table
            column=term.ref,
            table=term.table,
            share=item.share,
            percent=item.percent,
            span=item.span,
        )

    def _measure(self, item: Item) -> MeasureSlot:
        entry = item.entry
        if entry is not None and entry.measures and item.aggregate in (None, "sum", "avg"):
            if len(entry.measures) > 1:
                raise self._unclear(item.span)
            measure = entry.measures[0]
            self.used.add(measure.table)
            return MeasureSlot(
                named=measure.name,
                table=measure.table,
                share=item.share,
                percent=item.percent,
                span=item.span,
            )
        if item.aggregate == "count":
            return self._count(item)
        if item.counted is not None:
            return self._total(item)
        if entry is None:
            term = self._item_concept(item)
        else:
            term = self._one(entry, item.span, self._contexts(item.owner))
        if item.aggregate in ("sum", "avg", "median") and not (
            term.number and term.column.role != "key"
        ):
            raise self._unclear(item.span)
        if item.aggregate == "sum" and _is_rate(term):
            raise self._unclear(item.span)
        return self._slot(term, item.aggregate or "sum", item)

    def _rows(self, table: str, item: Item) -> MeasureSlot:
        return MeasureSlot(
            aggregate="count", table=table, share=item.share, percent=item.percent, span=item.span
        )

    def _total(self, item: Item) -> MeasureSlot:
        """`total tracks` counts what has a name; `total sales` adds up the one number they have."""
        table = item.counted.table if item.counted is not None else ""
        if not table:
            raise self._unclear(item.span)
        self.used.add(table)
        if item.aggregate == "sum" and self.lexicon.labels.get(table):
            return self._rows(table, item)
        if item.aggregate in ("avg", "median") and self.sketch.groups:
            # `average runs per day`: how many there are of them, not one of their numbers.
            raise self._unclear(item.span)
        terms = self.lexicon.terms[table].values()
        sums = [t for t in terms if t.column.aggregate == "sum"]
        if len(sums) != 1:
            raise self._unclear(item.span)
        return self._slot(sums[0], item.aggregate or "sum", item)

    def _count(self, item: Item) -> MeasureSlot:
        if item.where is not None:
            return self._rate(item)
        if item.entry is not None and item.counted is None:
            term = self._one(item.entry, item.span, self._contexts(item.owner))
            self.subject = self.subject or term.table
            if term.column.role == "measure" and not term.state:
                return self._slot(term, self._adds_up(term, item), item)
            return self._slot(term, "count_distinct", item)
        table = item.counted.table if item.counted is not None else self._rows_of(item)
        if not table:
            raise self._unclear(item.span)
        self.used.add(table)
        kind = self._kind_counted(item, table)
        if kind is not None:
            return self._slot(kind, "count_distinct", item)
        return self._rows(table, item)

    def _kind_counted(self, item: Item, table: str) -> Term | None:
        """`how many jobs are there`, of a log of their runs: the different jobs are counted.

        With anything said of them it is the runs that are: `how many jobs failed yesterday`.
        """
        entry = item.counted.entry if item.counted is not None else None
        if entry is None or self.lexicon.labels.get(table):
            return None
        kinds = [
            t for t, s in entry.columns.get(table, {}).items()
            if s < 2 and t.text and t.column.role == "dimension"
        ]  # fmt: skip
        if len(kinds) != 1:
            return None
        sketch = self.sketch
        if any(c.item is not None or c.times is not None for c in sketch.conditions):
            # `how many jobs never failed`, `had more than 100 failures`: said of each job.
            return kinds[0] if not (sketch.groups or item.share) else None
        said = sketch.conditions or sketch.periods or sketch.groups or sketch.verbs
        if said or sketch.happened or item.share or len(sketch.mentions) > 1:
            self._assume(item.span, f"rows of {spoken(table)}")
            return None
        return kinds[0]

    def _rows_that_are(self, condition: Condition) -> str | None:
        """`which job failed most often`: rows in that state, of which each job has many."""
        column = self._filters_of(condition)[0].column
        if column is None or condition.negated:
            return None
        one_each = column.table == self.subject and self.lexicon.labels.get(column.table)
        return None if one_each else column.table

    def _rate(self, item: Item) -> MeasureSlot:
        """Rows in one state, over all rows."""
        assert item.where is not None  # noqa: S101 - checked by the caller
        filters = self._filters_of(item.where)
        table = filters[0].column.table if filters and filters[0].column else None
        if table is None or (item.counted is not None and item.counted.table != table):
            raise self._unclear(item.span)
        self.subject = self.subject or table
        self.used.add(table)
        return MeasureSlot(
            aggregate="count",
            table=table,
            where=filters,
            over=MeasureSlot(aggregate="count", table=table),
            percent=item.percent,
            span=item.span,
        )

    def _filters_of(self, condition: Condition) -> tuple[Filter, ...]:
        """Return what a condition restricts."""
        raise NotImplementedError

    def _adds_up(self, term: Term, item: Item) -> str:
        """`number of units sold` is their sum; a number that does not add up cannot be counted."""
        if term.column.aggregate != "sum":
            raise self._unclear(item.span)
        return "sum"

    def _rows_of(self, item: Item) -> str | None:
        """Return whose rows are counted: for `most common X`, of what else was spoken of."""
        if all(sorting.item is not item for sorting in self.sketch.sortings):
            return self.subject
        if item.so is not None and item.so.value_entry is not None:
            return self._rows_that_are(item.so)
        if item.verb:
            return self._table_of_verb(item.verb)
        if item.loosely and not any(not m.wanted for m in self.sketch.mentions):
            return None
        others = [m.table for m in self.sketch.mentions if m.table != self.subject]
        if others:
            return others[0]
        return None if any(m.wanted for m in self.sketch.mentions) else self.subject


def _is_rate(term: Term) -> bool:
    """`total discount`, where that is a share of each price: it adds up to nothing."""
    return term.column.aggregate == "avg" and not _SHARES.isdisjoint(words_of(term.column.name))
