"""What restricts the rows: tests of columns, related rows that must or must not be, periods."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

from sqlglot import exp

from clearway.semantics.frame import (
    Existence,
    Filter,
    Period,
)
from clearway.semantics.judgement import words_of
from clearway.semantics.planning.conditions import (
    Impossible,
    boolean_all,
    column_test,
    compare,
    period_test,
)
from clearway.semantics.planning.sources import Joined
from clearway.semantics.planning.sqltext import (
    aggregated,
    col,
    odd,
    relation,
)
from clearway.semantics.resolving.joins import Edge, Path
from clearway.semantics.times.steps import step_test
from clearway.semantics.words.roots import EVENTS, PAPERS, same_root
from clearway.semantics.words.tokens import singular
from clearway.semantics.words.verbs import link_verbs


class Restricted(Joined):
    """The conditions of a statement."""

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
        if found.than is not None:
            against = self._column(found.than)
        if found.step is not None:
            return step_test(self._column(found.column), column, found)
        return column_test(self._column(found.column), column, found, against)

    def _average(self, found: Filter) -> exp.Expr:
        """The number over everything a row is compared with."""
        assert found.against is not None and found.against.column is not None  # noqa: S101
        ref = found.against.column
        table = self.catalog.by_name[ref.table]
        column = exp.column(ref.name, quoted=odd(ref.name))
        made = aggregated(found.against.aggregate or "avg", column)
        inner = exp.select(made).from_(relation(table))
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
        if found.count is not None:
            self._counted_once(path)
        aliases = self._inner_aliases(edges)
        start = edges[0]
        tests: list[exp.Expr] = [
            exp.EQ(this=col(aliases[start.target], b), expression=col(self._reach(start.source), a))
            for a, b in start.pairs
        ]
        inner = exp.select(exp.Literal.number(1)).from_(self._inner_table(start.target, aliases))
        for edge in edges[1:]:
            on = [
                exp.EQ(this=col(aliases[edge.source], a), expression=col(aliases[edge.target], b))
                for a, b in edge.pairs
            ]
            inner = inner.join(self._inner_table(edge.target, aliases), on=boolean_all(on))
        tests += [self._inner_test(condition, aliases) for condition in found.filters]
        if found.period is not None and found.period.column is not None:
            ref = found.period.column
            column = self.catalog.by_name[ref.table].by_name[ref.name]
            tests.append(period_test(col(aliases[ref.table], ref.name), column, found.period))
        return _counted_or_not(inner.where(boolean_all(tests)), found)

    def _counted_once(self, path: Path) -> None:
        """`customers of more than 3 genres`: by way of what they bought one comes up many times.

        Where a row leads to each but once, or is what a verb says was done, it is the same.
        """
        if len(path) < 2 or not path[-1].to_one:
            return
        between = self.catalog.by_name[path[-1].source]
        keys = {name for key in between.foreign_keys for name in key.columns}
        once = bool(between.primary_key) and keys.issuperset(between.primary_key)
        names = words_of(between.name)
        done = any(same_root(said, name) for said in self.hints for name in names)
        done = done or any(name in EVENTS.get(said, ()) for said in self.hints for name in names)
        if len(path) > 2 or not (once or done):
            raise Impossible(
                f"whether each {self._spoken(path[-1].target)} counts once is not said"
            )

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
        if ref.via or condition.than is not None or condition.step is not None:
            raise Impossible(f"{self._spoken(ref.table)} of related rows in one of several roles")
        column = self.catalog.by_name[ref.table].by_name[ref.name]
        against = self._average(condition) if condition.against is not None else None
        return column_test(col(aliases[ref.table], ref.name), column, condition, against)

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
        if not found.via:
            self._told_by_verb(path)
        return path

    def _told_by_verb(self, path: Path) -> None:
        """`customers who bought poems`: not by their reviews, where there are orders."""
        between = {edge.target for edge in path[:-1]}
        named = any(self._says_so(table) for table in between)
        if not between or named:
            return
        reached, queue = {path[0].source}, [path[0].source]
        while queue:
            for edge in self.joins.edges(queue.pop()):
                if edge.target not in reached | between:
                    reached.add(edge.target)
                    queue.append(edge.target)
        if path[-1].target in reached:
            raise Impossible(f"what leads to {self._spoken(path[-1].target)} is not said")

    def _verbs(self) -> set[str]:
        """Return what the question says was done."""
        return {link_verbs()[word] for word in self.hints if word in link_verbs()}

    def _says_so(self, table: str) -> bool:
        names = [singular(name) for name in words_of(self.catalog.by_name[table].name)]
        verbs = self._verbs()
        events = {noun for verb in verbs for noun in (*EVENTS.get(verb, ()), PAPERS.get(verb))}
        return any(
            name in events or any(same_root(said, name) for said in self.hints | verbs)
            for name in names
        )

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
        return exp.alias_(relation(found), alias, table=True, quoted=odd(alias))

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
