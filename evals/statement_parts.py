"""Places in a statement, and whose they are: what a mutant is made of."""

from __future__ import annotations

from collections.abc import Iterator

import sqlglot
from sqlglot import exp
from sqlglot.errors import OptimizeError
from sqlglot.optimizer.scope import Scope, traverse_scope

from clearway.semantics.judgement import base_type, is_number, is_time
from clearway.semantics.types import Catalog, Column, Table


def each_of(sql: str, *kinds: type[exp.Expr]) -> Iterator[tuple[exp.Expr, exp.Expr]]:
    """Yield every node of these kinds, each in a tree of its own."""
    count = len(list(sqlglot.parse_one(sql, dialect="postgres").find_all(*kinds)))
    for number in range(count):
        tree = sqlglot.parse_one(sql, dialect="postgres")
        yield tree, list(tree.find_all(*kinds))[number]


def joins_rows(node: exp.Expr | None) -> bool:
    """Whether it says which rows belong together."""
    return (
        isinstance(node, exp.EQ)
        and isinstance(node.this, exp.Column)
        and isinstance(node.expression, exp.Column)
    )


def alias_of(select: exp.Expr, table: Table | None) -> str:
    """Return the name a table goes by in a SELECT."""
    for source in select.find_all(exp.Table):
        if table is not None and source.name == table.name:
            return source.alias_or_name
    return ""


def alike(one: Column, other: Column) -> bool:
    """Whether one column may be taken for the other: by kind, not by name."""
    same = base_type(one.type) == base_type(other.type)
    return (
        same
        or (is_number(one.type) and is_number(other.type))
        or (is_time(one.type) and is_time(other.type))
    )


def first_table(catalog: Catalog, select: exp.Expr | None) -> Table | None:
    """Return the first table a SELECT reads."""
    source = select.find(exp.Table) if select is not None else None
    if source is None:
        return None
    return catalog.by_name.get(f"{catalog.default_schema}.{source.name}")


def owner_of(catalog: Catalog, tree: exp.Expr, column: exp.Column) -> Table | None:
    """Return the table a column of a tree belongs to."""
    try:
        scopes: list[Scope] = list(traverse_scope(tree))
    except OptimizeError:
        return None
    for scope in scopes:
        if not any(column is each for each in scope.columns):
            continue
        for name, source in scope.sources.items():
            if (column.table and name != column.table) or not isinstance(source, exp.Table):
                continue
            table = catalog.by_name.get(f"{catalog.default_schema}.{source.name}")
            if table is not None and column.name in table.by_name:
                return table
    return None
