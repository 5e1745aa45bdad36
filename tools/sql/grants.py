"""The reader role: exactly what the catalog allows, written as SQL a person can read first."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from psycopg import AsyncConnection
from psycopg.errors import InsufficientPrivilege

from clearway.errors import ConfigurationError
from clearway.semantics.types import Catalog, Column, Table
from clearway.tools.sql.guard.writing.render import literal, quoted
from clearway.tools.sql.public_rights import schemas_of, taking_away

LIMITS = {
    "default_transaction_read_only": "on",
    "statement_timeout": "30s",
    "lock_timeout": "2s",
    "idle_in_transaction_session_timeout": "15s",
    "work_mem": "16MB",
    "jit": "off",
    "search_path": "pg_catalog",
}
"""Defaults of the role, for sessions that do not come through Clearway."""

SUPERUSER_LIMITS = {"temp_file_limit": "512MB"}
"""The same, where whoever runs the script may set them."""

CONNECTION_LIMIT = 32
_NO_POWERS = "NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS"

_HARMFUL = """
pg_sleep(double precision)
pg_sleep_for(interval)
pg_sleep_until(timestamp with time zone)
pg_advisory_lock(bigint)
pg_advisory_lock(integer, integer)
pg_advisory_lock_shared(bigint)
pg_advisory_lock_shared(integer, integer)
pg_advisory_xact_lock(bigint)
pg_advisory_xact_lock(integer, integer)
pg_advisory_xact_lock_shared(bigint)
pg_advisory_xact_lock_shared(integer, integer)
pg_try_advisory_lock(bigint)
pg_try_advisory_lock(integer, integer)
pg_try_advisory_xact_lock(bigint)
pg_try_advisory_xact_lock(integer, integer)
pg_notify(text, text)
pg_terminate_backend(integer, bigint)
pg_cancel_backend(integer)
lo_creat(integer)
lo_create(oid)
lo_from_bytea(oid, bytea)
lo_put(oid, bigint, bytea)
lo_get(oid)
lo_get(oid, bigint, integer)
lo_open(oid, integer)
lo_unlink(oid)
query_to_xml(text, boolean, boolean, text)
query_to_xmlschema(text, boolean, boolean, text)
query_to_xml_and_xmlschema(text, boolean, boolean, text)
table_to_xml(regclass, boolean, boolean, text)
schema_to_xml(name, boolean, boolean, text)
database_to_xml(boolean, boolean, text)
cursor_to_xml(refcursor, integer, boolean, boolean, text)
ts_stat(text)
ts_stat(text, text)
ts_rewrite(tsquery, text)
"""


@dataclass(frozen=True, kw_only=True)
class ReaderGrant:
    """The statements of a reader role, in three parts."""

    statements: tuple[str, ...]
    """What the owner of the database and its tables, with CREATEROLE, can run: about this role."""
    public: tuple[str, ...]
    """What takes rights from every other role, too, that has them through PUBLIC."""
    hardening: tuple[str, ...]
    """What needs a superuser and takes built-in functions away from everyone in the database."""


def reader_script(catalog: Catalog, role: str, database: str) -> str:
    """Return the GRANT and REVOKE script of a reader role, comments included."""
    grant = reader_grant(catalog, role, database)
    lines = [
        f"-- Reader role {role} of {database}: SELECT on what the catalog allows, nothing else.",
        "-- Run as the owner of the database and its tables, with CREATEROLE. Then give the role",
        f"-- a password (ALTER ROLE {quoted(role)} PASSWORD '…') and set CLEARWAY_WAREHOUSE_URL.",
        *(f"{statement};" for statement in grant.statements),
        "",
        "-- Optional, and about every role here: what PUBLIC may do, the reader may do as well.",
        "-- `--revoke-public` runs it; grant what others need to them by name first.",
        *(f"-- {statement};" for statement in grant.public),
        "",
        "-- Optional, as superuser: built-in functions no reader needs, for everyone here.",
        *(f"-- {statement};" for statement in grant.hardening),
    ]
    return "\n".join(lines) + "\n"


def reader_grant(catalog: Catalog, role: str, database: str) -> ReaderGrant:
    """Return the statements of a reader role; running them twice is running them once."""
    name = quoted(role)
    statements = (
        *_role(role),
        f"GRANT CONNECT ON DATABASE {quoted(database)} TO {name}",
        *(line for schema in schemas_of(catalog) for line in _schema(schema, name)),
        *(_select(table, name) for table in catalog.tables if table.allow),
    )
    functions = [line.strip() for line in _HARMFUL.split("\n") if line.strip()]
    hardening = tuple(
        f"REVOKE EXECUTE ON FUNCTION pg_catalog.{signature} FROM PUBLIC" for signature in functions
    )
    public = tuple(taking_away(catalog, database))
    return ReaderGrant(statements=statements, public=public, hardening=hardening)


async def apply_reader(
    connection: AsyncConnection[Sequence[object]],
    catalog: Catalog,
    role: str,
    database: str,
    *,
    revoke_public: bool = False,
    hardening: bool = False,
) -> tuple[str, ...]:
    """Run the statements in one transaction and return them; all of them hold, or none.

    No other role loses a right, but with `revoke_public` or `hardening`.

    Raises `ConfigurationError`, naming the statement, where the login may not run one.
    """
    grant = reader_grant(catalog, role, database)
    statements = grant.statements
    statements += (grant.public if revoke_public else ()) + (grant.hardening if hardening else ())
    async with connection.transaction():
        for statement in statements:
            await _run(connection, statement)
    return statements


async def _run(connection: AsyncConnection[Sequence[object]], statement: str) -> None:
    try:
        await connection.execute(statement.encode())
    except InsufficientPrivilege:
        raise ConfigurationError(
            f"{connection.info.user} may not run: {statement}. Nothing was changed. Run `clearway "
            "warehouse grant --apply` as the owner of the database and its tables, with "
            "CREATEROLE, or as a superuser; or hand the printed script to one."
        ) from None


def _role(role: str) -> Iterator[str]:
    """Yield what makes the role; only what someone with CREATEROLE and no more may run, if it can.

    Taking SUPERUSER and its like away needs a superuser, even where there is nothing to take.
    """
    name, word = quoted(role), literal(role)
    yield (
        f"DO $do$ BEGIN IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = {word}) "
        f"THEN CREATE ROLE {name} LOGIN; END IF; END $do$"
    )
    yield (
        f"DO $do$ BEGIN IF EXISTS (SELECT FROM pg_roles WHERE rolname = {word} AND (rolsuper OR "
        "rolcreatedb OR rolcreaterole OR rolreplication OR rolbypassrls)) "
        f"THEN ALTER ROLE {name} {_NO_POWERS}; END IF; END $do$"
    )
    yield f"ALTER ROLE {name} NOINHERIT CONNECTION LIMIT {CONNECTION_LIMIT}"
    for setting, value in LIMITS.items():
        yield f"ALTER ROLE {name} SET {setting} = {literal(value)}"
    for setting, value in SUPERUSER_LIMITS.items():
        yield (
            f"DO $do$ BEGIN ALTER ROLE {name} SET {setting} = {literal(value)}; "
            "EXCEPTION WHEN insufficient_privilege THEN "
            f"RAISE NOTICE '{setting} is left as it is: only a superuser may set it'; END $do$"
        )


def _schema(schema: str, role: str) -> Iterator[str]:
    name = quoted(schema)
    yield f"REVOKE ALL ON ALL TABLES IN SCHEMA {name} FROM {role}"
    yield f"REVOKE ALL ON ALL SEQUENCES IN SCHEMA {name} FROM {role}"
    yield f"REVOKE EXECUTE ON ALL ROUTINES IN SCHEMA {name} FROM {role}"
    yield f"GRANT USAGE ON SCHEMA {name} TO {role}"


def _select(table: Table, role: str) -> str:
    name = f"{quoted(table.schema)}.{quoted(table.name)}"
    granted = [column.name for column in table.columns if _granted(column, table)]
    if len(granted) == len(table.columns):
        return f"GRANT SELECT ON {name} TO {role}"
    return f"GRANT SELECT ({', '.join(map(quoted, granted))}) ON {name} TO {role}"


def _granted(column: Column, table: Table) -> bool:
    """Return whether anyone may read the column, or the row filter has to."""
    filtered = table.row_filter or ""
    in_filter = re.search(rf"(?<!\w){re.escape(column.name)}(?!\w)", filtered) is not None
    return in_filter or (column.allow and column.sensitivity != "secret")
