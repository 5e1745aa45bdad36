"""Read a Catalog out of a database, as the role that will answer questions sees it.

A handful of statements whatever the number of tables. Values are sampled only from columns judged
public, in batches with a time bound; a batch that takes too long is skipped, not waited for.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any, Literal

from psycopg import AsyncConnection, errors, sql
from psycopg.rows import DictRow, dict_row

from clearway.semantics.catalog import stamped
from clearway.semantics.judgement import (
    aggregate_of,
    is_text,
    role_of,
    sensitivity_of,
    time_column_of,
)
from clearway.semantics.types import Catalog, Column, ForeignKey, Table

Kind = Literal["table", "view", "materialized view", "foreign table", "partitioned table"]
KINDS: dict[str, Kind] = {
    "r": "table",
    "v": "view",
    "m": "materialized view",
    "f": "foreign table",
    "p": "partitioned table",
}
MAX_VALUES = 2000
"""More distinct values than this are not an index of a dimension; none are kept."""
FEW_VALUES = 200
"""Up to this many, a text says what kind a row is; above, what it is called."""
MAX_VALUE_CHARS = 100
MAX_SAMPLED_ROWS = 200_000
"""Larger relations are described by their statistics only."""
BATCH = 40
SAMPLE_TIMEOUT_MS = 2_000

_RELATIONS = """
select c.oid::int8 as oid, n.nspname as schema, c.relname as name, c.relkind::text as kind,
       coalesce(obj_description(c.oid, 'pg_class'), '') as comment, c.reltuples::float8 as rows,
       case when c.relkind in ('r', 'm') then pg_relation_size(c.oid) else 0 end::float8 as bytes
  from pg_class c
  join pg_namespace n on n.oid = c.relnamespace
 where c.relkind in ('r', 'v', 'm', 'f', 'p')
   and n.nspname not in ('pg_catalog', 'information_schema', 'pg_toast')
   and n.nspname !~ '^pg_(temp|toast)'
   and (%(schemas)s::text[] is null or n.nspname = any (%(schemas)s::text[]))
   and has_schema_privilege(n.oid, 'usage')
   and has_any_column_privilege(c.oid, 'select')
   and not exists (select from pg_inherits i where i.inhrelid = c.oid)
   and not exists (select from pg_depend d where d.classid = 'pg_class'::regclass
                      and d.objid = c.oid and d.deptype = 'e')
 order by n.nspname, c.relname
"""

_COLUMNS = """
select a.attrelid::int8 as oid, a.attname as name, a.attnotnull as required,
       case t.typtype when 'd' then format_type(t.typbasetype, t.typtypmod)
         when 'e' then t.typnamespace::regnamespace || '.' || quote_ident(t.typname)
         else format_type(a.atttypid, a.atttypmod) end as type,
       coalesce(col_description(a.attrelid, a.attnum), '') as comment,
       s.n_distinct::float8 as n_distinct,
       has_column_privilege(a.attrelid, a.attnum, 'select') as readable,
       (select array_agg(e.enumlabel::text order by e.enumsortorder) from pg_enum e
         where e.enumtypid = a.atttypid) as labels
  from pg_attribute a
  join pg_type t on t.oid = a.atttypid
  join pg_class c on c.oid = a.attrelid
  join pg_namespace n on n.oid = c.relnamespace
  left join pg_stats s
    on s.schemaname = n.nspname and s.tablename = c.relname and s.attname = a.attname
       and s.inherited = exists (select from pg_inherits i where i.inhparent = c.oid)
 where a.attrelid::int8 = any (%(oids)s::int8[]) and a.attnum > 0 and not a.attisdropped
 order by a.attrelid, a.attnum
"""

_VIEWS = """
select r.ev_class::int8 as oid, d.refobjid::int8 as source
  from pg_rewrite r
  join pg_depend d on d.classid = 'pg_rewrite'::regclass and d.objid = r.oid
       and d.refclassid = 'pg_class'::regclass and d.refobjid <> r.ev_class
 where r.ev_class::int8 = any (%(oids)s::int8[])
 group by r.ev_class, d.refobjid
"""

_KEYS = """
select k.conrelid::int8 as oid, k.contype::text as kind, k.confrelid::int8 as target,
       (select array_agg(a.attname::text order by p.i)
          from unnest(k.conkey) with ordinality as p (num, i)
          join pg_attribute a on a.attrelid = k.conrelid and a.attnum = p.num) as columns,
       (select array_agg(a.attname::text order by p.i)
          from unnest(k.confkey) with ordinality as p (num, i)
          join pg_attribute a on a.attrelid = k.confrelid and a.attnum = p.num) as to_columns
  from pg_constraint k
 where k.conrelid::int8 = any (%(oids)s::int8[]) and k.contype in ('p', 'f')
 order by k.conrelid, k.conname
"""


async def introspect(
    connection: AsyncConnection[Any], *, source_id: str, schemas: Sequence[str] | None = None
) -> Catalog:
    """Return everything the connecting role may SELECT outside the system schemas.

    Partitions and inheritance children are storage of their parent and are left out, and so are
    an extension's own relations. Runs in a transaction of its own; nothing is written.
    """
    async with connection.transaction(), connection.cursor(row_factory=dict_row) as cursor:
        await cursor.execute("set local default_transaction_read_only = on")
        await cursor.execute(_RELATIONS, {"schemas": list(schemas) if schemas else None})
        relations = await cursor.fetchall()
        oids = [row["oid"] for row in relations]
        await cursor.execute(_COLUMNS, {"oids": oids})
        columns = _grouped(await cursor.fetchall())
        await cursor.execute(_KEYS, {"oids": oids})
        keys = _grouped(await cursor.fetchall())
        await cursor.execute(_VIEWS, {"oids": oids})
        views = _grouped(await cursor.fetchall())
        await cursor.execute("select current_schema()::text as name")
        found = await cursor.fetchone()
    names = {row["oid"]: (row["schema"], row["name"]) for row in relations}
    derived = {oid for oid, found in views.items() if all(row["source"] in names for row in found)}
    tables = [
        replace(
            _table(row, columns[row["oid"]], keys[row["oid"]], names),
            derived=row["oid"] in derived,
        )
        for row in relations
    ]
    values = await _sample(connection, tables)
    sampled = tuple(_with_values(table, values) for table in tables)
    schema = (found or {}).get("name") or "public"
    return stamped(Catalog(source_id=source_id, tables=sampled, default_schema=schema))


def _grouped(rows: Iterable[DictRow]) -> Mapping[int, list[DictRow]]:
    groups: dict[int, list[DictRow]] = defaultdict(list)
    for row in rows:
        groups[row["oid"]].append(row)
    return groups


def _table(
    row: DictRow,
    columns: Sequence[DictRow],
    keys: Sequence[DictRow],
    names: Mapping[int, tuple[str, str]],
) -> Table:
    primary = next((tuple(key["columns"]) for key in keys if key["kind"] == "p"), ())
    foreign = tuple(
        ForeignKey(
            columns=tuple(key["columns"]),
            to_schema=names[key["target"]][0],
            to_table=names[key["target"]][1],
            to_columns=tuple(key["to_columns"]),
        )
        for key in keys
        if key["kind"] == "f" and key["target"] in names
    )
    keyed = {name for key in foreign for name in key.columns} | set(primary)
    rows = _row_estimate(row)
    made = tuple(_column(row["name"], column, keyed, rows) for column in columns)
    return Table(
        schema=row["schema"],
        name=row["name"],
        kind=KINDS[row["kind"]],
        description=row["comment"],
        columns=made,
        primary_key=primary,
        foreign_keys=foreign,
        row_estimate=rows,
        time_column=time_column_of(_allowed(made), row["name"]),
    )


def _row_estimate(row: DictRow) -> float | None:
    """Return the planner's count; for a table never analysed, one from its size on disk."""
    if row["rows"] > 0:
        return float(row["rows"])
    return float(row["bytes"] // 80) if row["kind"] in "rm" else None


def _column(table: str, row: DictRow, keyed: set[str], rows: float | None) -> Column:
    role = role_of(row["name"], row["type"], is_key=row["name"] in keyed)
    sensitivity = sensitivity_of(table, row["name"], row["comment"])
    labels = tuple(row["labels"] or ())
    return Column(
        name=row["name"],
        type=row["type"],
        nullable=not row["required"],
        description=row["comment"],
        role="dimension" if labels else role,
        aggregate=aggregate_of(row["name"], role),
        sensitivity=sensitivity,
        # One without a right to it is known all the same: a star would stand for it too.
        allow=row["readable"] and sensitivity != "secret",
        values=labels,
        distinct=_distinct(row["n_distinct"], rows),
    )


def _distinct(estimate: float | None, rows: float | None) -> float | None:
    """Postgres gives a count, or minus a fraction of the rows."""
    if not estimate:
        return None
    return estimate if estimate > 0 else (-estimate * rows if rows else None)


def _worth_sampling(table: Table, column: Column) -> bool:
    """Short texts that may be a dimension, and whole numbers that may be a flag."""
    flag = column.role == "measure" and column.distinct is None and "int" in column.type
    return (
        column.allow
        and column.sensitivity == "public"
        and (flag or (column.role == "attribute" and is_text(column.type)))
        and not column.values
        and (column.distinct is None or column.distinct <= MAX_VALUES)
        and table.kind in ("table", "materialized view")
        and (table.row_estimate or 0) <= MAX_SAMPLED_ROWS
    )


async def _sample(
    connection: AsyncConnection[Any], tables: Iterable[Table]
) -> dict[tuple[str, str], tuple[str, ...]]:
    """Return all values of the columns worth it; columns with too many are absent."""
    wanted = [(t, c) for t in tables for c in t.columns if _worth_sampling(t, c)]
    values: dict[tuple[str, str], tuple[str, ...]] = {}
    for start in range(0, len(wanted), BATCH):
        for index, found in await _sample_batch(connection, wanted[start : start + BATCH]):
            table, column = wanted[start + index]
            if len(found) <= _most(column):
                values[table.qualified, column.name] = tuple(sorted(found))
    return values


def _most(column: Column) -> int:
    return MAX_VALUES if is_text(column.type) else 2


async def _sample_batch(
    connection: AsyncConnection[Any], wanted: Sequence[tuple[Table, Column]]
) -> list[tuple[int, list[str]]]:
    parts = [
        sql.SQL(
            "select {index}::int, array(select distinct {column}::text from {table}"
            " where length({column}::text) between 1 and {chars} limit {limit})"
        ).format(
            index=sql.Literal(index),
            column=sql.Identifier(column.name),
            table=sql.Identifier(table.schema, table.name),
            chars=sql.Literal(MAX_VALUE_CHARS),
            limit=sql.Literal(_most(column) + 1),
        )
        for index, (table, column) in enumerate(wanted)
    ]
    try:
        async with connection.transaction(), connection.cursor() as cursor:
            await cursor.execute("set local default_transaction_read_only = on")
            await cursor.execute(f"set local statement_timeout = {SAMPLE_TIMEOUT_MS}")
            await cursor.execute(sql.SQL(" union all ").join(parts))
            return [(int(index), list(found)) for index, found in await cursor.fetchall()]
    except errors.QueryCanceled:
        return []
    except errors.InsufficientPrivilege:
        # A view over relations its owner may no longer read fails only when it runs.
        return []


def _with_values(table: Table, values: Mapping[tuple[str, str], tuple[str, ...]]) -> Table:
    columns = tuple(_sampled(c, values.get((table.qualified, c.name))) for c in table.columns)
    time_column = time_column_of(_allowed(columns), table.name)
    return replace(table, columns=columns, time_column=time_column)


def _allowed(columns: Sequence[Column]) -> tuple[Column, ...]:
    return tuple(column for column in columns if column.allow)


def _sampled(column: Column, found: tuple[str, ...] | None) -> Column:
    """Keep the values of a dimension; a column with too many of them is internal."""
    textual = is_text(column.type)
    if found is None:
        if column.sensitivity == "public" and not column.values and textual:
            return replace(column, sensitivity="internal")
        return column
    distinct = float(len(found))
    if not textual:
        return replace(column, distinct=distinct)
    few = 0 < len(found) <= FEW_VALUES
    return replace(
        column, values=found, distinct=distinct, role="dimension" if few else column.role
    )
