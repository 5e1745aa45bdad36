"""What is asked for: numbers, columns, and things by their names."""

from __future__ import annotations

from clearway.semantics.frame import Dimension, MeasureSlot, Span
from clearway.semantics.parsing.entries import Entry, Term
from clearway.semantics.parsing.naming import is_said_as_verb
from clearway.semantics.parsing.sketch import HEAD, Item, Mention
from clearway.semantics.resolving.measures import MeasureRules
from clearway.semantics.words.tokens import singular

Heads = tuple[tuple[MeasureSlot, ...], tuple[Dimension, ...]]


class HeadRules(MeasureRules):
    """Resolves the heads of a sketch."""

    listed = False
    """Columns to show row by row were found."""

    columns: tuple[Dimension, ...] = ()

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
            if not (self.sketch.groups or self.sketch.periods) and self.sketch.mentions:
                self._assume(item.span, "its sum")
            return self._slot(term, term.column.aggregate or "sum", item)
        if item.share or self._either_way(item, term):
            raise self._unclear(item.span)
        if self.sketch.person:
            terms = self._whom(item, term) or terms
        return [
            Dimension(column=self._own_key(t).ref, identifies=stands_for_row(t), span=item.span)
            for t in terms
        ]

    def _whom(self, item: Item, term: Term) -> tuple[Term, ...]:
        """`whom does Ada report to`: the name of the row a key leads to, not the key."""
        assert item.entry is not None  # noqa: S101 - checked by the caller
        named = [t for t in item.entry.columns.get(term.table, {}) if t.ref.via and t.label]
        verbal = is_said_as_verb(item.entry.phrase.split())
        return tuple(t for t in named if verbal and t.ref.via == f"{term.table}.{term.column.name}")

    def _either_way(self, item: Item, term: Term) -> bool:
        """`amount of online sales`: of all together or of each, where no row has a name."""
        owner = item.owner
        if owner is None or owner.table != term.table or owner.wanted or self.sketch.sortings:
            return False
        if term.column.aggregate != "sum" or self.lexicon.labels.get(term.table):
            return False
        one = all(singular(word) == word for word in self._said(item.span).lower().split())
        return one and not any(i is not item for i in self.sketch.heads)

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
                mention.wanted = mention.wanted and table not in others
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
        labels = set(self.lexicon.labels.get(term.table, ()))
        beside = (i.entry.columns.get(term.table, {}) for i in sketch.heads if i.entry)
        if any(not labels.isdisjoint(owned) for owned in beside):
            # `plan names and monthly fees`: row by row.
            return False
        own = {
            i.owner.table
            for i in sketch.groups
            if i.owner is not None and not (i.per and not self.lexicon.labels.get(i.owner.table))
        }
        if term.table in own and not any(i.aggregate for i in sketch.heads):
            return False
        if sketch.groups or sketch.periods or not sketch.mentions:
            return True
        return self._of_restricted_rows(term)

    def _holds(self, table: str, other: str) -> bool:
        """Whether rows of a table are, or each belong to one of, those of another."""
        return table == other or bool(self.joins.paths(table, other, to_one=True))

    def _of_restricted_rows(self, term: Term) -> bool:
        """`revenue from sales of at most two units`: of all of them together.

        Rows that have a name are told one by one, and so is what is to be listed.
        """
        sketch = self.sketch
        if self.lexicon.labels.get(term.table) or not all(
            _adds_up(item, term.table) for item in sketch.heads
        ):
            return False
        asked = any(
            m.wanted or not (m.table and self._holds(term.table, m.table)) for m in sketch.mentions
        )
        listed = self.text.lower().startswith("list") or bool(sketch.sortings)
        return not (asked or listed) and bool(sketch.conditions)


def _adds_up(item: Item, table: str) -> bool:
    """Whether a number of these very rows is asked for that adds up, and nothing else of them."""
    owned = item.entry.columns.get(table, {}) if item.entry is not None else {}
    bare = item.owner is None and item.aggregate in (None, "sum")
    best = min(owned.values(), default=0)
    meant = [term for term, strength in owned.items() if strength == best]
    return bare and [term.column.aggregate for term in meant] == ["sum"]


def stands_for_row(term: Term) -> bool:
    """Whether a column is the name of the row a key points to."""
    return term.label and bool(term.ref.via)
