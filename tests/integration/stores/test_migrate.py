from __future__ import annotations

import asyncio
from typing import Any

import psycopg
import pytest

from clearway.errors import ConfigurationError, SchemaTooNew
from clearway.stores.connect import connect
from clearway.stores.conversations.checkpoint_schema import prepare_checkpoints
from clearway.stores.embedded.server import EmbeddedPostgres
from clearway.stores.migrate import migrate, migrations, schema_version
from clearway.stores.postgres import VARIABLE, open_database
from tests.integration.conftest import create_database, settings_for

pytestmark = [pytest.mark.integration, pytest.mark.anyio]

NEWEST = migrations()[-1].version


@pytest.fixture
def blank(server: EmbeddedPostgres) -> str:
    """A database without anything of ours."""
    return create_database(server)


def as_superuser(conninfo: str, *statements: str) -> list[Any]:
    with psycopg.connect(conninfo, autocommit=True) as connection:
        for statement in statements:
            cursor = connection.execute(statement.encode())
        return cursor.fetchall() if cursor.description else []


async def migrated(conninfo: str) -> int:
    async with await connect(conninfo, VARIABLE) as connection:
        return await migrate(connection)


def test_migrations_are_numbered_without_a_gap() -> None:
    assert [m.version for m in migrations()] == list(range(1, NEWEST + 1))


async def test_migrating_twice_changes_nothing(blank: str) -> None:
    assert await migrated(blank) == NEWEST
    before = as_superuser(blank, "select * from clearway.schema_version order by version")

    assert await migrated(blank) == NEWEST
    assert as_superuser(blank, "select * from clearway.schema_version order by version") == before


async def test_a_migration_that_came_after_a_later_one_is_not_passed_over(blank: str) -> None:
    await migrated(blank)
    as_superuser(
        blank,
        "drop table clearway.glossary_entry, clearway.maintenance_lease, clearway.maintenance_run",
        "delete from clearway.schema_version where version = 6",
    )
    assert await migrated(blank) == NEWEST
    assert as_superuser(blank, "select count(*) from clearway.glossary_entry") == [(0,)]


async def test_several_processes_may_migrate_at_once(blank: str) -> None:
    assert await asyncio.gather(*(migrated(blank) for _ in range(5))) == [NEWEST] * 5
    assert as_superuser(blank, "select count(*) from clearway.schema_version") == [(NEWEST,)]


async def test_a_migration_that_fails_leaves_nothing_behind(blank: str) -> None:
    as_superuser(
        blank,
        "create schema clearway authorization clearway_owner",
        "create view clearway.audit_step as select 1",
    )
    async with await connect(blank, VARIABLE) as connection:
        with pytest.raises(psycopg.errors.DuplicateTable):
            await migrate(connection)
        assert await schema_version(connection) == 0
    assert as_superuser(blank, "select to_regclass('clearway.audit_record')") == [(None,)]


async def test_a_newer_schema_is_refused_and_left_alone(database_url: str) -> None:
    as_superuser(
        database_url, "insert into clearway.schema_version values (9999, '9999_future.sql')"
    )

    with pytest.raises(SchemaTooNew, match="9999") as caught:
        async with open_database(settings_for(database_url)):
            pass

    assert caught.value.details["variable"] == "CLEARWAY_DATABASE_URL"
    assert as_superuser(database_url, "select max(version) from clearway.schema_version") == [
        (9999,)
    ]


async def test_everything_belongs_to_the_owner_whom_nobody_can_log_in_as(database_url: str) -> None:
    strangers = as_superuser(
        database_url,
        "select relname from pg_class where relnamespace = 'clearway'::regnamespace "
        "and relowner <> 'clearway_owner'::regrole",
    )
    login = as_superuser(
        database_url,
        "select rolcanlogin or rolsuper from pg_roles where rolname = 'clearway_owner'",
    )
    assert (strangers, login) == ([], [(False,)])


async def test_no_function_that_works_as_the_owner_is_open_to_everybody(database_url: str) -> None:
    public = as_superuser(
        database_url,
        "select proname from pg_proc where pronamespace = 'clearway'::regnamespace "
        "and prosecdef and has_function_privilege('public', oid, 'execute')",
    )
    assert public == []


async def test_a_login_that_may_create_roles_is_enough(
    server: EmbeddedPostgres, blank: str
) -> None:
    name = psycopg.conninfo.conninfo_to_dict(blank)["dbname"]
    as_superuser(
        blank,
        f"create role operator_{name} login createrole",
        f"grant create on database {name} to operator_{name}",
        # Roles are the server's, not the database's; another database made them before.
        f"grant clearway_owner, clearway_app, clearway_reader to operator_{name} with admin option",
    )
    login = server.conninfo(user=f"operator_{name}", database=name)

    async with (
        open_database(settings_for(login, demo=True)) as database,
        database.pool.connection() as connection,
    ):
        cursor = await connection.execute(
            "select session_user::text as login, current_user::text as role"
        )
        row = await cursor.fetchone()
    assert row == {"login": f"operator_{name}", "role": "clearway_app"}


async def test_a_login_without_rights_is_one_sentence_and_the_sql_to_run(
    server: EmbeddedPostgres, blank: str
) -> None:
    name = psycopg.conninfo.conninfo_to_dict(blank)["dbname"]
    as_superuser(blank, f"create role nobody_{name} login")
    login = server.conninfo(user=f"nobody_{name}", database=name)

    with pytest.raises(ConfigurationError, match="have an administrator run") as caught:
        async with open_database(settings_for(login)):
            pass

    statements = str(caught.value.details["sql"])
    assert f'grant create on database "{name}" to "nobody_{name}"' in statements
    as_superuser(blank, *(s for s in statements.split(";\n") if s.startswith("grant")))
    async with open_database(settings_for(login)):
        pass


async def test_a_login_that_is_only_a_member_may_use_what_others_migrated(
    server: EmbeddedPostgres, demo_url: str
) -> None:
    name = psycopg.conninfo.conninfo_to_dict(demo_url)["dbname"]
    as_superuser(
        demo_url,
        f"create role member_{name} login noinherit",
        f"grant clearway_app, clearway_reader to member_{name}",
    )
    login = server.conninfo(user=f"member_{name}", database=name)

    async with (
        open_database(settings_for(login)) as database,
        database.pool.connection() as connection,
    ):
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            await connection.execute("set role clearway_owner")


async def test_checkpoint_tables_are_made_once_in_our_schema(blank: str) -> None:
    await migrated(blank)

    async def prepared() -> bool:
        async with await connect(blank, VARIABLE) as connection:
            return await prepare_checkpoints(connection)

    await asyncio.gather(prepared(), prepared(), prepared())

    assert as_superuser(
        blank,
        "select nspname, pg_get_userbyid(relowner) from pg_class "
        "join pg_namespace on pg_namespace.oid = relnamespace where relname = 'checkpoints'",
    ) == [("clearway", "clearway_owner")]
    assert await prepared() is False
