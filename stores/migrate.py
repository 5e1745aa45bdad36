"""Migrations: numbered SQL files, applied once, in order, by one process at a time."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

from psycopg import AsyncConnection, errors

from clearway.errors import ConfigurationError, SchemaTooNew

_LOCK = 0x636C656172776179  # "clearway"; a number nobody else in the database is likely to use

_ADMINISTRATOR_SQL = """\
create role clearway_owner nologin;
create role clearway_app nologin;
create role clearway_reader nologin;
grant clearway_owner, clearway_app, clearway_reader to {login};
grant create on database {database} to {login};
"""


@dataclass(frozen=True, kw_only=True)
class Migration:
    """One numbered file."""

    version: int
    name: str
    sql: str


@cache
def migrations() -> tuple[Migration, ...]:
    """Return every numbered file of the package, in order."""
    folder = files("clearway.stores") / "migrations"
    found = sorted(entry.name for entry in folder.iterdir() if entry.name[:4].isdecimal())
    return tuple(
        Migration(version=int(name[:4]), name=name, sql=(folder / name).read_text("utf-8"))
        for name in found
    )


async def schema_version(connection: AsyncConnection[Any]) -> int:
    """Return the newest version the database has, 0 when it has none."""
    return max(await _applied(connection), default=0)


async def _applied(connection: AsyncConnection[Any]) -> frozenset[int]:
    """Return the versions the database has: one may have been written after a later one."""
    try:
        # The login itself may see nothing of the schema: only the roles it can become do. Rolled
        # back, because SET LOCAL would outlive a savepoint that is released.
        async with connection.transaction(force_rollback=True):
            await connection.execute("set local role clearway_app")
            cursor = await connection.execute("select version from clearway.schema_version")
            rows = await cursor.fetchall()
    except (
        errors.InvalidParameterValue,
        errors.InvalidSchemaName,
        errors.UndefinedTable,
        errors.InsufficientPrivilege,
    ):
        return frozenset()
    return frozenset(row["version"] if isinstance(row, dict) else row[0] for row in rows)


async def migrate(connection: AsyncConnection[Any]) -> int:
    """Bring the database to the newest version and return it; idempotent, safe to run at once.

    `connection` is in autocommit mode, as a login that may create roles and a schema. All or
    nothing. Raises `SchemaTooNew`, or `ConfigurationError` when a right is missing.
    """
    newest = migrations()[-1].version
    if await _current(connection, newest):
        return newest
    # Before the transaction, not in it: what others committed while we waited, roles above all, is
    # sure to be seen only by a transaction that begins afterwards.
    await connection.execute("select pg_advisory_lock(%s)", [_LOCK])
    try:
        async with connection.transaction():
            if not await _current(connection, newest):
                await _apply(connection)
    except errors.InsufficientPrivilege as error:
        raise _missing_rights(connection) from error
    finally:
        await connection.execute("select pg_advisory_unlock(%s)", [_LOCK])
    return newest


async def _current(connection: AsyncConnection[Any], newest: int) -> bool:
    applied = await _applied(connection)
    version = max(applied, default=0)
    if version > newest:
        raise SchemaTooNew(
            f"The database has schema version {version} and this Clearway knows {newest}: upgrade "
            "Clearway, or set CLEARWAY_DATABASE_URL to another database.",
            variable="CLEARWAY_DATABASE_URL",
            found=version,
            known=newest,
        )
    return applied.issuperset(migration.version for migration in migrations())


async def _apply(connection: AsyncConnection[Any]) -> None:
    applied = await _applied(connection)
    roles = (files("clearway.stores") / "migrations" / "roles.sql").read_text("utf-8")
    await connection.execute(roles.encode())
    await connection.execute("set local role clearway_owner")
    for migration in migrations():
        if migration.version not in applied:
            await connection.execute(migration.sql.encode())
            await connection.execute(
                "insert into clearway.schema_version (version, name) values (%s, %s)",
                [migration.version, migration.name],
            )


def _missing_rights(connection: AsyncConnection[Any]) -> ConfigurationError:
    quoted = {
        "login": '"{}"'.format(connection.info.user.replace('"', '""')),
        "database": '"{}"'.format(connection.info.dbname.replace('"', '""')),
    }
    return ConfigurationError(
        f"The login {connection.info.user!r} of CLEARWAY_DATABASE_URL may not create the roles and "
        "the schema Clearway needs: have an administrator run the statements in `details.sql`, or "
        "set CLEARWAY_DATABASE_URL to a login that may.",
        variable="CLEARWAY_DATABASE_URL",
        sql=_ADMINISTRATOR_SQL.format(**quoted),
    )
