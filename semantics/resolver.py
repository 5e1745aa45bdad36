"""Give every name in a Sketch its table and column, and make the Frame of it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from clearway.semantics.frame import (
    Aggregate,
    Alternative,
    Ambiguity,
    Dimension,
    Existence,
    Filter,
    Frame,
    Leftover,
    MeasureSlot,
    Order,
    Period,
    Scalar,
    Span,
)
from clearway.semantics.joins import JoinGraph
from clearway.semantics.lexicon import Entry, Lexicon, Term
from clearway.semantics.sketch import COND, HEAD, Condition, Item, Mention, Sketch, Sorting
from clearway.semantics.tokens import words_of_text

_CONCEPTS = {
    "cost": frozenset("price cost amount total fee rate charge value".split()),
    "long": frozenset(
        "length duration runtime time elapsed millisecond second minute hour".split()
    ),
    "size": frozenset("size weight height width depth".split()),
    "speed": frozenset("runtime duration latency elapsed time speed".split()),
    "age": frozenset("birth birthdate birthday dob born age".split()),
}


class Unclear(Exception):
    """Raised inside the resolver where words cannot be settled; becomes part of the Frame."""

    def __init__(self, word: str, span: Span, alternatives: Sequence[Alternative] = ()) -> None:
        super().__init__(word)
        self.word = word
        self.span = span
        self.alternatives = tuple(alternatives)


class Resolver:
    """One sketch, one lexicon, one Frame."""

    def __init__(
        self, text: str, sketch: Sketch, lexicon: Lexicon, joins: JoinGraph, zone: str
    ) -> None:
        self.text = text
        self.sketch = sketch
        self.lexicon = lexicon
        self.joins = joins
        self.zone = zone
        self.assumptions: list[str] = []
        self.leftover: list[Leftover] = [Leftover(word=w, span=s) for w, s in sketch.loose]
        self.leftover += [Leftover(word=w, span=s, matters=False) for w, s in sketch.passed]
        self.ambiguities: list[Ambiguity] = []
        self.extra_filters: list[Filter] = []
        self.subject: str | None = None
        self._listed = False
        self.used: set[str] = set()

    def frame(self) -> Frame:
        """Return the Frame; what cannot be settled is left over or ambiguous in it."""
        sketch = self.sketch
        for mention in sketch.mentions:
            self._guarded(self._resolve_mention, mention)
        sketch.mentions = [m for m in sketch.mentions if m.table]
        self.subject = self._subject()
        measures, attributes = self._heads()
        self._listed = bool(attributes)
        dimensions = self._groups(bool(measures))
        if measures:
            attributes, dimensions = (), (*dimensions, *attributes)
        else:
            attributes, dimensions = (*attributes, *dimensions), ()
        order = tuple(o for s in sketch.sortings if (o := self._guarded(self._order, s, measures)))
        if not measures and any(o.measure for o in order):
            attributes, dimensions = (), attributes
            if not self._explicit():
                measures = tuple(o.measure for o in order if o.measure is not None)
        filters, existence = self._conditions()
        period = self._guarded(self._period, measures)
        return Frame(
            text=self.text,
            subject=self.subject,
            everything=any(item.everything for item in sketch.heads),
            measures=measures,
            attributes=_unique(attributes),
            dimensions=_unique(dimensions),
            filters=(*filters, *self.extra_filters),
            period=period,
            existence=existence,
            order=order,
            limit=sketch.limit,
            distinct=sketch.distinct,
            scope="mine" if sketch.mine else None,
            presentation="chart" if sketch.presentation == "chart" else None,
            assumptions=tuple(dict.fromkeys(self.assumptions)),
            leftover=tuple(self.leftover),
            ambiguities=tuple(self.ambiguities),
        )

    def _guarded(self, step, *args):  # type: ignore[no-untyped-def]
        try:
            return step(*args)
        except Unclear as unclear:
            if unclear.alternatives:
                self.ambiguities.append(
                    Ambiguity(
                        word=unclear.word, span=unclear.span, alternatives=unclear.alternatives
                    )
                )
            else:
                self.leftover.append(Leftover(word=unclear.word, span=unclear.span))
            return None

    # ------------------------------------------------------------ tables

    def _resolve_mention(self, mention: Mention) -> None:
        tables = mention.entry.tables
        best = min(tables.values())
        found = [t for t, strength in tables.items() if strength == best]
        if len(found) > 1:
            found = [t for t in found if self.lexicon.tables[t].kind != "view"] or found
        if len(found) > 1:
            schema = self.lexicon.catalog.default_schema
            found = [t for t in found if self.lexicon.tables[t].schema == schema] or found
        if len(found) > 1:
            raise Unclear(mention.entry.phrase, mention.span)
        if best == 3:
            self.assumptions.append(
                f"{self._said(mention.span)!r} means {found[0].partition('.')[2]}"
            )
        mention.table = found[0]

    def _said(self, span: Span) -> str:
        return self.text[span[0] : span[1]]

    def _subject(self) -> str | None:
        sketch = self.sketch
        wanted = [m for m in sketch.mentions if m.wanted and m.region == HEAD]
        owners = [i.owner for i in sketch.heads if i.owner is not None and i.owner.table]
        headed = [m for m in sketch.mentions if m.region == HEAD]
        grouped = [i.owner for i in sketch.groups if i.owner is not None and i.owner.table]
        counted = {id(i.counted) for i in sketch.heads if i.counted is not None}
        named = [m for m in headed if id(m) not in counted]
        for found in (wanted, owners, grouped, named, headed, sketch.mentions):
            if found:
                return found[0].table
        return None

    # ------------------------------------------------------------ columns

    def _contexts(self, *mentions: Mention | None) -> list[str]:
        tables = [m.table for m in mentions if m is not None and m.table]
        if self.subject is not None:
            tables.append(self.subject)
        tables += [m.table for m in self.sketch.mentions]
        return list(dict.fromkeys(tables))

    def _terms(self, entry: Entry, span: Span, contexts: Sequence[str]) -> tuple[Term, ...]:
        """Return the column an entry means here: in the tables spoken of, else the nearest."""
        for table in contexts:
            found = self._in_table(entry, span, table)
            if found:
                return found
        return self._elsewhere(entry, span, contexts)

    def _in_table(self, entry: Entry, span: Span, table: str, weakest: int = 2) -> tuple[Term, ...]:
        owned = entry.columns.get(table, {})
        if owned:
            best = min(owned.values())
            found = [term for term, strength in owned.items() if strength == best]
            if best <= weakest:
                if len(found) > 1:
                    raise Unclear(self._said(span), span, self._choices(found, span))
                return (found[0],)
        if entry.generic and entry.phrase != "id":
            return self.lexicon.labels.get(table, ())
        if entry.phrase == "id":
            key = self.lexicon.tables[table].primary_key
            return (self.lexicon.terms[table][key[0]],) if len(key) == 1 else ()
        return ()

    def _elsewhere(self, entry: Entry, span: Span, contexts: Sequence[str]) -> tuple[Term, ...]:
        ranked: list[tuple[tuple[int, int, int], Term]] = []
        near = self.joins.distances(contexts[0]) if contexts else {}
        for table, owned in entry.columns.items():
            for term, strength in owned.items():
                if contexts and table not in near and self.joins.distances(table):
                    if strength == 3 and table not in contexts:
                        continue
                is_view = self.lexicon.tables[table].kind == "view"
                ranked.append(((strength, int(is_view), near.get(table, 99)), term))
        if not ranked:
            raise Unclear(self._said(span), span)
        ranked.sort(key=lambda pair: pair[0])
        best = [term for rank, term in ranked if rank == ranked[0][0]]
        if len(best) > 1:
            raise Unclear(self._said(span), span, self._choices(best, span))
        if ranked[0][0][0] == 3:
            self.assumptions.append(f"{self._said(span)!r} means {best[0].column.name}")
        if contexts and best[0].table not in near:
            raise Unclear(self._said(span), span)
        return (best[0],)

    def _choices(self, terms: Sequence[Term], span: Span) -> tuple[Alternative, ...]:
        """Return the question rewritten with each column's full name."""
        made = []
        for term in terms[:3]:
            table = term.table.partition(".")[2].replace("_", " ")
            name = term.column.name.replace("_", " ")
            rewrite = f"{self.text[: span[0]]}{table} {name}{self.text[span[1] :]}"
            made.append(Alternative(label=f"{name} of {table}", rewrite=rewrite))
        return tuple(made)

    # ------------------------------------------------------------ what is asked for

    def _heads(self) -> tuple[tuple[MeasureSlot, ...], tuple[Dimension, ...]]:
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
                self.subject = self.subject or found[0].column.table
        for mention in self.sketch.mentions:
            if (
                mention.wanted
                and mention.region == HEAD
                and not self._has_attributes(mention, attributes)
            ):
                attributes.extend(self._entity(mention.table, mention.span, bool(measures)))
        return tuple(measures), tuple(attributes)

    def _explicit(self) -> bool:
        """Whether the columns to show were listed (`the names of ...`)."""
        headed = any(m.region == HEAD and not m.wanted for m in self.sketch.mentions)
        return any(
            item.aggregate is None
            and item.entry is not None
            and (item.owner is not None or item.entry.generic or headed)
            for item in self.sketch.heads
        )

    def _has_attributes(self, mention: Mention, attributes: Sequence[Dimension]) -> bool:
        return any(d.column.table == mention.table for d in attributes)

    def _entity(self, table: str, span: Span, counted: bool) -> list[Dimension]:
        """Return what a row of a table is shown as."""
        self.used.add(table)
        labels = self.lexicon.labels.get(table, ())
        if not labels:
            labels = tuple(self.lexicon.terms[table].values()) if not counted else self._keys(table)
        return [Dimension(column=t.ref, identifies=True, span=span) for t in labels]

    def _keys(self, table: str) -> tuple[Term, ...]:
        return tuple(self.lexicon.terms[table][k] for k in self.lexicon.tables[table].primary_key)

    def _head(self, item: Item) -> MeasureSlot | list[Dimension]:
        if item.aggregate is not None:
            return self._measure(item)
        entry = item.entry
        assert entry is not None  # noqa: S101 - heads without an aggregate have one
        if entry.measures and item.owner is None:
            return self._measure(item)
        terms = self._terms(entry, item.span, self._contexts(item.owner))
        term = terms[0]
        self.used.add(term.table)
        if len(terms) == 1 and term.column.role == "measure" and self._analytic():
            aggregate = term.column.aggregate or "sum"
            return MeasureSlot(
                aggregate=aggregate,
                column=term.ref,
                table=term.table,
                share=item.share,
                span=item.span,
            )
        if item.share:
            raise Unclear(self._said(item.span), item.span)
        return [Dimension(column=t.ref, span=item.span) for t in terms]

    def _analytic(self) -> bool:
        """Whether a bare number is asked for as a whole, not row by row."""
        sketch = self.sketch
        return bool(sketch.groups or sketch.periods) or not sketch.mentions

    def _measure(self, item: Item) -> MeasureSlot:
        aggregate = item.aggregate
        entry = item.entry
        if entry is not None and entry.measures and aggregate in (None, "sum", "avg"):
            if len(entry.measures) > 1:
                raise Unclear(self._said(item.span), item.span)
            measure = entry.measures[0]
            return MeasureSlot(
                named=measure.name, table=measure.table, share=item.share, span=item.span
            )
        if aggregate == "count":
            return self._count(item)
        if item.counted is not None:
            return self._total(item)
        if item.concept:
            term = self._concept(item)
        else:
            assert entry is not None  # noqa: S101 - aggregates come with a noun or a concept
            terms = self._terms(entry, item.span, self._contexts(item.owner))
            term = terms[0]
            if len(terms) > 1:
                raise Unclear(self._said(item.span), item.span)
        if aggregate in ("sum", "avg") and not (term.number and term.column.role != "key"):
            raise Unclear(self._said(item.span), item.span)
        self.used.add(term.table)
        return MeasureSlot(
            aggregate=aggregate, column=term.ref, table=term.table, share=item.share, span=item.span
        )

    def _total(self, item: Item) -> MeasureSlot:
        """`total tracks` counts things with a name; `total sales` adds up the one number they have."""
        assert item.counted is not None  # noqa: S101 - checked by the caller
        table = item.counted.table
        self.used.add(table)
        if item.aggregate == "sum" and self.lexicon.labels.get(table):
            return MeasureSlot(aggregate="count", table=table, share=item.share, span=item.span)
        sums = [
            t for t in self.lexicon.terms.get(table, {}).values() if t.column.aggregate == "sum"
        ]
        if len(sums) != 1:
            raise Unclear(self._said(item.span), item.span)
        return MeasureSlot(
            aggregate=item.aggregate,
            column=sums[0].ref,
            table=table,
            share=item.share,
            span=item.span,
        )

    def _count(self, item: Item) -> MeasureSlot:
        if item.entry is not None and item.counted is None:
            terms = self._terms(item.entry, item.span, self._contexts(item.owner))
            if len(terms) > 1:
                raise Unclear(self._said(item.span), item.span)
            self.used.add(terms[0].table)
            self.subject = self.subject or terms[0].table
            return MeasureSlot(
                aggregate="count_distinct",
                column=terms[0].ref,
                table=terms[0].table,
                span=item.span,
            )
        table = item.counted.table if item.counted is not None else self._rows_of(item)
        if not table:
            raise Unclear(self._said(item.span), item.span)
        self.used.add(table)
        return MeasureSlot(aggregate="count", table=table, share=item.share, span=item.span)

    def _rows_of(self, item: Item) -> str | None:
        """Return whose rows are counted: for `most common X`, what else was spoken of."""
        if item not in [s.item for s in self.sketch.sortings]:
            return self.subject
        others = [m for m in self.sketch.mentions if m.table != self.subject]
        if others:
            self.used.add(others[0].table)
            return others[0].table
        return None if any(m.wanted for m in self.sketch.mentions) else self.subject

    def _concept(self, item: Item) -> Term:
        """Return the one column an adjective such as `youngest` or `cheapest` is about."""
        for table in self._contexts(item.owner):
            terms = self.lexicon.terms[table].values()
            if item.concept == "time":
                name = self.lexicon.tables[table].time_column
                found = [self.lexicon.terms[table][name]] if name else []
            else:
                found = [t for t in terms if self._carries(t, item.concept)]
            if len(found) == 1:
                return found[0]
            if found:
                raise Unclear(self._said(item.span), item.span, self._choices(found, item.span))
        raise Unclear(self._said(item.span), item.span)

    def _carries(self, term: Term, concept: str) -> bool:
        words = set(words_of_text(term.column.name.replace("_", " ")))
        if concept == "age":
            return bool(words & _CONCEPTS["age"]) and (term.time or term.number)
        return term.number and term.column.role == "measure" and bool(words & _CONCEPTS[concept])

    def _groups(self, measured: bool) -> tuple[Dimension, ...]:
        found: list[Dimension] = []
        for item in self.sketch.groups:
            made = self._guarded(self._group, item, measured)
            found.extend(made or ())
        return tuple(found)

    def _group(self, item: Item, measured: bool) -> list[Dimension]:
        if item.grain is not None:
            return [self._by_time(item)]
        entry = item.entry
        assert entry is not None  # noqa: S101 - groups without a grain have one
        if item.owner is not None and item.owner.table and entry is item.owner.entry:
            table = item.owner.table
            named = self._in_table(entry, item.span, table, 1) if entry.columns else ()
            if named and not self.lexicon.labels.get(table):
                return [Dimension(column=t.ref, span=item.span) for t in named]
            if not measured and self.subject == table and self._listed:
                return []
            return self._entity(table, item.span, measured)
        terms = self._terms(entry, item.span, self._contexts(item.owner))
        self.used.update(t.table for t in terms)
        return [Dimension(column=t.ref, span=item.span) for t in terms]

    def _by_time(self, item: Item) -> Dimension:
        table = self.subject
        if table is None:
            raise Unclear(self._said(item.span), item.span)
        name = self.lexicon.tables[table].time_column
        if name is None or name not in self.lexicon.terms[table]:
            if item.entry is not None and item.entry.columns.get(table):
                return Dimension(
                    column=self._in_table(item.entry, item.span, table)[0].ref, span=item.span
                )
            raise Unclear(self._said(item.span), item.span)
        return Dimension(
            column=self.lexicon.terms[table][name].ref, grain=item.grain, span=item.span
        )

    # ------------------------------------------------------------ order

    def _order(self, sorting: Sorting, measures: Sequence[MeasureSlot]) -> Order:
        item = sorting.item
        if item is None:
            return self._order_without_item(sorting, measures)
        if item.aggregate is not None:
            measure = self._same(self._measure(item), measures)
            return Order(measure=measure, descending=sorting.descending, span=sorting.span)
        if item.concept:
            term = self._concept(item)
            descending = sorting.descending
            if item.concept == "age" and term.number:
                descending = not descending
            self.used.add(term.table)
            return Order(column=term.ref, descending=descending, span=sorting.span)
        entry = item.entry
        assert entry is not None  # noqa: S101 - other items have a concept or an aggregate
        if entry.measures:
            measure = self._same(self._measure(item), measures)
            return Order(measure=measure, descending=sorting.descending, span=sorting.span)
        terms = self._terms(entry, item.span, self._contexts(item.owner))
        term = terms[0]
        self.used.add(term.table)
        if term.column.role == "measure" and self._summed(term, measures):
            slot = MeasureSlot(
                aggregate=term.column.aggregate or "sum",
                column=term.ref,
                table=term.table,
                span=item.span,
            )
            return Order(
                measure=self._same(slot, measures), descending=sorting.descending, span=sorting.span
            )
        return Order(column=term.ref, descending=sorting.descending, span=sorting.span)

    def _summed(self, term: Term, measures: Sequence[MeasureSlot]) -> bool:
        """Whether a number sorts groups, not rows: rows of its own table are not what is listed."""
        if measures:
            return True
        entity = any(m.wanted or m.region == HEAD for m in self.sketch.mentions)
        return not (entity and self.subject == term.table)

    def _same(self, slot: MeasureSlot, measures: Sequence[MeasureSlot]) -> MeasureSlot:
        """Return the measure already asked for, where the sort key is that one."""
        for measure in measures:
            if replace(measure, span=slot.span, share=False) == slot:
                return measure
        return slot

    def _order_without_item(self, sorting: Sorting, measures: Sequence[MeasureSlot]) -> Order:
        if sorting.by_label:
            table = self.subject
            labels = self.lexicon.labels.get(table or "", ())
            if not labels:
                raise Unclear(self._said(sorting.span), sorting.span)
            return Order(column=labels[0].ref, descending=sorting.descending, span=sorting.span)
        if len(measures) != 1:
            raise Unclear(self._said(sorting.span), sorting.span)
        return Order(measure=measures[0], descending=sorting.descending, span=sorting.span)

    # ------------------------------------------------------------ conditions

    def _conditions(self) -> tuple[tuple[Filter, ...], tuple[Existence, ...]]:
        filters: list[tuple[Filter, Mention | None]] = []
        apart: list[Existence] = []
        for condition in self.sketch.conditions:
            made = self._guarded(self._filter, condition)
            if made is None:
                continue
            if condition.apart and made.column is not None:
                apart.append(Existence(table=made.column.table, filters=(made,), span=made.span))
            else:
                filters.append((made, condition.owner))
        plain, existence = self._existence(_alternatives(filters))
        return plain, (*existence, *apart)

    def _existence(
        self, filters: Sequence[tuple[Filter, Mention | None]]
    ) -> tuple[tuple[Filter, ...], tuple[Existence, ...]]:
        plain = list(filters)
        found: list[Existence] = []
        for mention in self.sketch.mentions:
            if not (mention.negated or mention.comparator) and not self._restricts(mention, plain):
                continue
            if mention.region == HEAD and not mention.negated and not mention.comparator:
                continue
            inner = [
                (f, o)
                for f, o in plain
                if o is mention and f.column and f.column.table == mention.table
            ]
            plain = [pair for pair in plain if pair not in inner]
            found.append(
                Existence(
                    table=mention.table,
                    negated=mention.negated,
                    comparator=mention.comparator,
                    count=mention.count,
                    filters=tuple(f for f, _ in inner),
                    span=mention.span,
                )
            )
        return tuple(f for f, _ in plain), tuple(found)

    def _restricts(
        self, mention: Mention, filters: Sequence[tuple[Filter, Mention | None]]
    ) -> bool:
        """Whether a table only mentioned must have rows: nothing else asked uses it."""
        if mention.region != COND or mention.table == self.subject or mention.table in self.used:
            return False
        return not any(f.column and f.column.table == mention.table for f, _ in filters)

    def _filter(self, condition: Condition) -> Filter:
        if condition.item is not None:
            measure = self._measure(condition.item)
            return Filter(
                measure=measure,
                comparator=condition.comparator,
                values=condition.values,
                negated=condition.negated,
                span=condition.span,
            )
        value_entry = condition.value_entry
        if value_entry is None and condition.quoted and condition.comparator == "=":
            value_entry = self._stored(condition.values[0], condition)
        if condition.entry is not None:
            term = self._compared_term(condition, condition.entry, value_entry)
        elif value_entry is not None:
            term = self._term_of_value(condition, value_entry)
        else:
            term = self._label_term(condition)
        return self._with_values(condition, term, value_entry)

    def _stored(self, said: Scalar, condition: Condition) -> Entry | None:
        """Return what quoted text is known as; not where its column is named and may hold more."""
        entry = self.lexicon.find(words_of_text(str(said)))
        if entry is None or not entry.values:
            return None
        owner = condition.owner
        labels = self.lexicon.labels.get(owner.table, ()) if owner is not None else ()
        if len(labels) == 1 and labels[0] not in entry.values and condition.entry is None:
            return None
        return entry

    def _compared_term(self, condition: Condition, entry: Entry, value: Entry | None) -> Term:
        contexts = self._contexts(condition.owner)
        if value is not None and condition.comparator in ("=", "<>"):
            for table in contexts:
                both = [t for t in entry.columns.get(table, {}) if t in value.values]
                if len(both) == 1:
                    return both[0]
            nearby = [t for owned in entry.columns.values() for t in owned if t in value.values]
            if len(nearby) == 1:
                return nearby[0]
        terms = self._terms(entry, condition.span, contexts)
        if len(terms) != 1:
            raise Unclear(self._said(condition.span), condition.span)
        return terms[0]

    def _term_of_value(self, condition: Condition, value: Entry) -> Term:
        """Return the column a stored value is in: of the tables spoken of, else the nearest."""
        contexts = self._contexts(condition.owner)
        if condition.owner is None and not contexts:
            contexts = []
        for table in contexts:
            here = [t for t in value.values if t.table == table]
            if len(here) == 1:
                return here[0]
            if here:
                raise Unclear(
                    self._said(condition.span),
                    condition.span,
                    self._choices_of_value(here, condition),
                )
        ranked = sorted(
            ((self._steps(contexts, t.table), t) for t in value.values),
            key=lambda pair: pair[0],
        )
        ranked = [pair for pair in ranked if pair[0] < 99]
        best = [t for distance, t in ranked if distance == ranked[0][0]]
        if len(best) == 1:
            return best[0]
        raise Unclear(
            self._said(condition.span), condition.span, self._choices_of_value(best, condition)
        )

    def _steps(self, contexts: Sequence[str], table: str) -> int:
        """Return how far a value's table is, over steps that lead to one row only."""
        if not contexts:
            return 0
        paths = [self.joins.paths(context, table, to_one=True) for context in contexts]
        return min((len(found[0]) for found in paths if found), default=99)

    def _choices_of_value(
        self, terms: Iterable[Term], condition: Condition
    ) -> tuple[Alternative, ...]:
        made = []
        start, end = condition.span
        for term in list(terms)[:3]:
            table = term.table.partition(".")[2].replace("_", " ")
            name = term.column.name.replace("_", " ")
            rewrite = f"{self.text[:start]}{table} {name} {self.text[start:end]}{self.text[end:]}"
            made.append(
                Alternative(
                    label=f"{self._said(condition.span)} as {name} of {table}", rewrite=rewrite
                )
            )
        return tuple(made)

    def _label_term(self, condition: Condition) -> Term:
        """A quoted value of no known column is the name of what was spoken of last."""
        labels = self.lexicon.labels.get(condition.owner.table, ()) if condition.owner else ()
        if len(labels) != 1 or not condition.quoted:
            raise Unclear(self._said(condition.span), condition.span)
        return labels[0]

    def _with_values(self, condition: Condition, term: Term, value: Entry | None) -> Filter:
        comparator = condition.comparator
        values = condition.values
        self.used.add(term.table)
        if condition.against is not None:
            if not term.number:
                raise Unclear(self._said(condition.span), condition.span)
            against = MeasureSlot(
                aggregate="avg", column=term.ref, table=term.table, span=condition.span
            )
            return Filter(
                column=term.ref, comparator=comparator, against=against, span=condition.span
            )
        if value is not None and term in value.values and comparator in ("=", "<>"):
            values = value.values[term]
            if len(values) > 1:
                comparator = "in" if comparator == "=" else "not in"
        else:
            values = tuple(self._typed(v, term, condition) for v in values)
        return Filter(
            column=term.ref,
            comparator=comparator,
            values=values,
            negated=condition.negated,
            alternative=condition.alternative,
            span=condition.span,
        )

    def _typed(self, value: Scalar, term: Term, condition: Condition) -> Scalar:
        """Return the value in its column's type; a number is not a name, a name not a number."""
        if value is None or isinstance(value, bool):
            return value
        if term.text:
            return str(value)
        if term.number:
            if isinstance(value, int | float):
                return value
            try:
                return float(value) if "." in value else int(value)
            except ValueError:
                raise Unclear(self._said(condition.span), condition.span) from None
        raise Unclear(self._said(condition.span), condition.span)

    # ------------------------------------------------------------ time

    def _period(self, measures: Sequence[MeasureSlot]) -> Period | None:
        sketch = self.sketch
        if not sketch.periods:
            if sketch.compared:
                raise Unclear("compared", (0, 0))
            return None
        stretch, span = sketch.periods[0]
        if len(sketch.periods) > 1 or sketch.compared:
            raise Unclear(self._said(sketch.periods[-1][1]), sketch.periods[-1][1])
        table = next((m.table for m in measures if m.table), None) or self.subject
        if table is None:
            raise Unclear(self._said(span), span)
        term = self._time_term(table)
        if term is None:
            year = self._year_term(table)
            if year is None or stretch.year is None:
                raise Unclear(self._said(span), span)
            self.extra_filters.append(
                Filter(column=year.ref, comparator="=", values=(stretch.year,), span=span)
            )
            return None
        self.used.add(term.table)
        return Period(
            start=stretch.start,
            end=stretch.end,
            column=term.ref,
            zone=self.zone,
            label=stretch.label,
            span=span,
        )

    def _time_term(self, table: str) -> Term | None:
        terms = self.lexicon.terms[table]
        for _, _, entry in self.sketch.verbs:
            named = [t for t in (entry.columns.get(table, {}) if entry else {}) if t.time]
            if len(named) == 1:
                return named[0]
        name = self.lexicon.tables[table].time_column
        return terms.get(name) if name else None

    def _year_term(self, table: str) -> Term | None:
        years = [
            t
            for t in self.lexicon.terms[table].values()
            if t.number and t.column.name.lower().endswith("year")
        ]
        return years[0] if len(years) == 1 else None


def _unique(dimensions: Iterable[Dimension]) -> tuple[Dimension, ...]:
    """Drop repeats; the first one said stays."""
    kept: dict[tuple[object, object], Dimension] = {}
    for dimension in dimensions:
        kept.setdefault((dimension.column, dimension.grain), dimension)
    return tuple(kept.values())


def _alternatives(
    filters: Sequence[tuple[Filter, Mention | None]],
) -> list[tuple[Filter, Mention | None]]:
    """Join alternatives for one column into one IN."""
    merged: list[tuple[Filter, Mention | None]] = []
    for found, owner in filters:
        if found.alternative and found.comparator in ("=", "in") and merged:
            last, last_owner = merged[-1]
            if last.alternative == found.alternative and last.column == found.column:
                joined = replace(
                    last,
                    comparator="in",
                    values=(*last.values, *found.values),
                    span=(last.span[0], found.span[1]),
                )
                merged[-1] = (joined, last_owner)
                continue
        merged.append((found, owner))
    return merged
