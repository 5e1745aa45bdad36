"""Who the reader really is, and what could still be reached through it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from psycopg.rows import tuple_row

from clearway.errors import ConfigurationError
from clearway.semantics.types import Catalog
from clearway.tools.sql.grants import reader_script
from clearway.tools.sql.session import Pool, lend

_ROLE = """
SELECT r.rolname, current_database(), r.rolsuper, r.rolbypassrls, r.rolcreaterole, r.rolcreatedb,
       r.rolreplication, pg_catalog.pg_has_role(r.oid, 'pg_read_server_files', 'MEMBER'),
       pg_catalog.pg_has_role(r.oid, 'pg_write_server_files', 'MEMBER'),
       pg_catalog.pg_has_role(r.oid, 'pg_execute_server_program', 'MEMBER'),
       pg_catalog.has_database_privilege(pg_catalog.current_database(), 'CREATE')
FROM pg_catalog.pg_roles r WHERE r.rolname = current_user
"""
_ROLE_FLAWS = (
    "is a superuser",
    "bypasses row-level security",
    "may create roles",
    "may create databases",
    "may replicate",
    "may read server files",
    "may write server files",
    "may run programs on the server",
    "may create schemas in the database",
)
_WRITES = """
SELECT n.nspname || '.' || c.relname,
       pg_catalog.pg_has_role(c.relowner, 'USAGE'),
       pg_catalog.has_table_privilege(c.oid, 'INSERT, UPDATE, DELETE, TRUNCATE, TRIGGER')
FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
WHERE n.nspname || '.' || c.relname = ANY(%(named)s)
"""
_OTHER_RELATIONS = """
SELECT n.nspname || '.' || c.relname
FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind IN ('r', 'v', 'm', 'f', 'p') AND n.nspname NOT LIKE 'pg\\_%%'
  AND n.nspname <> 'information_schema' AND NOT n.nspname || '.' || c.relname = ANY(%(named)s)
  AND pg_catalog.has_schema_privilege(n.oid, 'USAGE')
  AND pg_catalog.has_any_column_privilege(c.oid, 'SELECT')
ORDER BY 1
"""
_FUNCTIONS = """
SELECT p.oid::pg_catalog.regprocedure::text
FROM pg_catalog.pg_proc p JOIN pg_catalog.pg_namespace n ON n.oid = p.pronamespace
WHERE n.nspname NOT IN ('pg_catalog', 'information_schema') AND p.prosecdef
  AND pg_catalog.has_schema_privilege(n.oid, 'USAGE')
  AND pg_catalog.has_function_privilege(p.oid, 'EXECUTE')
ORDER BY 1
"""
_CASTS = """
SELECT pg_catalog.format_type(k.castsource, NULL) || ' AS '
       || pg_catalog.format_type(k.casttarget, NULL)
FROM pg_catalog.pg_cast k JOIN pg_catalog.pg_proc p ON p.oid = k.castfunc
WHERE k.oid >= 16384 AND pg_catalog.has_function_privilege(p.oid, 'EXECUTE')
ORDER BY 1
"""
_VIEWS = """
SELECT DISTINCT n.nspname || '.' || c.relname || ' reads ' || m.nspname || '.' || d.relname
FROM pg_catalog.pg_class c
JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
JOIN pg_catalog.pg_rewrite w ON w.ev_class = c.oid
JOIN pg_catalog.pg_depend e ON e.classid = 'pg_catalog.pg_rewrite'::pg_catalog.regclass
 AND e.objid = w.oid AND e.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass
JOIN pg_catalog.pg_class d ON d.oid = e.refobjid AND d.oid <> c.oid
JOIN pg_catalog.pg_namespace m ON m.oid = d.relnamespace
WHERE c.relkind = 'v' AND n.nspname || '.' || c.relname = ANY(%(named)s)
  AND NOT m.nspname || '.' || d.relname = ANY(%(named)s)
  AND NOT coalesce('security_invoker=true' = ANY(c.reloptions), false)
ORDER BY 1
"""


@dataclass(frozen=True, kw_only=True)
class Exposure:
    """What the reader role could do beyond reading the catalog."""

    role: str
    database: str
    privileges: tuple[str, ...]
    """Why this is no reader role at all; empty is the only good answer."""
    remaining: tuple[str, ...]
    """What an operator should know or take away; the interlock does not name any of it."""


async def inspect_reader(pool: Pool, catalog: Catalog, *, timeout_s: float = 10.0) -> Exposure:
    """Look at the role the pool connects as, and at what PUBLIC leaves open to it."""
    named = [table.qualified for table in catalog.tables]
    async with lend(pool, timeout_s=timeout_s) as connection:
        cursor = connection.cursor(row_factory=tuple_row)

        async def rows(query: str, **parameters: list[str]) -> list[tuple[object, ...]]:
            await cursor.execute(query.encode(), parameters or None)
            return await cursor.fetchall()

        role = (await rows(_ROLE))[0]
        writes = await rows(_WRITES, named=named)
        relations = await rows(_OTHER_RELATIONS, named=named)
        functions = await rows(_FUNCTIONS)
        casts = await rows(_CASTS)
        views = await rows(_VIEWS, named=named)
    remaining = (
        *_spoken("can also read", relations),
        *_spoken("can run with its owner's rights", functions),
        *_spoken("converts through a function", casts),
        *_spoken("view with its owner's rights:", views),
    )
    return Exposure(
        role=str(role[0]),
        database=str(role[1]),
        privileges=_flaws(role[2:], writes),
        remaining=remaining,
    )


async def require_reader(
    pool: Pool, catalog: Catalog, *, allow_privileged: bool = False
) -> Exposure:
    """Return the exposure, or raise `ConfigurationError` with the script that makes a reader role.

    With `allow_privileged` the flaws are only reported.
    """
    exposure = await inspect_reader(pool, catalog)
    if exposure.privileges and not allow_privileged:
        script = reader_script(catalog, "clearway_reader", exposure.database)
        raise ConfigurationError(
            f"The warehouse role {exposure.role} {'; '.join(exposure.privileges)}. Connect as a "
            "role that can only read: `clearway warehouse grant` makes one, or run the script. "
            "CLEARWAY_ALLOW_PRIVILEGED_WAREHOUSE_ROLE=true accepts the risk.\n\n" + script,
            role=exposure.role,
        )
    return exposure


def _flaws(flags: Sequence[object], writes: Sequence[Sequence[object]]) -> tuple[str, ...]:
    flaws = [flaw for flaw, held in zip(_ROLE_FLAWS, flags, strict=True) if held]
    owned = [str(name) for name, owner, _ in writes if owner]
    written = [str(name) for name, owner, write in writes if write and not owner]
    if "is a superuser" in flaws:
        return ("is a superuser",)
    if owned:
        flaws.append(f"owns {', '.join(owned[:3])}")
    if written:
        flaws.append(f"may write {', '.join(written[:3])}")
    return tuple(flaws)


def _spoken(what: str, rows: Sequence[Sequence[object]]) -> list[str]:
    return [f"{what} {row[0]}" for row in rows]
