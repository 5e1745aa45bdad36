"""Wrong statements made of right ones: one place changed, in one of a dozen ways a model errs.

Deterministic: the same statement, catalog and seed give the same mutants.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import sqlglot
from sqlglot import exp

from clearway.evals.statement_parts import (
    alias_of,
    alike,
    each_of,
    first_table,
    joins_rows,
    owner_of,
)
from clearway.semantics.judgement import is_number
from clearway.semantics.types import Catalog

Values = Callable[[str, str], Sequence[str]]
"""Some values a column of a table holds, as text."""

_AGGREGATES: tuple[type[exp.AggFunc], ...] = (exp.Sum, exp.Avg, exp.Min, exp.Max)
_TURNED: Mapping[type[exp.Expr], tuple[type[exp.Binary], ...]] = {
    exp.GT: (exp.LT, exp.GTE), exp.GTE: (exp.LT, exp.GT), exp.LT: (exp.GT, exp.LTE),
    exp.LTE: (exp.GT, exp.LT), exp.EQ: (exp.NEQ, exp.GT), exp.NEQ: (exp.EQ,),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Mutant:
    """A statement that differs from the right one in one place."""

    kind: str
    sql: str


class Mutator:
    """Makes mutants over one catalog; `values` looks into the data for what else could be meant."""

    def __init__(self, catalog: Catalog, values: Values, *, seed: int = 0) -> None:
        """`seed` decides which of several places and replacements are taken."""
        self._catalog = catalog
        self._values = values
        self._seed = seed

    def mutants(self, sql: str, *, per_kind: int = 1) -> list[Mutant]:
        """Return at most `per_kind` mutants of each kind that the statement allows."""
        made: list[Mutant] = []
        right = sqlglot.parse_one(sql, dialect="postgres").sql(dialect="postgres")
        for kind, way in _WAYS.items():
            rng = random.Random(f"{self._seed}:{kind}:{sql}")
            found = list(dict.fromkeys(s for s in way(self, right, rng) if s != right))
            rng.shuffle(found)
            made += [Mutant(kind, text) for text in found[:per_kind]]
        return made

    # ------------------------------------------------------------ one way each

    def _aggregate(self, sql: str, rng: random.Random) -> Iterator[str]:
        for tree, node in each_of(sql, *_AGGREGATES, exp.Count):
            inner = node.this
            if isinstance(node, exp.Count):
                yield from self._count_as_number(tree, node, rng)
            else:
                other = rng.choice([each for each in _AGGREGATES if each is not type(node)])
                node.replace(other(this=inner.copy()))
                yield tree.sql(dialect="postgres")

    def _count_as_number(self, tree: exp.Expr, node: exp.Expr, rng: random.Random) -> Iterator[str]:
        select = node.find_ancestor(exp.Select)
        table = first_table(self._catalog, select)
        numbers = [c for c in table.columns if is_number(c.type)] if table is not None else []
        if numbers and select is not None:
            alias = alias_of(select, table)
            column = exp.column(rng.choice(numbers).name, table=alias)
            node.replace(rng.choice((exp.Sum, exp.Max))(this=column))
            yield tree.sql(dialect="postgres")

    def _filter(self, sql: str, rng: random.Random) -> Iterator[str]:
        for tree, node in each_of(sql, exp.Where, exp.Having):
            conditions = list(node.this.flatten()) if isinstance(node.this, exp.And) else []
            if not conditions:
                node.pop()
                yield tree.sql(dialect="postgres")
            else:
                kept = [each.copy() for each in conditions]
                del kept[rng.randrange(len(kept))]
                node.set("this", exp.and_(*kept))
                yield tree.sql(dialect="postgres")

    def _comparator(self, sql: str, rng: random.Random) -> Iterator[str]:
        for tree, node in each_of(sql, *_TURNED):
            if joins_rows(node):
                continue
            made = rng.choice(_TURNED[type(node)])
            node.replace(made(this=node.this.copy(), expression=node.expression.copy()))
            yield tree.sql(dialect="postgres")

    def _literal(self, sql: str, rng: random.Random) -> Iterator[str]:
        for tree, node in each_of(sql, exp.Literal):
            parent = node.parent
            if isinstance(parent, exp.Limit | exp.Offset) or not isinstance(
                parent, exp.Predicate | exp.In | exp.Between
            ):
                continue
            text = str(node.this)
            if not node.is_string:
                number = float(text)
                other = number + rng.choice((-1, 1, 2, 10)) if number < 10 else number * 2
                node.replace(exp.Literal.number(f"{other:g}"))
            elif (other_text := self._other_value(tree, parent, text, rng)) is not None:
                node.replace(exp.Literal.string(other_text))
            else:
                continue
            yield tree.sql(dialect="postgres")

    def _other_value(
        self, tree: exp.Expr, parent: exp.Expr, text: str, rng: random.Random
    ) -> str | None:
        if text[:4].isdigit() and len(text) >= 8:
            return None
        column = parent.find(exp.Column)
        owner = owner_of(self._catalog, tree, column) if column is not None else None
        if column is None or owner is None:
            return None
        known = [v for v in self._values(owner.qualified, column.name) if v and v != text]
        return rng.choice(known) if known else None

    def _column(self, sql: str, rng: random.Random) -> Iterator[str]:
        for tree, node in each_of(sql, exp.Column):
            plain = isinstance(node, exp.Column) and not isinstance(node.this, exp.Star)
            if not isinstance(node, exp.Column) or not plain or joins_rows(node.parent):
                continue
            yield from self._other_column(tree, node, rng)

    def _other_column(self, tree: exp.Expr, node: exp.Column, rng: random.Random) -> Iterator[str]:
        owner = owner_of(self._catalog, tree, node)
        if owner is None or node.name not in owner.by_name:
            return
        mine = owner.by_name[node.name]
        fits = [c for c in owner.columns if c.name != mine.name and alike(c, mine)]
        if fits:
            other, name = rng.choice(fits).name, node.name
            for same in list(tree.find_all(exp.Column)):
                if same.name == name and same.table == node.table and not joins_rows(same.parent):
                    same.set("this", exp.to_identifier(other))
            yield tree.sql(dialect="postgres")

    def _join(self, sql: str, rng: random.Random) -> Iterator[str]:
        for tree, node in each_of(sql, exp.EQ):
            if not joins_rows(node):
                continue
            side = node.this if rng.random() < 0.5 else node.expression
            yield from self._other_key(tree, side, rng)

    def _other_key(self, tree: exp.Expr, side: exp.Expr, rng: random.Random) -> Iterator[str]:
        owner = owner_of(self._catalog, tree, side) if isinstance(side, exp.Column) else None
        if owner is None or side.name not in owner.by_name:
            return
        mine = owner.by_name[side.name]
        fits = [c for c in owner.columns if c.name != mine.name and alike(c, mine)]
        if fits:
            side.set("this", exp.to_identifier(rng.choice(fits).name))
            yield tree.sql(dialect="postgres")

    def _table(self, sql: str, rng: random.Random) -> Iterator[str]:
        for tree, node in each_of(sql, exp.Table):
            used = {
                c.name
                for c in tree.find_all(exp.Column)
                if not c.table or c.table == node.alias_or_name
            }
            mine = self._catalog.by_name.get(f"{self._catalog.default_schema}.{node.name}")
            if mine is None:
                continue
            needed = {name for name in used if name in mine.by_name}
            fits = [
                t for t in self._catalog.tables if t.name != mine.name and needed <= set(t.by_name)
            ]
            if fits:
                other = rng.choice(fits).name
                if not node.alias and any(c.table == node.name for c in tree.find_all(exp.Column)):
                    node.set("alias", exp.TableAlias(this=exp.to_identifier(node.name)))
                node.set("this", exp.to_identifier(other))
                yield tree.sql(dialect="postgres")

    def _direction(self, sql: str, rng: random.Random) -> Iterator[str]:
        for tree, node in each_of(sql, exp.Ordered):
            downward = not node.args.get("desc")
            node.set("desc", downward)
            node.set("nulls_first", not downward if node.args.get("nulls_first") else False)
            yield tree.sql(dialect="postgres")

    def _limit(self, sql: str, rng: random.Random) -> Iterator[str]:
        for tree, node in each_of(sql, exp.Limit):
            number = int(float(str(node.expression.this)))
            other = rng.choice([number + 1, number + 2, number * 10, None])
            if other is None:
                node.pop()
            else:
                node.set("expression", exp.Literal.number(other))
            yield tree.sql(dialect="postgres")

    def _distinct(self, sql: str, rng: random.Random) -> Iterator[str]:
        for tree, node in each_of(sql, exp.Distinct):
            if isinstance(node.parent, exp.Select):
                node.parent.set("distinct", None)
            elif node.expressions:
                node.replace(node.expressions[0].copy())
            yield tree.sql(dialect="postgres")

    def _group(self, sql: str, rng: random.Random) -> Iterator[str]:
        for tree, node in each_of(sql, exp.Group):
            select = node.parent
            keys = {key.sql() for key in node.expressions}
            if not isinstance(select, exp.Select) or not keys:
                continue
            kept = [p for p in select.expressions if p.unalias().sql() not in keys]
            order = select.args.get("order")
            if kept and len(kept) < len(select.expressions):
                select.set("expressions", kept)
                if order is not None and any(o.this.sql() in keys for o in order.expressions):
                    select.set("order", None)
                node.pop()
                yield tree.sql(dialect="postgres")

    def _period(self, sql: str, rng: random.Random) -> Iterator[str]:
        for tree, node in each_of(sql, exp.Literal):
            text = str(node.this)
            year = text[:4]
            dated = node.is_string and len(text) >= 8 and text[4:5] == "-"
            if not year.isdigit() or not (dated or (len(text) == 4 and 1900 < int(year) < 2100)):
                continue
            moved = f"{int(year) + rng.choice((-1, 1))}{text[4:]}"
            made = exp.Literal.string(moved) if node.is_string else exp.Literal.number(moved)
            node.replace(made)
            yield tree.sql(dialect="postgres")

    def _negation(self, sql: str, rng: random.Random) -> Iterator[str]:
        for tree, node in each_of(
            sql, exp.Not, exp.Except, exp.Intersect, exp.Or, exp.Exists, exp.In
        ):
            if isinstance(node, exp.Not):
                node.replace(node.this.copy())
            elif isinstance(node, exp.Except | exp.Intersect):
                other = exp.Intersect if isinstance(node, exp.Except) else exp.Union
                made = other(**{name: node.args.get(name) for name in ("this", "expression")})
                made.set("distinct", True)
                if node is tree:
                    yield made.sql(dialect="postgres")
                    continue
                node.replace(made)
            elif isinstance(node, exp.Or):
                node.replace(exp.And(this=node.this.copy(), expression=node.expression.copy()))
            elif isinstance(node.parent, exp.Not) or (
                isinstance(node, exp.In) and not node.args.get("query")
            ):
                continue
            else:
                node.replace(exp.Not(this=node.copy()))
            yield tree.sql(dialect="postgres")


_WAYS: dict[str, Callable[[Mutator, str, random.Random], Iterator[str]]] = {
    "aggregate": Mutator._aggregate,
    "filter dropped": Mutator._filter,
    "comparator": Mutator._comparator,
    "literal": Mutator._literal,
    "column": Mutator._column,
    "join": Mutator._join,
    "table": Mutator._table,
    "direction": Mutator._direction,
    "limit": Mutator._limit,
    "distinct dropped": Mutator._distinct,
    "group dropped": Mutator._group,
    "period": Mutator._period,
    "negation": Mutator._negation,
}
KINDS = tuple(_WAYS)
