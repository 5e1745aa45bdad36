"""What restricts the rows: filters, related rows that must or must not be, and time."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from clearway.semantics.entries import Entry, Term
from clearway.semantics.events import LIGHT, EventRules, Owned
from clearway.semantics.frame import (
    Alternative,
    ColumnRef,
    Comparator,
    Dimension,
    Existence,
    Filter,
    MeasureSlot,
    Scalar,
    Span,
)
from clearway.semantics.judgement import is_text, words_of
from clearway.semantics.scope import Unclear, spoken, spoken_column
from clearway.semantics.sketch import COND, Condition, Item, Mention
from clearway.semantics.tokens import singular, words_of_text

_SECONDS = {
    "millisecond": 0.001, "ms": 0.001, "second": 1, "sec": 1, "s": 1, "minute": 60, "min": 60,
    "hour": 3600, "hr": 3600, "day": 86_400, "week": 604_800,
}  # fmt: skip


_ORDERED = frozenset([">", "<", ">=", "<="])


class RestrictionRules(EventRules):
    """Resolves the conditions and periods of a sketch."""

    def _conditions(
        self, shown: Sequence[Dimension]
    ) -> tuple[tuple[Filter, ...], tuple[Existence, ...]]:
        filters: list[Owned] = []
        apart: list[Existence] = []
        for condition in self.sketch.conditions:
            for made in self._guarded(self._filters_of, condition) or ():
                if self._but_not(condition, made, shown):
                    filters = [(self._has_some(f, made), o) for f, o in filters]
                    filters.append((self._so_many_of_them(made, ("=", 0)), None))
                elif condition.times is not None and self._of_groups(made, shown):
                    filters.append((self._so_many_of_them(made, condition.times), None))
                elif condition.times not in (None, ("=", 0)):
                    self._guarded(self._refuse, condition.span)
                elif self._means_total(condition, made, shown):
                    filters.append((self._of_totals(made), None))
                elif condition.apart and made.column is not None:
                    apart.append(
                        Existence(table=made.column.table, filters=(made,), span=made.span)
                    )
                else:
                    filters.append((made, condition.owner))
        for mention in self.sketch.mentions:
            if mention.repeated and any(
                f"{k.to_schema}.{k.to_table}" == mention.table
                for k in self._table(mention.table).foreign_keys
            ):
                self._guarded(self._refuse, mention.span)
        restricted = self._guarded(self._existence, self._over_the_event(_merged(filters)), shown)
        plain, existence = restricted or ((), ())
        lacking = self._guarded(self._happenings) or ((), ())
        done = self._guarded(self._predicates) or ((), ())
        return (*plain, *lacking[0], *done[0]), (
            *existence,
            *lacking[1],
            *done[1],
            *self.beyond,
            *apart,
        )

    def _refuse(self, span: Span) -> None:
        raise self._unclear(span)

    def _existence(
        self, filters: Sequence[Owned], shown: Sequence[Dimension]
    ) -> tuple[tuple[Filter, ...], tuple[Existence, ...]]:
        plain = list(filters)
        found: list[Existence] = []
        for mention in self.sketch.mentions:
            if mention.comparator is not None and self._counts_groups(mention, shown):
                plain.append((self._having(mention), None))
                continue
            if not (mention.negated or mention.comparator) and not self._restricts(mention, plain):
                continue
            inner = [p for p in plain if p[1] is mention and self._is_inside(p[0], mention)]
            plain = [pair for pair in plain if pair not in inner]
            if mention.negated and self._of_its_groups(mention, shown):
                plain.append((self._none_of(mention, [f for f, _ in inner]), None))
                continue
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

    def _none_of(self, mention: Mention, inner: Sequence[Filter]) -> Filter:
        """`regions without sales in 2024`: groups none of whose rows are so."""
        if not (inner or self.sketch.periods):
            raise self._unclear(mention.span)
        count = MeasureSlot(
            aggregate="count", table=mention.table, where=tuple(inner), span=mention.span
        )
        return Filter(measure=count, comparator="=", values=(0,), span=mention.span)

    def _is_inside(self, found: Filter, mention: Mention) -> bool:
        """Whether a condition is on rows of a mention, or on rows those belong to."""
        if found.column is None or found.alternative:
            return False
        return bool(self.joins.paths(mention.table, found.column.table, to_one=True))

    def _of_groups(self, found: Filter, shown: Sequence[Dimension]) -> bool:
        """Whether `never` is said of groups of the very rows that are restricted."""
        if found.column is None or not shown:
            return False
        table = found.column.table
        return all(d.column.table == table and not d.identifies for d in shown)

    def _but_not(self, condition: Condition, found: Filter, shown: Sequence[Dimension]) -> bool:
        """`sold in Europe but not in Asia`: groups with rows of one kind and none of the other."""
        if not (found.negated and found.comparator in ("=", "in")) or condition.alternative:
            return False
        same = any(
            c is not condition and not c.negated and c.comparator == "=" and self._also(c, found)
            for c in self.sketch.conditions
        )
        return same and self._of_groups(found, shown)

    def _also(self, condition: Condition, found: Filter) -> bool:
        value = condition.value_entry
        return value is not None and any(term.ref == found.column for term in value.values)

    def _has_some(self, found: Filter, other: Filter) -> Filter:
        """A condition on the same column holds for some rows of a group, not for all."""
        if found.column != other.column or found.negated:
            return found
        return self._so_many_of_them(found, (">", 0))

    def _means_total(self, condition: Condition, found: Filter, shown: Sequence[Dimension]) -> bool:
        """`which regions had revenue above 1000`: of all their rows, where none was spoken of."""
        if found.column is None or found.against is not None or condition.owner is not None:
            return False
        term = self.lexicon.terms[found.column.table][found.column.name]
        kinds = self._of_groups(found, shown) and all(self._is_kind(d) for d in shown)
        return (
            kinds
            and (found.comparator in _ORDERED or found.comparator == "between")
            and term.column.aggregate == "sum"
            and not any(item.aggregate for item in self.sketch.heads)
            and not any(m.table == found.column.table for m in self.sketch.mentions)
        )

    def _is_kind(self, shown: Dimension) -> bool:
        """Whether many rows share a value, as they do a region or a month."""
        term = self.lexicon.terms[shown.column.table][shown.column.name]
        return shown.grain is not None or (term.column.role == "dimension" and not term.label)

    def _of_totals(self, found: Filter) -> Filter:
        assert found.column is not None  # noqa: S101 - checked by the caller
        ref = found.column
        self._assume(found.span, f"the sum of its {ref.name.replace('_', ' ')}")
        total = MeasureSlot(aggregate="sum", column=ref, table=ref.table, span=found.span)
        return replace(found, column=None, measure=total)

    def _so_many_of_them(self, found: Filter, times: tuple[Comparator, int]) -> Filter:
        """`products never sold in Europe`: groups none of whose rows are so."""
        assert found.column is not None  # noqa: S101 - checked by the caller
        where = (replace(found, negated=False),)
        count = MeasureSlot(
            aggregate="count", table=found.column.table, where=where, span=found.span
        )
        return Filter(measure=count, comparator=times[0], values=(times[1],), span=found.span)

    def _counts_groups(self, mention: Mention, shown: Sequence[Dimension]) -> bool:
        """`products with more than 3 sales`: groups of the rows that are counted."""
        return not mention.negated and self._of_its_groups(mention, shown)

    def _of_its_groups(self, mention: Mention, shown: Sequence[Dimension]) -> bool:
        return bool(shown) and all(
            d.column.table == mention.table and not d.identifies for d in shown
        )

    def _having(self, mention: Mention) -> Filter:
        slot = MeasureSlot(aggregate="count", table=mention.table, span=mention.span)
        assert mention.comparator is not None  # noqa: S101 - checked by the caller
        return Filter(
            measure=slot, comparator=mention.comparator, values=(mention.count,), span=mention.span
        )

    def _restricts(self, mention: Mention, filters: Sequence[Owned]) -> bool:
        """Whether a table only mentioned must have rows: nothing else asked uses it."""
        if any(i.owner is mention and i.entry is not mention.entry for i in self.sketch.heads):
            # `aircraft models`: it only says whose models.
            return False
        if mention.table in self.used and not any(
            o is mention and self._is_nested(f, mention) for f, o in filters
        ):
            return False
        return not any(f.column and f.column.table == mention.table for f, _ in filters) or any(
            o is mention and self._is_nested(f, mention) for f, o in filters
        )

    def _is_nested(self, found: Filter, mention: Mention) -> bool:
        """Whether a condition is on something of a related row (`borrowed a fantasy book`)."""
        if found.column is None or mention.region != COND or mention.table == self.subject:
            return False
        if self.subject and self.joins.paths(self.subject, mention.table, to_one=True):
            return False
        return found.column.table != mention.table and self._is_inside(found, mention)

    # ------------------------------------------------------------ one condition

    def _filters_of(self, condition: Condition) -> tuple[Filter, ...]:
        if condition.item is not None:
            measure = self._measure(condition.item)
            return (
                Filter(
                    measure=measure,
                    comparator=condition.comparator,
                    values=condition.values,
                    negated=condition.negated,
                    span=condition.span,
                ),
            )
        value = condition.value_entry
        waiting = self._not_yet(condition) if value is not None else None
        if waiting is not None:
            return (Filter(column=waiting.ref, comparator="is null", span=condition.span),)
        if value is not None and value.parts and condition.entry is None:
            return self._stored_parts(condition, value)
        if value is None and condition.quoted and condition.comparator in ("=", "<>"):
            value = self._stored(condition)
        if (
            value is None
            and condition.entry is None
            and condition.quoted
            and not condition.of_label
        ):
            parts = self._in_parts(condition)
            if parts:
                return parts
        if condition.comparator == "is null" and condition.entry is not None:
            terms = self._terms(condition.entry, condition.span, self._contexts(condition.owner))
            if terms[0].ref.via:
                table, _, key = terms[0].ref.via.rpartition(".")
                return (replace(_none_there(condition), column=ColumnRef(table, key)),)
        term = self._term_of(condition, value)
        return (self._with_values(condition, term, value),)

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

    def _in_parts(self, condition: Condition) -> tuple[Filter, ...]:
        """`customer Ada Brandt` where a customer has a first and a last name."""
        owner = condition.owner
        labels = (
            self.lexicon.labels.get(owner.table, ()) if owner is not None and owner.table else ()
        )
        first, _, last = str(condition.values[0]).partition(" ")
        if len(labels) != 2 or not last or condition.negated:
            return ()
        self.used.add(labels[0].table)
        return tuple(
            Filter(column=term.ref, comparator="=", values=(part,), span=condition.span)
            for term, part in zip(labels, (first, last), strict=True)
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
            condition.quoted
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
        if unit in _SECONDS or (term.column.unit and unit != said):
            raise self._unclear(condition.span)
        if unit != said:
            self.assumptions.append(f"{spoken_column(term)} is in {said}s")
        return value


def _none_there(condition: Condition) -> Filter:
    """`no manager`: the key to one is empty."""
    return Filter(comparator="is null", negated=condition.negated, span=condition.span)


_HUNDREDTHS = frozenset(["percent", "pct", "percentage", "%"])


def holds_years(term: Term) -> bool:
    """A number, or text every stored value of which is a year."""
    values = term.column.values
    return term.number or (bool(values) and all(v.isdigit() and len(v) == 4 for v in values))


def _merged(filters: Sequence[Owned]) -> list[Owned]:
    """Join alternatives for one column into one IN."""
    merged: list[Owned] = []
    for found, owner in filters:
        last = merged[-1][0] if merged else None
        if (
            last is not None
            and found.alternative
            and last.alternative == found.alternative
            and last.column == found.column
            and last.column is not None
            and {last.comparator, found.comparator} <= {"=", "in"}
            and last.negated == found.negated
        ):
            joined = replace(
                last,
                comparator="in",
                values=(*last.values, *found.values),
                span=(last.span[0], found.span[1]),
            )
            merged[-1] = (joined, merged[-1][1])
        else:
            merged.append((found, owner))
    counts: dict[int, int] = {}
    for found, _ in merged:
        counts[found.alternative] = counts.get(found.alternative, 0) + 1
    return [(replace(f, alternative=0) if counts[f.alternative] == 1 else f, o) for f, o in merged]
