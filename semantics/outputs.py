"""What is shown: numbers, columns, groups, and the order of rows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from clearway.semantics.entries import Entry, Term
from clearway.semantics.frame import Dimension, Filter, MeasureSlot, Order, Span, Step
from clearway.semantics.judgement import words_of
from clearway.semantics.scope import Scope, spoken
from clearway.semantics.sketch import GROUP, HEAD, Condition, Item, Mention, Sorting

Heads = tuple[tuple[MeasureSlot, ...], tuple[Dimension, ...]]


class OutputRules(Scope):
    """Resolves the heads, groups and sort keys of a sketch."""

    listed = False
    """Columns to show row by row were found."""
    columns: tuple[Dimension, ...] = ()
    steps: tuple[Dimension, ...] = ()
    """Steps of time to group by."""

    # ------------------------------------------------------------ heads

    def _heads(self) -> Heads:
        measures: list[MeasureSlot] = []
        attributes: list[Dimension] = []
        for item in self.sketch.heads:
            if item.everything:
                continue
            found = self._guarded(self._head, item)
            if isinstance(found, MeasureSlot):
                measures.append(found)
                self.subject = self.subject or found.table or None
            elif found:
                attributes.extend(found)
                self.subject = self.subject or found[0].column.home
        for mention in self.sketch.mentions:
            if mention.wanted and mention.region == HEAD:
                self._add_entity(mention, attributes, bool(measures))
        if measures and not self.sketch.groups and not any(m.wanted for m in self.sketch.mentions):
            self._add_up(measures, attributes)
        aggregated = {m.column for m in measures}
        kept = [a for a in attributes if a.column not in aggregated]
        self.listed = bool(kept)
        self.columns = tuple(kept)
        return tuple(measures), tuple(kept)

    def _add_up(self, measures: list[MeasureSlot], attributes: list[Dimension]) -> None:
        """`the number of invoices and the invoice total`: an amount beside a count is added up."""
        for shown in list(attributes):
            term = self.lexicon.terms[shown.column.table][shown.column.name]
            if term.column.aggregate == "sum":
                attributes.remove(shown)
                self._assume(shown.span, "its sum")
                measures.append(
                    MeasureSlot(aggregate="sum", column=term.ref, table=term.table, span=shown.span)
                )

    def _add_entity(self, mention: Mention, attributes: list[Dimension], counted: bool) -> None:
        """Show what was asked for by its name, unless columns that name it are shown anyway."""
        shown = {a.column for a in attributes}
        labels = {t.ref for t in self.lexicon.labels.get(mention.table, ())}
        if shown & labels or (shown and not labels):
            return
        attributes[:0] = self._entity(mention.table, mention.span, counted)

    def _entity(self, table: str, span: Span, counted: bool) -> list[Dimension]:
        """Return what a row of a table is shown as: its name, else its key or all of it."""
        self.used.add(table)
        terms = self.lexicon.labels.get(table, ())
        if not terms:
            terms = self._keys(table) if counted else tuple(self.lexicon.terms[table].values())
        return [Dimension(column=t.ref, identifies=True, span=span) for t in terms]

    def _head(self, item: Item) -> MeasureSlot | list[Dimension]:
        if item.aggregate is not None:
            return self._measure(item)
        if item.entry is None:
            term = self._item_concept(item)
            self.used.add(term.table)
            return [Dimension(column=term.ref, span=item.span)]
        if item.entry.measures and item.owner is None:
            return self._measure(item)
        mention = self._mention_of(item.entry)
        if mention is not None and item.owner is None:
            return self._named_thing(item, mention)
        terms = self._terms(item.entry, item.span, self._contexts(item.owner))
        term = terms[0]
        self.used.add(term.table)
        if len(terms) == 1 and term.column.role == "measure" and self._analytic(term):
            return self._slot(term, term.column.aggregate or "sum", item)
        if item.share:
            raise self._unclear(item.span)
        return [
            Dimension(column=self._own_key(t).ref, identifies=_stands_for_row(t), span=item.span)
            for t in terms
        ]

    def _own_key(self, term: Term) -> Term:
        """A key that only points to what is asked about is its key (`support rep id`)."""
        if self.subject is None or term.table == self.subject:
            return term
        for key in self._table(term.table).foreign_keys:
            if (
                key.columns == (term.column.name,)
                and f"{key.to_schema}.{key.to_table}" == self.subject
            ):
                return self.lexicon.terms[self.subject].get(key.to_columns[0], term)
        return term

    def _mention_of(self, entry: Entry) -> Mention | None:
        return next((m for m in self.sketch.mentions if m.entry is entry), None)

    def _named_thing(self, item: Item, mention: Mention) -> list[Dimension]:
        """A word that is a table and a column: the column of another table, else the thing."""
        assert item.entry is not None  # noqa: S101 - checked by the caller
        others = [m.table for m in self.sketch.mentions if m.table != mention.table]
        own = [] if self.lexicon.labels.get(mention.table) else [mention.table]
        for table in (*others, *own):
            found = self._in_table(item.entry, item.span, table, 1) if item.entry.columns else ()
            if found and not self._points_to(found[0], mention.table):
                self.used.add(table)
                mention.wanted = mention.wanted and not others
                return [Dimension(column=t.ref, span=item.span) for t in found]
        return self._entity(mention.table, item.span, False)

    def _points_to(self, term: Term, table: str) -> bool:
        """Whether a column is a key of another table: the thing itself is meant, not its key."""
        return any(
            key.columns == (term.column.name,) and f"{key.to_schema}.{key.to_table}" == table
            for key in self._table(term.table).foreign_keys
        )

    def _analytic(self, term: Term) -> bool:
        """Whether a bare number is asked for as a whole, not row by row."""
        sketch = self.sketch
        if any(s.item is not None and s.item.concept for s in sketch.sortings):
            return False
        named = [c.value_entry for c in sketch.conditions if c.value_entry is not None]
        if any(t.label and t.table == term.table for entry in named for t in entry.values):
            return False
        own = {
            i.owner.table
            for i in sketch.groups
            if i.owner is not None and not (i.per and not self.lexicon.labels.get(i.owner.table))
        }
        if term.table in own and not any(i.aggregate for i in sketch.heads):
            return False
        return bool(sketch.groups or sketch.periods) or not sketch.mentions

    def _slot(self, term: Term, aggregate: str, item: Item) -> MeasureSlot:
        self.used.add(term.table)
        return MeasureSlot(
            aggregate=aggregate,  # type: ignore[arg-type] # from a closed table
            column=term.ref,
            table=term.table,
            share=item.share,
            span=item.span,
        )

    # ------------------------------------------------------------ measures

    def _measure(self, item: Item) -> MeasureSlot:
        entry = item.entry
        if entry is not None and entry.measures and item.aggregate in (None, "sum", "avg"):
            if len(entry.measures) > 1:
                raise self._unclear(item.span)
            measure = entry.measures[0]
            self.used.add(measure.table)
            return MeasureSlot(
                named=measure.name, table=measure.table, share=item.share, span=item.span
            )
        if item.aggregate == "count":
            return self._count(item)
        if item.counted is not None:
            return self._total(item)
        if entry is None:
            term = self._item_concept(item)
        else:
            term = self._one(entry, item.span, self._contexts(item.owner))
        if item.aggregate in ("sum", "avg") and not (term.number and term.column.role != "key"):
            raise self._unclear(item.span)
        return self._slot(term, item.aggregate or "sum", item)

    def _total(self, item: Item) -> MeasureSlot:
        """`total tracks` counts what has a name; `total sales` adds up the one number they have."""
        table = item.counted.table if item.counted is not None else ""
        if not table:
            raise self._unclear(item.span)
        self.used.add(table)
        if item.aggregate == "sum" and self.lexicon.labels.get(table):
            return MeasureSlot(aggregate="count", table=table, share=item.share, span=item.span)
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
        return MeasureSlot(aggregate="count", table=table, share=item.share, span=item.span)

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
        said = sketch.conditions or sketch.periods or sketch.groups or sketch.verbs
        if said or sketch.happened or item.share or len(sketch.mentions) > 1:
            self._assume(item.span, f"rows of {spoken(table)}")
            return None
        return kinds[0]

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
        if item.verb:
            return self._table_of_verb(item.verb)
        if item.loosely and not any(not m.wanted for m in self.sketch.mentions):
            return None
        others = [m.table for m in self.sketch.mentions if m.table != self.subject]
        if others:
            return others[0]
        return None if any(m.wanted for m in self.sketch.mentions) else self.subject

    # ------------------------------------------------------------ groups

    def _divided(self, measures: tuple[MeasureSlot, ...]) -> tuple[MeasureSlot, ...]:
        """`revenue per unit`, `revenue per sale`: one number over another, or over the rows."""
        for item in list(self.sketch.groups):
            over = self._divisor(item, measures) if item.per and item.entry is not None else None
            if over is None:
                continue
            whole = all(m.aggregate == "sum" and not m.named and not m.over for m in measures)
            if len(measures) != 1 or not whole:
                raise self._unclear(item.span)
            self.sketch.groups.remove(item)
            measures = (replace(measures[0], over=over),)
        return measures

    def _divisor(self, item: Item, measures: Sequence[MeasureSlot]) -> MeasureSlot | None:
        assert item.entry is not None  # noqa: S101 - checked by the caller
        if not measures or item.grain is not None or measures[0].aggregate not in ("sum", "count"):
            return None
        table = item.owner.table if item.owner is not None else ""
        if table and item.owner is not None and item.entry is item.owner.entry:
            same = table == measures[0].table and not self.lexicon.labels.get(table)
            return MeasureSlot(aggregate="count", table=table) if same else None
        term = self._terms(item.entry, item.span, self._contexts(item.owner))[0]
        if term.table != measures[0].table or term.column.aggregate != "sum":
            return None
        return MeasureSlot(aggregate="sum", column=term.ref, table=term.table)

    def _groups(self, measured: bool) -> tuple[Dimension, ...]:
        found: list[Dimension] = []
        for item in list(self.sketch.groups):
            if not measured and self._guarded(self._sorts, item):
                continue
            found.extend(self._guarded(self._group, item, measured) or ())
        self.steps = tuple(d for d in found if d.grain is not None)
        return tuple(found)

    def _sorts(self, item: Item) -> bool:
        """`doctors by salary`: rows are not grouped by a number, they are put in its order."""
        listed = any(m.wanted for m in self.sketch.mentions) or self.listed
        if item.each or item.grain is not None or item.entry is None or not listed:
            return False
        if item.entry.tables or self.sketch.breakdown:
            return False
        term = self._terms(item.entry, item.span, self._contexts(item.owner))[0]
        if term.column.role != "measure" or term.table != self.subject or term.state:
            return False
        self.sketch.groups.remove(item)
        waiting = [s for s in self.sketch.sortings if s.item is None and not s.by_label]
        if waiting:
            waiting[0].item = item
        else:
            self.sketch.sortings.append(Sorting(item.span, item))
        return True

    def _group(self, item: Item, measured: bool) -> list[Dimension]:
        if item.grain is not None:
            return [self._by_time(item)]
        entry = item.entry
        assert entry is not None  # noqa: S101 - groups without a grain have one
        if item.owner is None or entry is not item.owner.entry:
            terms = self._terms(entry, item.span, self._contexts(item.owner))
            self.used.update(t.table for t in terms)
            return [
                Dimension(column=t.ref, identifies=_stands_for_row(t), span=item.span)
                for t in terms
            ]
        table = item.owner.table
        if not table:
            return []
        named = self._in_table(entry, item.span, table, 1) if entry.columns else ()
        if named and not self.lexicon.labels.get(table):
            self.used.add(table)
            return [Dimension(column=t.ref, span=item.span) for t in named]
        told = self.listed and not any(d.column.via for d in self.columns)
        if not measured and self.subject == table and told:
            return []
        return self._entity(table, item.span, measured)

    def _by_time(self, item: Item) -> Dimension:
        table = self.subject or self._ranked_by()
        if table is None:
            raise self._unclear(item.span)
        name = self._table(table).time_column
        if name is not None and name in self.lexicon.terms[table]:
            return self._step(self.lexicon.terms[table][name], item.grain, item.span)
        if item.entry is not None and item.entry.columns.get(table):
            return Dimension(
                column=self._in_table(item.entry, item.span, table)[0].ref, span=item.span
            )
        raise self._unclear(item.span)

    def _step(self, term: Term, grain: Step | None, span: Span) -> Dimension:
        """Steps of time, as the asker's calendar cuts them."""
        zone = "UTC" if term.column.type == "date" else self.zone
        shift = self.calendar.shift_of(grain) if grain else 0
        return Dimension(column=term.ref, grain=grain, zone=zone, shift=shift, span=span)

    def _ranked_by(self) -> str | None:
        """`the month with the highest revenue`: it is about the rows that revenue is of."""
        for sorting in self.sketch.sortings:
            if sorting.item is not None:
                order = self._order(sorting, ())
                if order.measure is not None:
                    return order.measure.table or None
        for condition in self.sketch.conditions:
            if condition.entry is not None and condition.entry.columns:
                return self._terms(condition.entry, condition.span, ())[0].table
        return None

    # ------------------------------------------------------------ order

    def _order(self, sorting: Sorting, measures: Sequence[MeasureSlot]) -> Order:
        item = sorting.item
        if item is None:
            return self._order_without_item(sorting, measures)
        row = self._row_number(item, measures)
        if row is not None:
            return Order(column=row.ref, descending=sorting.descending, span=sorting.span)
        if item.aggregate is not None or (item.entry is not None and item.entry.measures):
            return self._by_measure(sorting, self._measure(item), measures)
        if item.entry is None:
            term = self._item_concept(item)
            self.used.add(term.table)
            descending = sorting.descending
            if item.concept == "age" and term.number and words_of(term.column.name)[-1] == "age":
                descending = not descending
            return Order(column=term.ref, descending=descending, span=sorting.span)
        term = self._terms(item.entry, item.span, self._contexts(item.owner))[0]
        self.used.add(term.table)
        if term.column.role == "measure" and self._summed(item, term, measures):
            slot = self._slot(term, term.column.aggregate or "sum", item)
            return self._by_measure(sorting, slot, measures)
        if sorting.superlative and not (term.number or term.time):
            raise self._unclear(sorting.span)
        return Order(column=term.ref, descending=sorting.descending, span=sorting.span)

    def _row_number(self, item: Item, measures: Sequence[MeasureSlot]) -> Term | None:
        """`shops by number of products`, where that is a column of shops."""
        if item.aggregate != "count" or item.entry is None or item.counted or measures:
            return None
        term = self._one(item.entry, item.span, self._contexts(item.owner))
        if term.table != self.subject or term.column.role != "measure" or not self.listed:
            return None
        self.used.add(term.table)
        return term

    def _by_measure(
        self, sorting: Sorting, slot: MeasureSlot, measures: Sequence[MeasureSlot]
    ) -> Order:
        """Sort by a number; by the one asked for, where it is the same."""
        same = next((m for m in measures if replace(m, span=slot.span, share=False) == slot), slot)
        return Order(measure=same, descending=sorting.descending, span=sorting.span)

    def _summed(self, item: Item, term: Term, measures: Sequence[MeasureSlot]) -> bool:
        """Whether a number sorts groups, not rows: rows of its own table are not what is listed."""
        if measures:
            return True
        if not (self.columns or self.sketch.groups or any(m.wanted for m in self.sketch.mentions)):
            return False
        if item.owner is not None and item.owner.table != self.subject:
            return False
        rows = any(m.wanted or m.region in (HEAD, GROUP) for m in self.sketch.mentions)
        return not (rows and self.subject == term.table)

    def _order_without_item(self, sorting: Sorting, measures: Sequence[MeasureSlot]) -> Order:
        if sorting.by_label:
            labels = self.lexicon.labels.get(self.subject or "", ())
            if not labels:
                raise self._unclear(sorting.span)
            return Order(column=labels[0].ref, descending=sorting.descending, span=sorting.span)
        if not measures and len(self.columns) == 1 and not sorting.superlative:
            column = self.columns[0].column
            return Order(column=column, descending=sorting.descending, span=sorting.span)
        if sorting.timely and len(self.steps) == 1:
            column = self.steps[0].column
            return Order(column=column, descending=sorting.descending, span=sorting.span)
        if sorting.timely and not measures:
            term = self._concept("time", None, sorting.span)
            return Order(column=term.ref, descending=sorting.descending, span=sorting.span)
        if len(measures) != 1 or sorting.timely:
            raise self._unclear(sorting.span)
        return Order(measure=measures[0], descending=sorting.descending, span=sorting.span)

    def _explicit(self) -> bool:
        """Whether the columns to show were listed (`the names of ...`)."""
        headed = any(m.region == HEAD and not m.wanted for m in self.sketch.mentions)
        return any(
            item.aggregate is None
            and item.entry is not None
            and (item.owner is not None or item.entry.generic or headed)
            for item in self.sketch.heads
        )


def _stands_for_row(term: Term) -> bool:
    """Whether a column is the name of the row a key points to."""
    return term.label and bool(term.ref.via)
