"""Row filters and masks of the catalog, compiled into the tree.

A table with a filter or a mask is replaced by a subquery of its visible columns, masked where the
principal sees masks. Everything else in the statement then sees only that: a masked column cannot
be filtered, grouped, joined or sorted on raw, and a hidden one is not there. `OFFSET 0` keeps
Postgres from running the asker's conditions before the row filter, where an error or its absence
could tell something about a filtered row.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from sqlglot import exp

from clearway.errors import ConfigurationError
from clearway.identity import Principal
from clearway.semantics.types import Catalog, Column, Mask, Table
from clearway.tools.sql.guard.names import NameReader
from clearway.tools.sql.guard.reading import read
from clearway.tools.sql.guard.refusal import Refused
from clearway.tools.sql.guard.render import literal, quoted, render
from clearway.tools.sql.guard.scope import View
from clearway.tools.sql.guard.tree import check_tree
from clearway.tools.sql.guard.vocabulary import Vocabulary

MASK_KEY_SETTING = "clearway.mask_key"
"""Session setting the hash mask is keyed with; set by the session, never part of the text."""

_PLACEHOLDER = re.compile(r"'?\{(user|tenant)\}'?")


@dataclass(frozen=True, slots=True)
class Policies:
    """What each visible table looks like to one principal, as SQL."""

    narrowed: Mapping[str, str]
    """By qualified name: a SELECT of the visible columns, filtered and masked."""
    required: frozenset[str]
    """Tables that may only be read through it."""
    relations: frozenset[str]
    """Relations that row filters read."""

    def applied(self, table: str, sql: str) -> bool:
        """Return whether every mention of a table in the text is inside its policy."""
        if table not in self.required or table in self.relations:
            return True
        schema, _, name = table.partition(".")
        mention = f"{quoted(schema)}.{quoted(name)} AS "
        policy = self.narrowed[table]
        return sql.count(mention) == sql.count(policy) * policy.count(mention)

    @classmethod
    def of(
        cls, catalog: Catalog, visible: Catalog, principal: Principal, vocabulary: Vocabulary
    ) -> Policies:
        """Compile for one principal; raises `ConfigurationError` naming a filter that is wrong."""
        view = View.of(catalog)
        narrowed: dict[str, str] = {}
        required: set[str] = set()
        relations: set[str] = set()
        for table in visible.tables:
            condition = ""
            if table.row_filter:
                condition, reads = _condition(table, table.row_filter, principal, view, vocabulary)
                relations |= reads
            masked = {c.name for c in table.columns if is_masked(c, principal)}
            if condition or masked:
                required.add(table.qualified)
            narrowed[table.qualified] = _narrow(table, masked, condition)
        return cls(narrowed, frozenset(required), frozenset(relations))


def is_masked(column: Column, principal: Principal) -> bool:
    """Return whether this principal sees the column only through its mask."""
    return column.mask is not None and column.unmasked_roles.isdisjoint(principal.roles)


def _narrow(table: Table, masked: set[str], condition: str) -> str:
    alias = quoted(table.name)
    columns = []
    for column in table.columns:
        raw = f"{alias}.{quoted(column.name)}"
        if column.name in masked and column.mask is not None:
            columns.append(f"{mask_sql(column.mask, raw, column.type)} AS {quoted(column.name)}")
        else:
            columns.append(raw)
    source = f"{quoted(table.schema)}.{quoted(table.name)} AS {alias}"
    where = f" WHERE {condition} OFFSET 0" if condition else ""
    return f"SELECT {', '.join(columns)} FROM {source}{where}"


def _condition(
    table: Table, text: str, principal: Principal, view: View, vocabulary: Vocabulary
) -> tuple[str, frozenset[str]]:
    values = {"user": principal.user, "tenant": principal.tenant}
    filled = _PLACEHOLDER.sub(lambda found: literal(values[found[1]]), text)
    name = f"{quoted(table.schema)}.{quoted(table.name)}"
    sql = f"SELECT 1 FROM {name} WHERE ({filled})"  # operator's text, checked below
    try:
        root = check_tree(read(sql), vocabulary)
        reader = NameReader(view)
        reader.statement(root)
    except Refused as refused:
        raise ConfigurationError(
            f"The row_filter of {table.qualified} in the catalog cannot be used: "
            f"{refused.rejection.reason} Correct it in catalog.yaml.",
            table=table.qualified,
        ) from None
    where = root.args["where"].this
    return render(where), frozenset(reader.relations) - {table.qualified}


# Masks

_NUMBERS = ("smallint", "integer", "bigint", "numeric", "real", "double precision")
_TIMES = ("date", "timestamp")


def mask_sql(mask: Mask, column: str, type_: str) -> str:
    """Return the expression that stands for a masked column; NULL stays NULL.

    hash: keyed SHA-256, so equal values join and count, and nobody without the key can guess them;
    partial: first character; generalise: year of a time, nearest lower power-of-ten step of a
    number, first three characters of text; null: nothing.
    """
    text = f"CAST({column} AS text)"
    if mask == "hash":
        key = f"current_setting('{MASK_KEY_SETTING}')"
        return f"left(encode(sha256(convert_to({key} || {text}, 'UTF8')), 'hex'), 16)"
    if mask == "partial":
        return f"left({text}, 1) || '***'"
    if mask == "generalise":
        return _generalise(column, type_, text)
    return f"CASE WHEN FALSE THEN {column} END"


def _generalise(column: str, type_: str, text: str) -> str:
    if type_.startswith(_TIMES):
        return f"CAST(date_trunc('year', {column}) AS {type_})"
    if type_.startswith(_NUMBERS):
        return f"floor({column} / 10) * 10"
    return f"left({text}, 3) || '***'"


# Putting them in, and finding them again


def narrow(node: exp.Expr, sql: str) -> None:
    """Replace a base table in a FROM clause by its narrowed SELECT, under the same alias."""
    args = {name: node.args.get(name) for name in ("alias", "joins")}
    node.replace(exp.Subquery(this=read(sql)[0], **args))
