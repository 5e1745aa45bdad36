"""One real Postgres for the whole run; a fresh, migrated database for each test that asks."""

from __future__ import annotations

import asyncio
import itertools
import shutil
import tempfile
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import psycopg
import pytest
from pydantic import SecretStr

from clearway.settings import Settings
from clearway.stores.embedded.server import EmbeddedPostgres, join
from clearway.stores.postgres import Database, open_database

ELSEWHERE = SecretStr("postgresql://nobody@warehouse.invalid/none")
"""A warehouse that is never connected to; with it set, no demo is loaded."""

EMPTY = """
do $$
declare
    each text;
    holds boolean;
    filled text;
begin
    for each in
        select oid::regclass::text
        from pg_class
        where relnamespace = 'clearway'::regnamespace
            and relkind = 'r'
            and relname not in (
                'schema_version', 'component', 'checkpoint_migrations', 'audit_head', 'demo_state'
            )
    loop
        execute 'select exists (select from ' || each || ')' into holds;
        if holds then
            filled := concat_ws(', ', filled, each);
        end if;
    end loop;
    if filled is not null then  -- to truncate takes its time, also where nothing is
        execute 'truncate ' || filled || ' cascade';
    end if;
    update clearway.audit_head
    set seq = 0,
        hash = sha256(convert_to('clearway audit ' || shard, 'UTF8')),
        kept_after_seq = 0,
        kept_after_hash = sha256(convert_to('clearway audit ' || shard, 'UTF8'));
end
$$
"""

GIVES_UP = (
    "clearway.stores.redis_client.TIMEOUT_S",
    "clearway.stores.redis_client.PATIENT_S",
    "clearway.stores.models.generations.TIMEOUT_S",
    "clearway.stores.plans.history.TIMEOUT_S",
)
"""After so short a time a store is done without; a slow machine would do without a healthy one."""

_numbers = itertools.count(1)


@pytest.fixture(autouse=True)
def patience(monkeypatch: pytest.MonkeyPatch) -> None:
    """Wait for stores that are there; a test of one that is silent says how long it waits."""
    for name in GIVES_UP:
        monkeypatch.setattr(name, 60.0)


@pytest.fixture(scope="session")
def server() -> Iterator[EmbeddedPostgres]:
    """A server of our own, gone with its data afterwards."""
    home = Path(tempfile.mkdtemp(prefix="clearway-test-"))
    server = join(home)
    with psycopg.connect(server.conninfo(), autocommit=True) as connection:
        # Databases come and go by the dozen, and none of them has to outlive the machine.
        connection.execute("alter system set fsync = off")
        connection.execute("alter system set full_page_writes = off")
        connection.execute("select pg_reload_conf()")
    yield server
    server.leave()
    shutil.rmtree(home)


def create_database(server: EmbeddedPostgres, *, template: str = "template1") -> str:
    """Create a database and return its connection string, as superuser."""
    name = f"test_{next(_numbers)}"
    with psycopg.connect(server.conninfo(), autocommit=True) as connection:
        connection.execute(f'create database {name} template "{template}" strategy file_copy')
    return server.conninfo(database=name)


def prepare(conninfo: str, *, demo: bool) -> str:
    """Migrate a database, load the demo into it if wanted, and return its name."""

    async def opened() -> None:
        async with open_database(settings_for(conninfo, demo=demo)):
            pass

    asyncio.run(opened())
    return psycopg.conninfo.conninfo_to_dict(conninfo)["dbname"]


def settings_for(conninfo: str, *, demo: bool = False) -> Settings:
    """Return settings that use this database, without reading the environment's own."""
    return Settings(
        _env_file=None,
        database_url=SecretStr(conninfo),
        warehouse_url=None if demo else ELSEWHERE,
    )


@pytest.fixture(scope="session")
def migrated(server: EmbeddedPostgres) -> str:
    """Name of a migrated database to copy from; never used itself."""
    return prepare(create_database(server), demo=False)


@pytest.fixture(scope="session")
def loaded(server: EmbeddedPostgres) -> str:
    """Name of a database with the demo warehouse to copy from; never used itself."""
    return prepare(create_database(server), demo=True)


@pytest.fixture
def database_url(server: EmbeddedPostgres, migrated: str) -> str:
    """A migrated database of the test's own."""
    return create_database(server, template=migrated)


@pytest.fixture
def demo_url(server: EmbeddedPostgres, loaded: str) -> str:
    """A database with the demo warehouse, of the test's own."""
    return create_database(server, template=loaded)


@pytest.fixture(scope="session")
def shared(server: EmbeddedPostgres, migrated: str) -> str:
    """A migrated database that tests use one after the other."""
    return create_database(server, template=migrated)


@pytest.fixture
async def database(
    anyio_backend: str, server: EmbeddedPostgres, shared: str
) -> AsyncIterator[Database]:
    """An open database with our schema and nothing in it; tests may not change the schema."""
    empty(server, shared)
    async with open_database(settings_for(shared)) as database:
        yield database


@pytest.fixture(scope="session")
def shared_demo(server: EmbeddedPostgres, loaded: str) -> str:
    """A database with the demo warehouse that tests use one after the other."""
    return create_database(server, template=loaded)


@pytest.fixture
def demo(server: EmbeddedPostgres, shared_demo: str) -> str:
    """A database with nothing in it but the demo warehouse, which tests may not change."""
    empty(server, shared_demo)
    return shared_demo


def empty(server: EmbeddedPostgres, conninfo: str) -> None:
    """Leave nothing of ours in a database but the schema."""
    name = psycopg.conninfo.conninfo_to_dict(conninfo)["dbname"]
    with psycopg.connect(server.conninfo(), autocommit=True) as connection:
        connection.execute(f"alter database {name} allow_connections true")
    with psycopg.connect(conninfo, autocommit=True) as connection:
        connection.execute(EMPTY)
