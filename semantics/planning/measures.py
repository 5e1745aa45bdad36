"""What is shown: numbers over rows, steps of time, and their names."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from sqlglot import exp, parse_one

from clearway.semantics.frame import (
    Dimension,
    Filter,
    MeasureSlot,
    Period,
    Scalar,
)
from clearway.semantics.planning.conditions import (
    Impossible,
    boolean_all,
    compare,
)
from clearway.semantics.planning.restrictions import Restricted
from clearway.semantics.planning.sqltext import (
    DIALECT,
    UNORDERED,
    aggregated,
    col,
    odd,
    only,
    ratio,
)
from clearway.semantics.times.steps import name_of_step, step_keys


class Measured(Restricted):
    """The columns and numbers of a statement."""

    def _projections(self) -> list[exp.Expr]:
        frame = self.frame
        if frame.everything and frame.subject and not frame.measures:
            alias = self._reach(frame.subject)
            return [col(alias, c.name) for c in self.catalog.by_name[frame.subject].columns]
        found = [self._dimension(d) for d in self._shown()]
        names: set[str] = set()
        for measure in dict.fromkeys(frame.measures):
            for name, value in self._values(measure):
                free = name if name not in names else f"{name}_{len(names)}"
                names.add(free)
                found.append(exp.alias_(value, free, quoted=odd(free)))
        if not found:
            raise Impossible("nothing was asked for")
        return found

    def _values(self, measure: MeasureSlot) -> Iterator[tuple[str, exp.Expr]]:
        """Return a number with its name; held against another period, both and their growth."""
        comparison, period = self.frame.comparison, self.frame.period
        name, value = _name_of(measure), self._measure(measure)
        if comparison is None or period is None:
            yield name, value
            return
        now = self._within(value, period)
        before = self._within(value, comparison.base)
        yield f"{name}_{_as_name(period.label)}", now
        yield f"{name}_{_as_name(comparison.base.label)}", before
        if comparison.kind == "growth":
            change = exp.Paren(this=exp.Sub(this=now.copy(), expression=before.copy()))
            yield f"growth_of_{name}", ratio(change, before.copy())

    def _within(self, value: exp.Expr, period: Period) -> exp.Expr:
        """Return a number over the rows of one period only."""
        if isinstance(value, exp.WithinGroup):
            raise Impossible("a median of two periods side by side")
        return only(value, self._period_test(period))

    def _dimension(self, dimension: Dimension) -> exp.Expr:
        shown = self._keys(dimension)[0]
        return exp.alias_(shown, name_of_step(dimension.grain)) if dimension.grain else shown

    def _keys(self, dimension: Dimension) -> tuple[exp.Expr, ...]:
        """What to group by: what is shown first, what sorts last."""
        ref = dimension.column
        column = self.catalog.by_name[ref.table].by_name[ref.name]
        return step_keys(self._column(ref), column, dimension)

    def _measure(self, slot: MeasureSlot) -> exp.Expr:
        value = self._bare_measure(slot)
        if slot.aggregate == "median" and (slot.where or slot.over or slot.share or slot.running):
            raise Impossible("a median is no part of anything")
        if slot.where:
            value = only(value, boolean_all([self._filter(found) for found in slot.where]))
        if slot.over is not None:
            return ratio(value, self._bare_measure(slot.over), percent=slot.percent)
        if slot.running:
            return self._running(value)
        if not slot.share:
            return value
        whole = exp.Window(this=exp.Sum(this=value.copy()))
        return ratio(value, whole, percent=slot.percent)

    def _running(self, value: exp.Expr) -> exp.Expr:
        """Added up from step to step, apart for every other group."""
        steps = [self._keys(d)[-1] for d in self._shown() if d.grain is not None]
        others = [self._keys(d)[0] for d in self._shown() if d.grain is None]
        if len(steps) != 1 or not isinstance(value, exp.Sum | exp.Count):
            raise Impossible("a running total goes over steps of time, of what adds up")
        if isinstance(value.this, exp.Distinct):
            raise Impossible("different things cannot be added up from step to step")
        return exp.Window(
            this=exp.Sum(this=value),
            partition_by=others,
            order=exp.Order(
                expressions=[exp.Ordered(this=steps[0], desc=False, nulls_first=False)]
            ),
        )

    def _bare_measure(self, slot: MeasureSlot) -> exp.Expr:
        if slot.named:
            return self._named(slot)
        if slot.aggregate == "count":
            if slot.table == self.base:
                return exp.Count(this=exp.Star())
            keys = self.catalog.by_name[slot.table].primary_key
            if len(keys) != 1:
                raise Impossible(f"{self._spoken(slot.table)} has no single key to count")
            alias = self._reach(slot.table)
            return exp.Count(this=exp.Distinct(expressions=[col(alias, keys[0])]))
        if slot.column is None:
            raise Impossible("a number without a column")
        if slot.aggregate in ("min", "max") and self._type_of(slot.column).startswith(UNORDERED):
            raise Impossible(f"{slot.column.name} has no smallest and no greatest")
        column = self._column(slot.column)
        if slot.aggregate == "count_distinct":
            return exp.Count(this=exp.Distinct(expressions=[column]))
        return aggregated(slot.aggregate or "sum", column)

    def _named(self, slot: MeasureSlot) -> exp.Expr:
        """A measure of the catalog: its expression, with the columns given their table."""
        measure = next(
            m for m in self.catalog.measures if m.name == slot.named and m.table == slot.table
        )
        tree = parse_one(measure.expression, dialect=DIALECT)
        alias = self._reach(slot.table)
        for column in list(tree.find_all(exp.Column)):
            column.set("table", exp.to_identifier(alias, quoted=odd(alias)))
        return exp.Paren(this=tree) if isinstance(tree, exp.Binary) else tree

    def _having(
        self, number: exp.Expr, found: Filter, rows: exp.Select, grouped: Sequence[exp.Expr]
    ) -> exp.Expr:
        """Test a number of each group, against others or the average of them."""
        if found.against is not None:
            test = compare(number, found.comparator, self._typical(number, found, rows, grouped))
            return exp.Not(this=test) if found.negated else test
        values = [exp.Literal.number(v) for v in found.values if _is_number(v)]
        between = found.comparator == "between" and len(values) == 2
        if len(values) != len(found.values) or not (between or len(values) == 1):
            raise Impossible("a number of each group is compared with something else")
        if between:
            within = exp.Between(this=number, low=values[0], high=values[1])
            return exp.Not(this=exp.paren(within)) if found.negated else within
        test = compare(number, found.comparator, values[0])
        return exp.Not(this=test) if found.negated else test

    def _number_of_groups(
        self, rows: exp.Select, numbers: Sequence[tuple[exp.Expr, Filter]]
    ) -> exp.Select:
        """`how many products had revenue above 1000`: groups are kept first, then counted."""
        frame = self.frame
        slot = frame.measures[0] if len(frame.measures) == 1 else None
        counted = self._bare_measure(slot) if slot is not None else None
        kinds = counted.this if isinstance(counted, exp.Count) else None
        plain = slot is not None and not (slot.where or slot.over or slot.share or slot.running)
        if slot is None or not plain or not isinstance(kinds, exp.Distinct) or frame.comparison:
            raise Impossible("a number of each group is compared, and there are no groups")
        key = kinds.expressions[0]
        having = [self._having(number, found, rows, [key]) for number, found in numbers]
        groups = rows.select(exp.alias_(key.copy(), "counted")).group_by(key.copy())
        groups = groups.having(boolean_all(having))
        name = _name_of(slot)
        number = exp.Count(this=exp.column("counted", table="groups"))
        return exp.select(exp.alias_(number, name, quoted=odd(name))).from_(
            groups.subquery("groups")
        )

    def _typical(
        self, number: exp.Expr, found: Filter, rows: exp.Select, grouped: Sequence[exp.Expr]
    ) -> exp.Expr:
        """The mean of all rows for a mean, of all groups for a total; of the same time as they."""
        if found.against is None or found.against.aggregate != "avg" or not grouped:
            raise Impossible("a number of each group is compared with something else")
        if self.frame.existence or any(f.column is not None for f in self.frame.filters):
            raise Impossible("whether the average of all or of these is meant is not said")
        if isinstance(number, exp.Avg):
            return exp.Subquery(this=rows.select(number.copy()))
        groups = rows.select(exp.alias_(number.copy(), "number"))
        groups = groups.group_by(*(key.copy() for key in grouped))
        mean = exp.Avg(this=exp.column("number", table="totals"))
        return exp.Subquery(this=exp.select(mean).from_(groups.subquery("totals")))


def _is_number(value: Scalar) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _as_name(label: str) -> str:
    return "".join(c if c.isalnum() else "_" for c in label.lower()).strip("_") or "period"


def _name_of(slot: MeasureSlot) -> str:
    """Return a column name a person would give the number."""
    if slot.named:
        name = slot.named
    elif slot.where and slot.over is not None and slot.aggregate == "count":
        told = "_".join(map(_test_name, slot.where))
        return f"percent_{told}" if slot.percent else f"rate_of_{told}"
    elif slot.column is None:
        name = "number_of_" + slot.table.partition(".")[2]
    else:
        word = {"sum": "total", "avg": "average", "count_distinct": "number_of"}
        name = f"{word.get(slot.aggregate or '', slot.aggregate)}_{slot.column.name}"
    if slot.running:
        return f"running_{name}"
    if slot.over is not None and not slot.where and slot.percent:
        return f"{name}_as_percent_of_{_name_of(slot.over)}"
    if slot.over is not None and not slot.where:
        return f"{name}_per_{_name_of(slot.over).removeprefix('total_')}"
    if slot.share or (slot.over and slot.column):
        return f"percent_of_{name}" if slot.percent else f"share_of_{name}"
    return name


def _test_name(found: Filter) -> str:
    """Return a few words for a condition: its values, else the column that is so or is empty."""
    column = found.column.name if found.column is not None else "rows"
    if found.comparator == "is null":
        return f"{'with' if found.negated else 'without'}_{column}"
    words = [_as_name(str(v)) for v in found.values if isinstance(v, str)]
    if not words or found.comparator == "like":
        words = [column]
    return "_".join(["not", *words] if found.negated else words)
