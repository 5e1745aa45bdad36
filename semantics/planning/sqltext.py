"""How relations, columns and aggregates are written as SQL trees."""

from __future__ import annotations

from sqlglot import exp

from clearway.semantics.frame import (
    ColumnRef,
)
from clearway.semantics.planning.keywords import KEYWORDS
from clearway.semantics.types import Table

DIALECT = "postgres"

AGGREGATES: dict[str, type[exp.AggFunc]] = {
    "sum": exp.Sum, "avg": exp.Avg, "min": exp.Min, "max": exp.Max, "count": exp.Count,
}  # fmt: skip


def aggregated(name: str, column: exp.Expr) -> exp.Expr:
    """Return an aggregate of a column; the median lies between the two middle values."""
    if name != "median":
        return AGGREGATES[name](this=column)
    return exp.WithinGroup(
        this=exp.PercentileCont(this=exp.Literal.number("0.5")),
        expression=exp.Order(expressions=[exp.Ordered(this=column, nulls_first=False)]),
    )


_ROLE = "\0"
"""Stands between a table and the key it is reached by: no name holds it, as it may hold spaces."""

UNORDERED = ("boolean", "uuid", "json", "bytea", "bit", "point", "xml")
"""Types whose values Postgres finds no smallest of."""


def bare(table: str) -> str:
    """Return a table's name without its schema."""
    return table.partition(".")[2]


def odd(name: str) -> bool:
    """Whether an identifier needs quotes: unquoted, Postgres reads another name, or none."""
    return name in KEYWORDS or not (
        name.isascii()
        and name.replace("_", "a").isalnum()
        and name == name.lower()
        and not name[0].isdigit()
    )


def written(*names: str) -> str:
    """Return a name as a statement has to write it, with what it stands in before it."""
    parts = (exp.to_identifier(name, quoted=odd(name)) for name in names)
    return ".".join(part.sql(dialect=DIALECT) for part in parts)


def relation(table: Table) -> exp.Table:
    """Return a table as a FROM names it, quoted where it must be."""
    return exp.Table(
        this=exp.to_identifier(table.name, quoted=odd(table.name)),
        db=exp.to_identifier(table.schema, quoted=odd(table.schema)),
    )


def col(table: str, name: str) -> exp.Column:
    """Return a column of an alias, quoted where it must be."""
    return exp.column(
        exp.to_identifier(name, quoted=odd(name)),
        table=exp.to_identifier(table, quoted=odd(table)),
    )


def place_of(ref: ColumnRef) -> str:
    """Return what a joined table is known by: its name, with the key where it is in a role."""
    return f"{ref.table}{_ROLE}{ref.via}" if ref.via else ref.table


def table_of(place: str) -> str:
    """Return the table a place is one of."""
    return place.partition(_ROLE)[0]


def only(value: exp.Expr, test: exp.Expr) -> exp.Expr:
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


def ratio(part: exp.Expr, whole: exp.Expr, *, percent: bool = False) -> exp.Expr:
    """A share, exact, and empty where there is nothing to divide by; of one, or of a hundred."""
    if percent:
        part = exp.Mul(this=exp.Literal.number(100), expression=part)
    return exp.Div(
        this=exp.cast(part, "numeric"),
        expression=exp.Nullif(this=whole, expression=exp.Literal.number(0)),
    )
