"""What every role of a database may do through PUBLIC, the reader among them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from psycopg import AsyncConnection
from psycopg.rows import tuple_row

from clearway.semantics.types import Catalog
from clearway.tools.sql.guard.writing.render import quoted

_HELD = """
WITH held (what, granted, kind) AS (
    SELECT 'database ' || d.datname, d.datacl, acldefault('d', d.datdba)
    FROM pg_catalog.pg_database d WHERE d.datname = current_database()
    UNION ALL
    SELECT 'schema ' || n.nspname, n.nspacl, acldefault('n', n.nspowner)
    FROM pg_catalog.pg_namespace n WHERE n.nspname = ANY(%(schemas)s)
    UNION ALL
    SELECT 'tables of schema ' || n.nspname, c.relacl, acldefault('r', c.relowner)
    FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
    WHERE c.relkind IN ('r', 'v', 'm', 'f', 'p') AND n.nspname = ANY(%(schemas)s)
    UNION ALL
    SELECT 'sequences of schema ' || n.nspname, c.relacl, acldefault('s', c.relowner)
    FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
    WHERE c.relkind = 'S' AND n.nspname = ANY(%(schemas)s)
    UNION ALL
    SELECT 'functions of schema ' || n.nspname, p.proacl, acldefault('f', p.proowner)
    FROM pg_catalog.pg_proc p JOIN pg_catalog.pg_namespace n ON n.oid = p.pronamespace
    WHERE n.nspname = ANY(%(schemas)s)
)
SELECT DISTINCT a.privilege_type || ' on ' || held.what
FROM held, LATERAL pg_catalog.aclexplode(coalesce(held.granted, held.kind)) a
WHERE a.grantee = 0 AND a.privilege_type NOT IN ('CONNECT', 'USAGE') ORDER BY 1
"""


def schemas_of(catalog: Catalog) -> list[str]:
    """Return the schemas a reader of the catalog needs, in order."""
    return sorted({table.schema for table in catalog.tables if table.allow})


def taking_away(catalog: Catalog, database: str) -> Iterator[str]:
    """Yield what takes these rights from every role that has them through PUBLIC alone."""
    yield f"REVOKE CREATE, TEMPORARY ON DATABASE {quoted(database)} FROM PUBLIC"
    for schema in schemas_of(catalog):
        name = quoted(schema)
        yield f"REVOKE CREATE ON SCHEMA {name} FROM PUBLIC"
        for kind, right in (("TABLES", "ALL"), ("SEQUENCES", "ALL"), ("ROUTINES", "EXECUTE")):
            yield f"REVOKE {right} ON ALL {kind} IN SCHEMA {name} FROM PUBLIC"


async def held_by_public(
    connection: AsyncConnection[Sequence[object]], catalog: Catalog
) -> tuple[str, ...]:
    """Return what PUBLIC may do there beyond connecting and naming: `TEMPORARY on database x`."""
    cursor = connection.cursor(row_factory=tuple_row)
    await cursor.execute(_HELD.encode(), {"schemas": schemas_of(catalog)})
    return tuple(str(row[0]) for row in await cursor.fetchall())
