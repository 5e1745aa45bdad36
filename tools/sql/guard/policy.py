"""Row filters and masks of the catalog, compiled into the tree.

A table with a filter or a mask is replaced by a subquery of its visible columns, masked where the
principal sees masks. Everything else in the statement then sees only that: a masked column cannot
be filtered, grouped, joined or sorted on raw, and a hidden one is not there. `OFFSET 0` keeps
Postgres from running the asker's conditions before the row filter, where an error or its absence
could tell something about a filtered row.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from sqlglot import exp

from clearway.errors import ConfigurationError
from clearway.identity import Principal
from clearway.semantics.types import Catalog, Column, Mask, Table
from clearway.tools.sql.guard.names.check import NameReader
from clearway.tools.sql.guard.refusal import Refused
from clearway.tools.sql.guard.statement.reading import read
from clearway.tools.sql.guard.statement.scope import View
from clearway.tools.sql.guard.statement.spelling import position_of
from clearway.tools.sql.guard.tree.check import check_tree
from clearway.tools.sql.guard.vocabulary import Vocabulary
from clearway.tools.sql.guard.writing.render import literal, quoted, render

MASK_KEY_SETTING = "clearway.mask_key"
"""Session setting the hash mask is keyed with; set by the session, never part of the text."""

_PLACEHOLDER = re.compile(r"'\{(user|tenant)\}'|\{(user|tenant)\}")
_STAND_IN = {"user": "\x02user", "tenant": "\x02tenant"}
"""Stands for the asker while a filter is read; no catalog and no statement can hold it."""


@dataclass(frozen=True, slots=True)
class RowFilter:
    """A filter as SQL, stand-ins where the asker's values belong, and the tables it reads."""

    condition: str
    reads: frozenset[str]


def compile_filters(catalog: Catalog, vocabulary: Vocabulary) -> Mapping[str, RowFilter]:
    """Return the row filters by table; raises `ConfigurationError` naming one that is wrong.

    A placeholder must be a value of its own. Inside a longer string it would let an asker's name
    end the string, so such a filter is refused.
    """
    view = View.of(catalog)
    return {
        table.qualified: _compile(table, table.row_filter, view, vocabulary)
        for table in catalog.tables
        if table.row_filter
    }


def _compile(table: Table, text: str, view: View, vocabulary: Vocabulary) -> RowFilter:
    filled = _PLACEHOLDER.sub(lambda found: literal(_STAND_IN[found[1] or found[2]]), text)
    wanted = len(_PLACEHOLDER.findall(text))
    sql = f"SELECT 1 FROM {quoted(table.schema)}.{quoted(table.name)} WHERE ({filled})"
    try:
        root = check_tree(read(sql), vocabulary)
        reader = NameReader(view)
        reader.statement(root)
    except Refused as refused:
        raise _unusable(table, refused.rejection.reason) from None
    values = [node.name for node in root.find_all(exp.Literal) if node.is_string]
    if sum(value in _STAND_IN.values() for value in values) != wanted:
        raise _unusable(table, "A placeholder must be a value of its own.")
    reads = frozenset(reader.relations) - {table.qualified}
    return RowFilter(render(root.args["where"].this), reads)


def _unusable(table: Table, reason: str) -> ConfigurationError:
    return ConfigurationError(
        f"The row_filter of {table.qualified} in the catalog cannot be used: {reason} "
        "Correct it in catalog.yaml.",
        table=table.qualified,
    )


class Policies:
    """What the tables look like to holders of one set of roles, as SQL."""

    def __init__(
        self, visible: Catalog, roles: frozenset[str], filters: Mapping[str, RowFilter]
    ) -> None:
        """Take the visible part of a catalog; texts are made when a table is first read."""
        self._tables = visible.by_name
        self._roles = roles
        self._filters = filters
        self._texts: dict[str, str] = {}
        self.required = frozenset(
            name
            for name, table in self._tables.items()
            if name in filters or any(is_masked(column, roles) for column in table.columns)
        )
        """Tables that may only be read through their policy."""

    def reads(self, tables: Iterable[str]) -> frozenset[str]:
        """Return the tables that the filters of these read."""
        return frozenset().union(
            *(self._filters[name].reads for name in tables if name in self._filters)
        )

    def narrowed(self, table: str, principal: Principal) -> str:
        """Return a SELECT of the table's visible columns, filtered and masked for the asker."""
        text = self._texts.get(table)
        if text is None:
            text = self._texts[table] = self._text(self._tables[table])
        for name, value in (("user", principal.user), ("tenant", principal.tenant)):
            text = text.replace(literal(_STAND_IN[name]), literal(value))
        return text

    def applied(self, table: str, sql: str, principal: Principal) -> bool:
        """Return whether every mention of a table in the text is inside its policy."""
        if table not in self.required or table in self.reads(self.required):
            return True
        schema, _, name = table.partition(".")
        mention = f"{quoted(schema)}.{quoted(name)} AS "
        policy = self.narrowed(table, principal)
        return sql.count(mention) == sql.count(policy) * policy.count(mention)

    def _text(self, table: Table) -> str:
        alias = quoted(table.name)
        columns = []
        for column in table.columns:
            raw = f"{alias}.{quoted(column.name)}"
            if column.mask is not None and is_masked(column, self._roles):
                masked = mask_sql(column.mask, raw, column.type)
                columns.append(f"{masked} AS {quoted(column.name)}")
            else:
                columns.append(raw)
        source = f"{quoted(table.schema)}.{quoted(table.name)} AS {alias}"
        row_filter = self._filters.get(table.qualified)
        where = f" WHERE {row_filter.condition} OFFSET 0" if row_filter else ""
        return f"SELECT {', '.join(columns)} FROM {source}{where}"


def is_masked(column: Column, roles: frozenset[str]) -> bool:
    """Return whether holders of these roles see the column only through its mask."""
    return column.mask is not None and column.unmasked_roles.isdisjoint(roles)


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


# Putting them in


def narrow(node: exp.Expr, sql: str) -> None:
    """Replace a base table in a FROM clause by its narrowed SELECT, under the same alias."""
    if node.args.get("sample") or node.args.get("only"):
        raise Refused(
            "names",
            "names.sample",
            "This table cannot be sampled or read with ONLY here.",
            "Leave TABLESAMPLE and ONLY out, or name the columns and join with ON.",
            position_of(node),
        )
    args = {name: node.args.get(name) for name in ("alias", "joins")}
    node.replace(exp.Subquery(this=exp.Placeholder(this=sql), **args))
