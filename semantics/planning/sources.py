"""Whose rows a statement reads, and how the other tables are reached from there."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from sqlglot import exp

from clearway.semantics.frame import (
    ColumnRef,
    Dimension,
    Frame,
    MeasureSlot,
)
from clearway.semantics.judgement import words_of
from clearway.semantics.planning.conditions import (
    Impossible,
    boolean_all,
)
from clearway.semantics.planning.sqltext import (
    col,
    odd,
    place_of,
    relation,
    table_of,
)
from clearway.semantics.resolving.joins import Edge, JoinGraph
from clearway.semantics.types import Catalog
from clearway.semantics.words.verbs import link_verbs

_WORDS = re.compile(r"[^\W_]+")


class Joined:
    """The base of a statement and its joins; every table is joined once, or once a role."""

    def __init__(self, frame: Frame, catalog: Catalog, joins: JoinGraph) -> None:
        self.frame = frame
        self.catalog = catalog
        self.joins = joins
        said = _WORDS.findall(frame.text.casefold())
        done = (f"{w.removesuffix('e')}ed" for w in said if link_verbs().get(w) == w)
        self.hints = frozenset((*said, *done))
        self.aliases: dict[str, str] = {}
        self.steps: dict[str, Edge] = {}
        """The edge that joined each table but the base."""
        self.assumptions: list[str] = list(frame.assumptions)
        self.base = ""

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
        place = place_of(ref)
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
        found = self.catalog.by_name[table_of(place)]
        node = relation(found)
        alias = self.aliases[place]
        return exp.alias_(node, alias, table=True, quoted=odd(alias))

    def _on(self, edge: Edge, place: str) -> exp.Expr:
        source, target = self.aliases[edge.source], self.aliases[place]
        return boolean_all(
            [exp.EQ(this=col(source, a), expression=col(target, b)) for a, b in edge.pairs]
        )

    def _type_of(self, ref: ColumnRef) -> str:
        return self.catalog.by_name[ref.table].by_name[ref.name].type

    def _column(self, ref: ColumnRef) -> exp.Expr:
        alias = self._reach_role(ref) if ref.via else self._reach(ref.table)
        return col(alias, ref.name)
