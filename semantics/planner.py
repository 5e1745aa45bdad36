"""The rules planner: a complete Frame to one SELECT, built as a tree; or the reason why not.

The base of a statement is the table whose rows it reads: every other table shown or summed must be
reached from it without multiplying rows. Tables that only restrict are tested with EXISTS.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from sqlglot import exp, parse_one

from clearway.semantics.conditions import (
    Impossible,
    boolean_all,
    column_test,
    compare,
    literal,
    period_test,
)
from clearway.semantics.frame import (
    ColumnRef,
    Dimension,
    Existence,
    Filter,
    Frame,
    MeasureSlot,
    Order,
    Period,
)
from clearway.semantics.joins import Edge, JoinGraph, Path
from clearway.semantics.judgement import words_of
from clearway.semantics.steps import name_of_step, step_keys
from clearway.semantics.types import Catalog, Table

DIALECT = "postgres"
_AGGREGATES: dict[str, type[exp.AggFunc]] = {
    "sum": exp.Sum, "avg": exp.Avg, "min": exp.Min, "max": exp.Max, "count": exp.Count,
}  # fmt: skip


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
            f"{_bare(edge.source)} to {_bare(edge.target)} by {edge.key}" for edge in self.joins
        )
        return f"Reads {_bare(self.base)}" + (f", joined {steps}." if steps else ".")

    @property
    def sql(self) -> str:
        """The text, values as literals."""
        return self.tree.sql(dialect=DIALECT)


def plan_frame(frame: Frame, catalog: Catalog, joins: JoinGraph) -> Planned:
    """Return the statement a complete Frame asks for; raises `Impossible` with the reason."""
    return _Builder(frame, catalog, joins).build()


class _Builder:
    def __init__(self, frame: Frame, catalog: Catalog, joins: JoinGraph) -> None:
        self.frame = frame
        self.catalog = catalog
        self.joins = joins
        self.hints = frozenset(frame.text.casefold().split())
        self.aliases: dict[str, str] = {}
        self.steps: dict[str, Edge] = {}
        """The edge that joined each table but the base."""
        self.assumptions: list[str] = list(frame.assumptions)
        self.base = ""

    def build(self) -> Planned:
        frame = self.frame
        shown = self._shown_tables()
        self.base = self._base(shown)
        self._reserve(self.base)
        self._check_scope()
        tree = exp.select(*self._projections())
        conditions = self._filters()
        conditions += [self._existence(e) for e in frame.existence]
        if frame.period is not None:
            conditions.append(self._period_tests(frame.period))
        grouped = self._group_keys()
        if frame.order and frame.measures and not grouped:
            raise Impossible("one number cannot be sorted")
        if frame.everything and (grouped or self._all_measures()):
            raise Impossible("all columns of rows that are counted together")
        having = [self._having(f) for f in frame.filters if f.measure is not None]
        order = [self._order(o) for o in frame.order] or self._through_time()
        tree = tree.from_(self._table(self.base))
        for place, edge in self.steps.items():
            tree = tree.join(self._table(place), on=self._on(edge, place))
        if conditions:
            tree = tree.where(boolean_all(conditions))
        if grouped:
            tree = tree.group_by(*grouped)
        if having:
            tree = tree.having(boolean_all(having))
        if frame.limit_per and frame.limit is not None:
            tree = self._within_groups(tree, order, frame.limit)
        else:
            tree = tree.order_by(*order) if order else tree
            tree = tree.limit(frame.limit) if frame.limit is not None else tree
        if frame.distinct and not grouped and not frame.measures:
            tree = self._once_each(tree)
        return Planned(tree, self.base, tuple(self.steps.values()), self.assumptions)

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
        names = [projection.alias_or_name for projection in tree.expressions]
        if len(set(names)) != len(names):
            raise Impossible("two columns would have the same name")
        groups = [self._keys(d)[0] for d in self.frame.limit_per]
        place = exp.Window(
            this=exp.RowNumber(),
            partition_by=groups,
            order=exp.Order(expressions=[key.copy() for key in order]),
        )
        inner = tree.select(exp.alias_(place, "place"))
        kept = [exp.column(name, table="ranked", quoted=_odd(name)) for name in names]
        shown = [self._dimension(d).alias_or_name for d in self.frame.limit_per]
        if not set(shown) <= set(names):
            raise Impossible("groups that are not shown")
        first = [exp.column(name, table="ranked", quoted=_odd(name)) for name in shown]
        return (
            exp.select(*kept)
            .from_(inner.subquery("ranked"))
            .where(exp.LTE(this=exp.column("place", table="ranked"), expression=literal(limit)))
            .order_by(*first, exp.column("place", table="ranked"))
        )

    # ------------------------------------------------------------ base and joins

    def _all_measures(self) -> list[MeasureSlot]:
        frame = self.frame
        measures = list(frame.measures)
        measures += [o.measure for o in frame.order if o.measure is not None]
        measures += [f.measure for f in frame.filters if f.measure is not None]
        return measures

    def _shown(self) -> tuple[Dimension, ...]:
        return (*self.frame.dimensions, *self.frame.attributes)

    def _shown_tables(self) -> list[str]:
        """Tables that must be joined without multiplying rows, the measures' first."""
        frame = self.frame
        tables = [m.table for m in self._all_measures() if m.table]
        if frame.everything and frame.subject:
            tables.append(frame.subject)
        tables += [d.column.home for d in self._shown()]
        tables += [o.column.home for o in frame.order if o.column is not None]
        if frame.period is not None and frame.period.column is not None:
            tables.append(frame.period.column.table)
        if not tables and frame.subject:
            tables.append(frame.subject)
        return list(dict.fromkeys(tables))

    def _base(self, shown: Sequence[str]) -> str:
        if not shown:
            raise Impossible("nothing the catalog knows was asked for")
        frame = self.frame
        measured = list(dict.fromkeys(m.table for m in self._all_measures()))
        first = measured[0] if measured else frame.subject if frame.subject in shown else shown[0]
        assert first is not None  # noqa: S101 - `shown` is not empty
        if self._covers(first, shown):
            return first
        reducible = all(m.aggregate in ("count", "count_distinct") for m in self._all_measures())
        if measured and not reducible:
            raise Impossible("adding up would count rows several times")
        found = [(self._cost(table, shown), table) for table in self.catalog.by_name]
        usable = sorted(pair for pair in found if pair[0] is not None)
        if not usable or (len(usable) > 1 and usable[0][0] == usable[1][0]):
            raise Impossible("the tables are not related in one way only")
        return usable[0][1]

    def _covers(self, base: str, tables: Iterable[str]) -> bool:
        return all(self.joins.paths(base, table, to_one=True) for table in tables)

    def _cost(self, base: str, tables: Sequence[str]) -> int | None:
        """Return how many steps a base needs to reach all tables, None where it cannot."""
        total = 0
        for table in tables:
            paths = self.joins.paths(base, table, to_one=True)
            if not paths:
                return None
            total += len(paths[0])
        return total

    def _reserve(self, table: str) -> str:
        alias = self.aliases.get(table)
        if alias is None:
            name = self.catalog.by_name[table].name
            alias = name if name not in self.aliases.values() else table.replace(".", "_")
            self.aliases[table] = alias
        return alias

    def _reach(self, table: str) -> str:
        """Join a table into the statement and return its alias."""
        if table in self.aliases:
            return self.aliases[table]
        path = self.joins.path(self.base, table, to_one=True, hints=self.hints)
        if path is None:
            raise Impossible(f"{self._spoken(table)} can be reached in several ways")
        for edge in path:
            known = self.steps.get(edge.target)
            if known is not None and known != edge:
                raise Impossible(f"{self._spoken(edge.target)} would be needed twice")
            if edge.target == self.base:
                raise Impossible(f"{self._spoken(edge.target)} would be needed twice")
            if known is None:
                self._reserve(edge.target)
                self.steps[edge.target] = edge
        return self.aliases[table]

    def _reach_role(self, ref: ColumnRef) -> str:
        """Join the row one key of a table points to, apart from other rows of its table."""
        place = _place(ref)
        if place not in self.aliases:
            home, _, key = ref.via.rpartition(".")
            self._reach(home)
            edge = next(
                e
                for e in self.joins.edges(home)
                if e.to_one and (e.key, e.target) == (key, ref.table)
            )
            name = "_".join(words_of(key)[:-1]) or key
            while name in self.aliases.values():
                name += "_"
            self.aliases[place], self.steps[place] = name, edge
        return self.aliases[place]

    def _spoken(self, table: str) -> str:
        return self.catalog.by_name[table].name.replace("_", " ")

    def _table(self, place: str) -> exp.Expr:
        found = self.catalog.by_name[place.partition(" ")[0]]
        node = _relation(found)
        alias = self.aliases[place]
        return exp.alias_(node, alias, table=True, quoted=_odd(alias))

    def _on(self, edge: Edge, place: str) -> exp.Expr:
        source, target = self.aliases[edge.source], self.aliases[place]
        return boolean_all(
            [exp.EQ(this=_col(source, a), expression=_col(target, b)) for a, b in edge.pairs]
        )

    def _type_of(self, ref: ColumnRef) -> str:
        return self.catalog.by_name[ref.table].by_name[ref.name].type

    def _column(self, ref: ColumnRef) -> exp.Expr:
        alias = self._reach_role(ref) if ref.via else self._reach(ref.table)
        return _col(alias, ref.name)

    # ------------------------------------------------------------ what is shown

    def _projections(self) -> list[exp.Expr]:
        frame = self.frame
        if frame.everything and frame.subject and not frame.measures:
            alias = self._reach(frame.subject)
            return [_col(alias, c.name) for c in self.catalog.by_name[frame.subject].columns]
        found = [self._dimension(d) for d in self._shown()]
        names: set[str] = set()
        for measure in dict.fromkeys(frame.measures):
            for name, value in self._values(measure):
                free = name if name not in names else f"{name}_{len(names)}"
                names.add(free)
                found.append(exp.alias_(value, free, quoted=_odd(free)))
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
            yield f"growth_of_{name}", _ratio(change, before.copy())

    def _within(self, value: exp.Expr, period: Period) -> exp.Expr:
        """Return a number over the rows of one period only."""
        return _only(value, self._period_test(period))

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
        if slot.where:
            value = _only(value, boolean_all([self._filter(found) for found in slot.where]))
        if slot.over is not None:
            return _ratio(value, self._bare_measure(slot.over))
        if slot.running:
            return self._running(value)
        if not slot.share:
            return value
        return _ratio(value, exp.Window(this=exp.Sum(this=value.copy())))

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
            return exp.Count(this=exp.Distinct(expressions=[_col(alias, keys[0])]))
        if slot.column is None:
            raise Impossible("a number without a column")
        if slot.aggregate in ("min", "max") and self._type_of(slot.column).startswith(_UNORDERED):
            raise Impossible(f"{slot.column.name} has no smallest and no greatest")
        column = self._column(slot.column)
        if slot.aggregate == "count_distinct":
            return exp.Count(this=exp.Distinct(expressions=[column]))
        return _AGGREGATES[slot.aggregate or "sum"](this=column)

    def _named(self, slot: MeasureSlot) -> exp.Expr:
        """A measure of the catalog: its expression, with the columns given their table."""
        measure = next(
            m for m in self.catalog.measures if m.name == slot.named and m.table == slot.table
        )
        tree = parse_one(measure.expression, dialect=DIALECT)
        alias = self._reach(slot.table)
        for column in list(tree.find_all(exp.Column)):
            column.set("table", exp.to_identifier(alias, quoted=_odd(alias)))
        return exp.Paren(this=tree) if isinstance(tree, exp.Binary) else tree

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
        alias = self.aliases[_place(dimension.column)]
        return [_col(alias, name) for name in self.catalog.by_name[table].primary_key]

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

    # ------------------------------------------------------------ conditions

    def _filters(self) -> list[exp.Expr]:
        """Tests of single rows, EXISTS for rows there may be many of, alternatives joined by OR."""
        tests: list[exp.Expr] = []
        alternatives: dict[int, list[exp.Expr]] = {}
        to_many: dict[str, list[Filter]] = {}
        for found in self.frame.filters:
            if found.column is None:
                continue
            if self._to_one(found.column.home):
                test = self._filter(found)
            elif found.column.via:
                raise Impossible(f"{self._spoken(found.column.table)} of rows there may be many of")
            elif found.negated and found.values == (True,):
                raise Impossible("whether one or all of several rows must not be so is not said")
            elif found.negated or found.alternative:
                plain = Existence(
                    table=found.column.table,
                    negated=found.negated,
                    filters=(replace(found, negated=False),),
                )
                test = self._existence(plain)
            else:
                to_many.setdefault(found.column.table, []).append(found)
                continue
            if found.alternative:
                alternatives.setdefault(found.alternative, []).append(test)
            else:
                tests.append(test)
        tests += [exp.paren(exp.or_(*group)) for group in alternatives.values()]
        tests += [
            self._existence(Existence(table=table, filters=tuple(group)))
            for table, group in to_many.items()
        ]
        return tests

    def _to_one(self, table: str) -> bool:
        return bool(self.joins.paths(self.base, table, to_one=True))

    def _filter(self, found: Filter) -> exp.Expr:
        assert found.column is not None  # noqa: S101 - row filters have one
        column = self.catalog.by_name[found.column.table].by_name[found.column.name]
        against = self._average(found) if found.against is not None else None
        return column_test(self._column(found.column), column, found, against)

    def _average(self, found: Filter) -> exp.Expr:
        """The number over everything a row is compared with."""
        assert found.against is not None and found.against.column is not None  # noqa: S101
        ref = found.against.column
        table = self.catalog.by_name[ref.table]
        made = _AGGREGATES[found.against.aggregate or "avg"]
        inner = exp.select(made(this=exp.column(ref.name, quoted=_odd(ref.name)))).from_(
            _relation(table)
        )
        return exp.Subquery(this=inner)

    def _existence(self, found: Existence) -> exp.Expr:
        """Related rows there must or must not be, as a subquery tied to the row at hand."""
        path = self._path_between(found)
        edges = list(path)
        tables = [f.column.table for f in found.filters if f.column is not None]
        if found.period is not None and found.period.column is not None:
            tables.append(found.period.column.table)
        reached = {edge.target for edge in edges}
        needed = {found.table} if found.filters or found.period else set()
        for table in tables:
            edges += self._inner_steps(found.table, table, reached)
            needed.add(table)
        if len(edges) > 1 and edges[-1].to_one and edges[-1].target not in needed:
            edges = edges[:-1]
        aliases = self._inner_aliases(edges)
        start = edges[0]
        tests: list[exp.Expr] = [
            exp.EQ(
                this=_col(aliases[start.target], b), expression=_col(self._reach(start.source), a)
            )
            for a, b in start.pairs
        ]
        inner = exp.select(exp.Literal.number(1)).from_(self._inner_table(start.target, aliases))
        for edge in edges[1:]:
            on = [
                exp.EQ(this=_col(aliases[edge.source], a), expression=_col(aliases[edge.target], b))
                for a, b in edge.pairs
            ]
            inner = inner.join(self._inner_table(edge.target, aliases), on=boolean_all(on))
        tests += [self._inner_test(condition, aliases) for condition in found.filters]
        if found.period is not None and found.period.column is not None:
            ref = found.period.column
            column = self.catalog.by_name[ref.table].by_name[ref.name]
            tests.append(period_test(_col(aliases[ref.table], ref.name), column, found.period))
        return _counted_or_not(inner.where(boolean_all(tests)), found)

    def _inner_steps(self, start: str, table: str, reached: set[str]) -> list[Edge]:
        """Join what a related row belongs to, inside the subquery."""
        if table in reached:
            return []
        path = self.joins.path(start, table, to_one=True, hints=self.hints)
        if path is None or any(edge.target in reached for edge in path):
            raise Impossible(f"{self._spoken(table)} can be reached in several ways")
        reached.update(edge.target for edge in path)
        return list(path)

    def _inner_test(self, condition: Filter, aliases: Mapping[str, str]) -> exp.Expr:
        if condition.column is None:
            raise Impossible("a number of each related row is compared")
        ref = condition.column
        if ref.via:
            raise Impossible(f"{self._spoken(ref.table)} of related rows in one of several roles")
        column = self.catalog.by_name[ref.table].by_name[ref.name]
        against = self._average(condition) if condition.against is not None else None
        return column_test(_col(aliases[ref.table], ref.name), column, condition, against)

    def _path_between(self, found: Existence) -> Path:
        """The path from the subject, else the base, to a table that only restricts."""
        start = self.frame.subject if self.frame.subject in self.aliases else self.base
        assert start is not None  # noqa: S101 - the base is never empty
        if found.via:
            first = self.joins.path(start, found.via, hints=self.hints)
            second = self.joins.path(found.via, found.table, hints=self.hints)
            path = (*first, *second) if first and second else None
        else:
            path = self.joins.path(start, found.table, hints=self.hints)
        if not path:
            raise Impossible(
                f"{self._spoken(found.table)} can be reached in several ways, or in none"
            )
        return path

    def _inner_aliases(self, path: Iterable[Edge]) -> dict[str, str]:
        taken = set(self.aliases.values())
        aliases: dict[str, str] = {}
        for edge in path:
            name = self.catalog.by_name[edge.target].name
            while name in taken:
                name += "_"
            taken.add(name)
            aliases[edge.target] = name
        return aliases

    def _inner_table(self, table: str, aliases: Mapping[str, str]) -> exp.Expr:
        found = self.catalog.by_name[table]
        alias = aliases[table]
        return exp.alias_(_relation(found), alias, table=True, quoted=_odd(alias))

    def _period_tests(self, period: Period) -> exp.Expr:
        """The period, or either of two that are held against each other."""
        test = self._period_test(period)
        if self.frame.comparison is None:
            return test
        return exp.paren(exp.or_(test, self._period_test(self.frame.comparison.base)))

    def _period_test(self, period: Period) -> exp.Expr:
        if period.column is None:
            raise Impossible("a period without a column")
        column = self.catalog.by_name[period.column.table].by_name[period.column.name]
        return period_test(self._column(period.column), column, period)

    def _having(self, found: Filter) -> exp.Expr:
        assert found.measure is not None  # noqa: S101 - having filters have one
        value = found.values[0] if len(found.values) == 1 else None
        if not isinstance(value, int | float) or isinstance(value, bool):
            raise Impossible("a number of each group is compared with something else")
        test = compare(self._measure(found.measure), found.comparator, exp.Literal.number(value))
        return exp.Not(this=test) if found.negated else test


def _counted_or_not(inner: exp.Select, found: Existence) -> exp.Expr:
    """EXISTS, or a count compared, or the opposite of either."""
    if found.comparator is not None and found.count is not None:
        counted = inner.select(exp.Count(this=exp.Star()), append=False)
        test = compare(
            exp.Subquery(this=counted), found.comparator, exp.Literal.number(found.count)
        )
    else:
        test = exp.Exists(this=inner)
    return exp.Not(this=test) if found.negated else test


_UNORDERED = ("boolean", "uuid", "json", "bytea", "bit", "point", "xml")
"""Types whose values Postgres finds no smallest of."""


def _place(ref: ColumnRef) -> str:
    """Return what a joined table is known by: its name, with the key where it is in a role."""
    return f"{ref.table} {ref.via}" if ref.via else ref.table


def _bare(table: str) -> str:
    return table.partition(".")[2]


def _odd(name: str) -> bool:
    """Whether an identifier needs quotes; sqlglot quotes reserved words by itself."""
    return not (
        name.isascii()
        and name.replace("_", "a").isalnum()
        and name == name.lower()
        and not name[0].isdigit()
    )


def _relation(table: Table) -> exp.Table:
    return exp.Table(
        this=exp.to_identifier(table.name, quoted=_odd(table.name)),
        db=exp.to_identifier(table.schema, quoted=_odd(table.schema)),
    )


def _col(table: str, name: str) -> exp.Column:
    return exp.column(
        exp.to_identifier(name, quoted=_odd(name)),
        table=exp.to_identifier(table, quoted=_odd(table)),
    )


def _only(value: exp.Expr, test: exp.Expr) -> exp.Expr:
    """Return a number over the rows that pass a test, whatever the others are."""
    tree = value.copy()
    for node in list(tree.find_all(exp.AggFunc)):
        inner = node.this
        holder = inner if isinstance(inner, exp.Distinct) else node
        operand = inner.expressions[0] if isinstance(inner, exp.Distinct) else inner
        counted = exp.Literal.number(1) if isinstance(operand, exp.Star) else operand.copy()
        case = exp.Case().when(test.copy(), counted)
        if holder is node:
            node.set("this", case)
        else:
            holder.set("expressions", [case])
    return tree


def _ratio(part: exp.Expr, whole: exp.Expr) -> exp.Expr:
    """A share, exact, and empty where there is nothing to divide by."""
    return exp.Div(
        this=exp.cast(part, "numeric"),
        expression=exp.Nullif(this=whole, expression=exp.Literal.number(0)),
    )


def _as_name(label: str) -> str:
    return "".join(c if c.isalnum() else "_" for c in label.lower()).strip("_") or "period"


def _name_of(slot: MeasureSlot) -> str:
    """Return a column name a person would give the number."""
    if slot.named:
        name = slot.named
    elif slot.where and slot.over is not None and slot.aggregate == "count":
        name = "rate_of_" + "_".join(_as_name(str(v)) for f in slot.where for v in f.values)
    elif slot.column is None:
        name = "number_of_" + slot.table.partition(".")[2]
    else:
        word = {"sum": "total", "avg": "average", "count_distinct": "number_of"}
        name = f"{word.get(slot.aggregate or '', slot.aggregate)}_{slot.column.name}"
    if slot.running:
        return f"running_{name}"
    if slot.over is not None and not slot.where:
        return f"{name}_per_{_name_of(slot.over).removeprefix('total_')}"
    return f"share_of_{name}" if slot.share or (slot.over and slot.column) else name
