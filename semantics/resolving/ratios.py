"""Numbers made of numbers: one over another, a part of the whole, added up over time."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from clearway.semantics.frame import (
    NOWHERE,
    Alternative,
    Dimension,
    Existence,
    Filter,
    MeasureSlot,
    Span,
)
from clearway.semantics.parsing.sketch import Item
from clearway.semantics.resolving.outputs import OutputRules
from clearway.semantics.resolving.scope import Unclear

_BY = re.compile(r"\bby (?:the )?\Z", re.IGNORECASE)
_PER = re.compile(r"\b(?:per|each|every|a) (?:the )?(?P<group>[^ ]+)\Z", re.IGNORECASE)


class RatioRules(OutputRules):
    """Resolves what a number is divided by, and over what it runs."""

    def _over_another(self, measures: tuple[MeasureSlot, ...]) -> tuple[MeasureSlot, ...]:
        self._guarded(self._refuse_averages, measures)
        if not any(item.per for item in self.sketch.groups):
            return measures
        return self._guarded(self._divided, measures) or measures

    def _extreme_of_each(
        self, measures: tuple[MeasureSlot, ...], dimensions: tuple[Dimension, ...]
    ) -> tuple[MeasureSlot, ...]:
        if measures or not dimensions or len(self.sketch.sortings) != 1 or self.sketch.skip:
            return measures
        return self._guarded(self._most_within, measures, dimensions) or measures

    def _run_on(
        self, measures: tuple[MeasureSlot, ...], dimensions: tuple[Dimension, ...]
    ) -> tuple[MeasureSlot, ...]:
        if self.sketch.running is None:
            return measures
        return self._guarded(self._added_up, measures, dimensions) or measures

    def _of_the_whole(
        self,
        measures: tuple[MeasureSlot, ...],
        shown: tuple[Dimension, ...],
        filters: tuple[Filter, ...],
        existence: tuple[Existence, ...],
    ) -> tuple[tuple[MeasureSlot, ...], tuple[Filter, ...]]:
        if not any(m.share for m in measures):
            return measures, filters
        parts = self._guarded(self._part_of_whole, measures, shown, filters, existence)
        return parts or (measures, filters)

    def _refuse_averages(self, measures: tuple[MeasureSlot, ...]) -> None:
        """`average revenue per day`: of what the days add up to, or of the rows of each day.

        `average revenue per sale` is one of the rows, `average price per month` adds up nowhere,
        and by what a kind or a row is called rows are told apart (`average fee per member`).
        """
        for slot in measures:
            if slot.aggregate not in ("avg", "median") or slot.column is None:
                continue
            term = self.lexicon.terms[slot.column.table][slot.column.name]
            for item in self.sketch.groups:
                owner = item.owner.table if item.owner is not None else ""
                own = item.owner is not None and item.owner.entry is item.entry
                row = own and owner != slot.table and not self.lexicon.labels.get(owner)
                step = item.grain is not None and not _BY.search(self.text[: item.span[0]])
                if term.column.aggregate == "sum" and (step or (item.per and row)):
                    raise self._either_average(slot, item)

    def _either_average(self, slot: MeasureSlot, item: Item) -> Unclear:
        """Return both readings: the totals that would be averaged, and the average of the rows."""
        begin, end = slot.span
        each = _PER.search(self.text[: item.span[1]], end)
        said, noun = self._said(slot.span).partition(" ")[::2]
        if each is None:
            return self._unclear(item.span)
        rest = f"{self.text[end : each.start()]}by {each['group']}{self.text[item.span[1] :]}"
        return self._unclear(
            each.span(),
            (
                Alternative(
                    label=f"the total {each.group()}",
                    rewrite=f"{self.text[:begin]}total {noun}{rest}",
                ),
                Alternative(
                    label=f"the {said.lower()} of the rows {each.group()}",
                    rewrite=f"{self.text[:begin]}{said} {noun}{rest}",
                ),
            ),
        )

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

    def _most_within(
        self, measures: tuple[MeasureSlot, ...], dimensions: tuple[Dimension, ...]
    ) -> tuple[MeasureSlot, ...]:
        """`lowest price per category`: one number for each, not the one of them that has it."""
        sketch = self.sketch
        each = bool(sketch.groups) and all(item.each for item in sketch.groups)
        wanted = any(m.wanted for m in sketch.mentions) or sketch.heads or measures
        if not each or wanted or not dimensions or len(sketch.sortings) != 1:
            return measures
        item = sketch.sortings[0].item
        if not sketch.sortings[0].superlative or item is None or item.aggregate is not None:
            return measures
        if item.entry is None or item.entry.measures or item.entry.tables or sketch.limit != 1:
            return measures
        term = self._one(item.entry, item.span, self._contexts(item.owner))
        if not term.number:
            return measures
        way = "max" if sketch.sortings[0].descending else "min"
        sketch.sortings, sketch.limit = [], None
        return (self._slot(term, way, item),)

    def _added_up(
        self, measures: tuple[MeasureSlot, ...], dimensions: tuple[Dimension, ...]
    ) -> tuple[MeasureSlot, ...]:
        """`cumulative revenue by month`: every number runs on from step to step."""
        span = self.sketch.running
        if span is None:
            return measures
        steps = [d for d in dimensions if d.grain is not None]
        adding = all(m.aggregate in ("sum", "count") and not m.share for m in measures)
        if len(steps) != 1 or not measures or not adding or self.sketch.limit is not None:
            raise self._unclear(span)
        return tuple(replace(m, running=True) for m in measures)

    def _part_of_whole(
        self,
        measures: tuple[MeasureSlot, ...],
        shown: tuple[Dimension, ...],
        filters: tuple[Filter, ...],
        existence: tuple[Existence, ...],
    ) -> tuple[tuple[MeasureSlot, ...], tuple[Filter, ...]]:
        """`share of revenue from Europe`: the part among the whole, each as described."""
        slot = next(m for m in measures if m.share)
        if self._as_part_of(measures, slot):
            whole = replace(slot, share=False, percent=False)
            return (replace(measures[0], over=whole, percent=slot.percent),), filters
        part = tuple(f for f in filters if self._tells_part(f.span))
        if shown and not part and not any(self._tells_part(d.span) for d in self._ungrouped(shown)):
            return measures, filters
        plain = part and all(f.column is not None and not f.alternative for f in part)
        if len(measures) > 1 or not plain or slot.named or existence:
            raise self._unclear(slot.span)
        if any(self._tells_part(d.span) for d in self._ungrouped(shown)):
            raise self._unclear(slot.span)
        whole = replace(slot, share=False, percent=False)
        kept = tuple(f for f in filters if f not in part)
        return (replace(whole, where=part, over=whole, percent=slot.percent),), kept

    def _as_part_of(self, measures: tuple[MeasureSlot, ...], slot: MeasureSlot) -> bool:
        """`cost as a percentage of revenue`: one number over another, not over all of itself."""
        if self.sketch.shared is None or measures[0] is slot:
            return False
        between = self.text[measures[0].span[1] : self.sketch.shared[0]].split()
        if between[:1] != ["as"] or len(between) > 2:
            return False
        adding = all(m.aggregate == "sum" and not m.over for m in measures)
        alike = measures[0].column == slot.column or measures[0].table != slot.table
        if len(measures) != 2 or not adding or alike:
            raise self._unclear(slot.span)
        return True

    def _ungrouped(self, shown: Sequence[Dimension]) -> list[Dimension]:
        grouped = {item.span for item in self.sketch.groups}
        return [d for d in shown if d.span not in grouped and d.span != NOWHERE]

    def _tells_part(self, span: Span) -> bool:
        """Whether what stands there is said of the whole, or is what tells the part from it."""
        told = {c.span[0] for c in self.sketch.conditions if c.part}
        predicate = self.sketch.predicate
        return span[0] in told or (predicate is not None and span[0] >= predicate)
