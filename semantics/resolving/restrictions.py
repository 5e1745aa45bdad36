"""What restricts the rows and their groups: filters, and related rows that must or must not be."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from clearway.semantics.frame import (
    Comparator,
    Dimension,
    Existence,
    Filter,
    MeasureSlot,
    Span,
)
from clearway.semantics.parsing.sketch import COND, HEAD, Condition, Mention
from clearway.semantics.resolving.events import Owned
from clearway.semantics.resolving.groups import GroupRules


class RestrictionRules(GroupRules):
    """Resolves the conditions and periods of a sketch."""

    def _conditions(
        self, shown: Sequence[Dimension], measures: Sequence[MeasureSlot] = ()
    ) -> tuple[tuple[Filter, ...], tuple[Existence, ...]]:
        filters: list[Owned] = []
        apart: list[Existence] = []
        shown = shown or self._kinds_counted(measures)
        for condition in self.sketch.conditions:
            for made in self._guarded(self._settled, condition) or ():
                if self._but_not(condition, made, shown):
                    filters = [(self._has_some(f, made), o) for f, o in filters]
                    filters.append((self._so_many_of_them(made, ("=", 0)), None))
                elif (number := self._of_their_number(condition, made, shown)) is not None:
                    filters.append((number, None))
                elif condition.times is not None and self._of_related(made, condition):
                    apart.append(self._so_many_related(made, condition.times))
                elif condition.grouped or condition.times not in (None, ("=", 0)):
                    self._guarded(self._refuse, condition.span)
                elif condition.apart and made.column is not None:
                    apart.append(
                        Existence(table=made.column.table, filters=(made,), span=made.span)
                    )
                else:
                    filters.append((made, condition.owner))
        self._refuse_repeated()
        restricted = self._guarded(self._existence, self._over_the_event(_merged(filters)), shown)
        plain, existence = restricted or ((), ())
        happened, events = self._events()
        return (*plain, *happened), (*existence, *events, *self.beyond, *apart)

    def _of_their_number(
        self, condition: Condition, found: Filter, shown: Sequence[Dimension]
    ) -> Filter | None:
        """Return a condition as one on a number of each group, where that is what is meant."""
        if self._of_none_of_them(condition, found, shown):
            return self._so_many_of_them(found, ("=", 0))
        if condition.times is not None and self._of_groups(found, shown):
            return self._so_many_of_them(found, condition.times)
        if self._of_each_group(condition, found, shown):
            return self._by_their_average(condition, found)
        return self._of_totals(found, shown) if self._means_total(condition, found, shown) else None

    def _refuse_repeated(self) -> None:
        """`employees who manage employees`: other rows of one table, which nothing tells apart."""
        for mention in self.sketch.mentions:
            if mention.repeated and any(
                f"{k.to_schema}.{k.to_table}" == mention.table
                for k in self._table(mention.table).foreign_keys
            ):
                self._guarded(self._refuse, mention.span)

    def _settled(self, condition: Condition) -> tuple[Filter, ...]:
        return tuple(self._of_another(condition, f) for f in self._filters_of(condition))

    def _of_another(self, condition: Condition, found: Filter) -> Filter:
        """`who reports to Ada`: not Ada, but rows whose key leads to her."""
        subject = self.subject
        if not condition.verbal or subject is None or found.column is None or not self.sketch.verbs:
            return found
        labels = {term.ref for term in self.lexicon.labels.get(subject, ())}
        keys = [
            key.columns[0]
            for key in self._table(subject).foreign_keys
            if f"{key.to_schema}.{key.to_table}" == subject and len(key.columns) == 1
        ]
        above = any(m.table == subject and m.span < condition.span for m in self.sketch.mentions)
        if found.column not in labels or not keys or not above:
            return found
        if len(keys) != 1 or all(verb != "report" for verb, _, _ in self.sketch.verbs):
            raise self._unclear(condition.span)
        return replace(found, column=replace(found.column, via=f"{subject}.{keys[0]}"))

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
            if self._of_others(mention) or self._of_kinds(mention, shown):
                self._guarded(self._refuse, mention.span)
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

    def _of_others(self, mention: Mention) -> bool:
        """`artists with albums with more than 9 tracks`: so many on one of them, not on all."""
        above = mention.under
        if above is None or above.table == self.subject or above.wanted:
            return False
        labels = self.lexicon.labels.get(above.table, ())
        named = (c.value_entry for c in self.sketch.conditions if c.owner is above)
        if any(term in labels for value in named if value is not None for term in value.values):
            # `films in the Action category without actors`: the one is named, not described.
            return False
        return any(m.negated or m.comparator is not None for m in (mention, above))

    def _of_kinds(self, mention: Mention, shown: Sequence[Dimension]) -> bool:
        """`countries that have customers but no employees`: in none of their rows, not in one."""
        if not (mention.negated or mention.comparator is not None) or mention.under is not None:
            return False
        terms = [self.lexicon.terms[d.column.table][d.column.name] for d in shown]
        kinds = bool(terms) and not any(d.identifies or d.grain for d in shown)
        kinds = kinds and not any(term.label for term in terms)
        tables = {d.column.table for d in shown}
        rows = any(m.table in tables and m.region == HEAD for m in self.sketch.mentions)
        return kinds and mention.table not in tables and not rows

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

    def _of_none_of_them(
        self, condition: Condition, found: Filter, shown: Sequence[Dimension]
    ) -> bool:
        """`jobs with no failures`, `products not sold in Europe`: none of the rows of a kind.

        Where the column itself is named (`whose status is not failed`) or shown, single rows are
        meant, and so they are by an exception (`products sold outside Europe`).
        """
        if not condition.denied or found.comparator not in ("=", "in") or condition.entry:
            return False
        if condition.alternative or condition.value_entry is None or not self._names_kinds(shown):
            return False
        itself = any(d.column == found.column for d in shown)
        return not itself and self._of_groups(found, shown)

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

    def _so_many_of_them(self, found: Filter, times: tuple[Comparator, int]) -> Filter:
        """`products never sold in Europe`: groups none of whose rows are so."""
        assert found.column is not None  # noqa: S101 - checked by the caller
        where = (replace(found, negated=False),)
        count = MeasureSlot(
            aggregate="count", table=found.column.table, where=where, span=found.span
        )
        return Filter(measure=count, comparator=times[0], values=(times[1],), span=found.span)

    def _of_related(self, found: Filter, condition: Condition) -> bool:
        """Whether it is rows of another table, many of one of the subject's, that are so."""
        if condition.times in (None, ("=", 0)) or condition.negated or condition.alternative:
            return False
        there = found.column.table if found.column is not None and not found.column.via else None
        if there is None or self.subject is None or there == self.subject:
            return False
        return bool(self.joins.paths(there, self.subject, to_one=True))

    def _so_many_related(self, found: Filter, times: tuple[Comparator, int]) -> Existence:
        """`jobs that failed more than 3 times`: so many of their runs did."""
        assert found.column is not None  # noqa: S101 - checked by the caller
        return Existence(
            table=found.column.table,
            comparator=times[0],
            count=times[1],
            filters=(found,),
            span=found.span,
        )

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
