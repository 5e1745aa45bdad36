"""The rules planner: a complete Frame to one SELECT, built as a tree; or the reason why not.

The base of a statement is the table whose rows it reads: every other table shown or summed must be
reached from it without multiplying rows. Tables that only restrict are tested with EXISTS.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from sqlglot import exp

from clearway.semantics.frame import (
    Dimension,
    Frame,
    Order,
)
from clearway.semantics.judgement import words_of
from clearway.semantics.planning.conditions import (
    Impossible,
    boolean_all,
    literal,
)
from clearway.semantics.planning.measures import Measured
from clearway.semantics.planning.sqltext import (
    DIALECT,
    bare,
    col,
    odd,
    place_of,
)
from clearway.semantics.resolving.joins import Edge, JoinGraph
from clearway.semantics.types import Catalog

_NAMES = frozenset(["name", "title", "label", "code", "fname", "lname", "surname"])
"""Last words of columns that rows are called by."""


@dataclass
class Planned:
    """One statement and what was taken for granted in it."""

    tree: exp.Select
    base: str
    joins: tuple[Edge, ...] = ()
    assumptions: list[str] = field(default_factory=list)

    @property
    def explanation(self) -> str:
        """Whose rows are read and how the others are reached, in one line."""
        steps = "; ".join(
            f"{bare(edge.source)} to {bare(edge.target)} by {edge.key}" for edge in self.joins
        )
        return f"Reads {bare(self.base)}" + (f", joined {steps}." if steps else ".")

    @property
    def sql(self) -> str:
        """The text, values as literals."""
        return self.tree.sql(dialect=DIALECT)


def plan_frame(frame: Frame, catalog: Catalog, joins: JoinGraph) -> Planned:
    """Return the statement a complete Frame asks for; raises `Impossible` with the reason."""
    return _Builder(frame, catalog, joins).build()


class _Builder(Measured):
    def build(self) -> Planned:
        frame = self.frame
        shown = self._shown_tables()
        self.base = self._base(shown)
        self._reserve(self.base)
        self._check_scope()
        projections = self._projections()
        conditions = self._filters()
        conditions += [self._existence(e) for e in frame.existence]
        if frame.period is not None:
            conditions.append(self._period_tests(frame.period))
        grouped = self._group_keys()
        if frame.order and frame.measures and not grouped:
            raise Impossible("one number cannot be sorted")
        if frame.everything and (grouped or self._all_measures()):
            raise Impossible("all columns of rows that are counted together")
        numbers = [(self._measure(f.measure), f) for f in frame.filters if f.measure is not None]
        order = [self._order(o) for o in frame.order] or self._through_time()
        rows = self._rows(conditions)
        if numbers and not grouped:
            tree = self._number_of_groups(rows, numbers)
            return Planned(tree, self.base, tuple(self.steps.values()), self.assumptions)
        tree = rows.select(*projections)
        if grouped:
            tree = tree.group_by(*grouped)
        if numbers:
            having = [self._having(number, f, rows, grouped) for number, f in numbers]
            tree = tree.having(boolean_all(having))
        if frame.limit_per and frame.limit is not None:
            tree = self._within_groups(tree, order, frame.limit)
        else:
            tree = tree.order_by(*order) if order else tree
            tree = tree.limit(frame.limit) if frame.limit is not None else tree
            tree = tree.offset(frame.skip) if frame.skip else tree
        if frame.distinct and not grouped and not frame.measures:
            tree = self._once_each(tree)
        return Planned(tree, self.base, tuple(self.steps.values()), self.assumptions)

    def _rows(self, conditions: Sequence[exp.Expr]) -> exp.Select:
        """Return the rows that are read, with nothing selected of them yet."""
        rows = exp.Select().from_(self._table(self.base))
        for place, edge in self.steps.items():
            rows = rows.join(self._table(place), on=self._on(edge, place))
        return rows.where(boolean_all(conditions)) if conditions else rows

    def _once_each(self, tree: exp.Select) -> exp.Select:
        """Rows that are shown once can only be sorted by what is shown."""
        shown = {d.column for d in self._shown() if d.grain is None}
        if self.frame.limit_per or any(o.column not in shown for o in self.frame.order):
            raise Impossible("what is shown once cannot be sorted by what is not shown")
        return tree.distinct()

    def _check_scope(self) -> None:
        """`my orders` can be answered only where a row policy knows whose rows they are."""
        if self.frame.scope != "mine":
            return
        policy = self.catalog.by_name[self.base].row_filter or ""
        if "{user}" not in policy:
            raise Impossible(f"whose {self._spoken(self.base)} are yours is not known")

    def _within_groups(self, tree: exp.Select, order: Sequence[exp.Expr], limit: int) -> exp.Select:
        """The first rows of each group: numbered inside, cut outside."""
        tree = _told_apart(tree)
        names = [projection.alias_or_name for projection in tree.expressions]
        keys = (
            (self._keys(d)[0], *(self._row_key(d) if d.identifies else ()))
            for d in self.frame.limit_per
        )
        groups = list(dict.fromkeys(key for each in keys for key in each))
        place = exp.Window(
            this=exp.RowNumber(),
            partition_by=groups,
            order=exp.Order(expressions=[key.copy() for key in order]),
        )
        inner = tree.select(exp.alias_(place, "place"))
        kept = [exp.column(name, table="ranked", quoted=odd(name)) for name in names]
        called = {p.unalias(): p.alias_or_name for p in tree.expressions}
        shown = [called.get(self._keys(d)[0]) for d in self.frame.limit_per]
        first = [exp.column(name, table="ranked", quoted=odd(name)) for name in shown if name]
        if len(first) != len(shown):
            raise Impossible("groups that are not shown")
        skip = self.frame.skip
        within: type[exp.Binary] = exp.EQ if skip else exp.LTE
        return (
            exp.select(*kept)
            .from_(inner.subquery("ranked"))
            .where(
                within(this=exp.column("place", table="ranked"), expression=literal(limit + skip))
            )
            .order_by(*first, exp.column("place", table="ranked"))
        )

    def _group_keys(self) -> list[exp.Expr]:
        """Group by what is shown, and by the key of what stands for a row."""
        if not self._all_measures():
            return []
        keys: list[exp.Expr] = []
        for dimension in self._shown():
            keys.extend(self._keys(dimension))
            for key in self._row_key(dimension):
                if key not in keys:
                    keys.append(key)
        return list(dict.fromkeys(keys))

    def _row_key(self, dimension: Dimension) -> list[exp.Expr]:
        """Rows of the subject that share a label stay apart."""
        table = dimension.column.table
        if not dimension.identifies and (table != self.frame.subject or table == self.base):
            return []
        if not dimension.identifies and self._names_kinds(table):
            return []
        alias = self.aliases[place_of(dimension.column)]
        return [col(alias, name) for name in self.catalog.by_name[table].primary_key]

    def _names_kinds(self, table: str) -> bool:
        """`categories with revenue over 1000`: nothing shown of a table tells its rows apart."""
        found = self.catalog.by_name[table]
        shown = [found.by_name[d.column.name] for d in self._shown() if d.column.table == table]
        return all(c.role == "dimension" and words_of(c.name)[-1] not in _NAMES for c in shown)

    def _through_time(self) -> list[exp.Expr]:
        """Steps of time come in their order, where no other was asked for."""
        if self.frame.limit is not None or not self._all_measures():
            return []
        steps = [self._keys(d)[-1] for d in self._shown() if d.grain is not None]
        return [exp.Ordered(this=step, desc=False, nulls_first=False) for step in steps]

    def _order(self, order: Order) -> exp.Expr:
        if order.measure is not None:
            key = self._measure(order.measure)
        elif order.column is not None:
            keys = [self._keys(d)[-1] for d in self._shown() if d.column == order.column]
            if self._all_measures() and len(keys) != 1:
                raise Impossible("groups cannot be sorted by a column of their rows")
            key = keys[0] if self._all_measures() else self._column(order.column)
        else:
            raise Impossible("a sort key without a column")
        return exp.Ordered(this=key, desc=order.descending, nulls_first=False)


def _told_apart(tree: exp.Select) -> exp.Select:
    """Name columns of the same name after their tables as well."""
    names = [projection.alias_or_name for projection in tree.expressions]
    apart: list[exp.Expr] = []
    for each in tree.expressions:
        if isinstance(each, exp.Column) and names.count(each.name) > 1:
            name = f"{each.table}_{each.name}"
            apart.append(exp.alias_(each, name, quoted=odd(name)))
        else:
            apart.append(each)
    if len({each.alias_or_name for each in apart}) != len(apart):
        raise Impossible("two columns would have the same name")
    return tree.select(*apart, append=False)
