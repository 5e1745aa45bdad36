"""Groups held against an average: `jobs slower than average`, `regions with more than most`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from clearway.semantics.frame import Dimension, Filter, Grain, MeasureSlot
from clearway.semantics.judgement import words_of
from clearway.semantics.parsing.sketch import Condition
from clearway.semantics.resolving.columns import FilterRules

_WITHIN_YEARS = frozenset(["month", "quarter", "week"])
"""What comes again every year: a column of them does not tell the years apart."""

_ORDERED = frozenset([">", "<", ">=", "<="])


class GroupRules(FilterRules):
    """Resolves comparisons of what many rows share, rather than of each row."""

    def _kinds_counted(self, measures: Sequence[MeasureSlot]) -> tuple[Dimension, ...]:
        """`how many products had revenue above 1000`: products are what is told of, if counted."""
        if len(measures) != 1 or measures[0].aggregate != "count_distinct":
            return ()
        slot = measures[0]
        if slot.column is None:
            return ()
        column = self.lexicon.terms[slot.column.table][slot.column.name].column
        # A date is a day, which many rows share.
        grain: Grain | None = "day" if column.type == "date" else None
        return (Dimension(column=slot.column, grain=grain, span=slot.span),)

    def _of_each_group(
        self, condition: Condition, found: Filter, shown: Sequence[Dimension]
    ) -> bool:
        """Whether a number of each group is meant: where single rows are not what is asked about.

        `runs slower than average` are rows; `jobs slower than average` are so on the whole.
        """
        average = found.against is not None and found.against.aggregate == "avg"
        if found.column is None or not (average or condition.grouped):
            return False
        kinds = self._of_groups(found, shown) and all(self._is_kind(d) for d in shown)
        return kinds and self._names_kinds(shown)

    def _by_their_average(self, condition: Condition, found: Filter) -> Filter:
        """Compare the mean of each group; of what adds up its total, unless a mean was said."""
        assert found.column is not None  # noqa: S101 - checked by the caller
        ref = found.column
        column = self.lexicon.terms[ref.table][ref.name].column
        aggregate = "avg" if condition.grouped else column.aggregate or "avg"
        measure = MeasureSlot(aggregate=aggregate, column=ref, table=ref.table, span=found.span)
        word = "mean" if aggregate == "avg" else "sum"
        self._assume(found.span, f"the {word} of its {ref.name.replace('_', ' ')}")
        return replace(found, column=None, measure=measure)

    def _of_groups(self, found: Filter, shown: Sequence[Dimension]) -> bool:
        """Whether groups of the very rows that are restricted are shown."""
        if found.column is None or not shown:
            return False
        table = found.column.table
        return all(d.column.table == table and not d.identifies for d in shown)

    def _is_kind(self, shown: Dimension) -> bool:
        """Whether many rows share a value, as they do a region or a month."""
        term = self.lexicon.terms[shown.column.table][shown.column.name]
        return shown.grain is not None or (term.column.role == "dimension" and not term.label)

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
            and not any(item.aggregate and item.aggregate != "count" for item in self.sketch.heads)
            and not any(m.table == found.column.table for m in self.sketch.mentions)
        )

    def _of_totals(self, found: Filter, shown: Sequence[Dimension]) -> Filter:
        assert found.column is not None  # noqa: S101 - checked by the caller
        ref = found.column
        self._guarded(self._refuse_mixed_years, shown)
        self._assume(found.span, f"the sum of its {ref.name.replace('_', ' ')}")
        total = MeasureSlot(aggregate="sum", column=ref, table=ref.table, span=found.span)
        return replace(found, column=None, measure=total)

    def _refuse_mixed_years(self, shown: Sequence[Dimension]) -> None:
        """`how many months had revenue above 1000`, by the number a month has in every year."""
        periods = self.sketch.periods
        one_year = len(periods) == 1 and periods[0][0].year is not None
        one_year = one_year or any("year" in words_of(d.column.name) for d in shown)
        for dimension in shown:
            within = _WITHIN_YEARS.intersection(words_of(dimension.column.name))
            if within and dimension.grain is None and not one_year:
                raise self._unclear(dimension.span)
