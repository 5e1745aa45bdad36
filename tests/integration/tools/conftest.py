"""A warehouse with the tables of the unit tests' catalog, and pools that read it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator

import psycopg
import pytest
from psycopg.conninfo import make_conninfo

from clearway.stores.embedded.server import EmbeddedPostgres
from clearway.tools.sql.grants import apply_reader
from clearway.tools.sql.session import Pool, open_warehouse_pool
from tests.integration.conftest import create_database
from tests.unit.tools.shop import SHOP

READER = "shop_reader"

_TABLES = """
create schema shop;
create schema archive;
create table shop.orders (
    id bigint primary key, customer_id int, total numeric(12,2), status text, note text,
    tags text[], payload jsonb, ordered_at timestamptz, shipped_on date
);
insert into shop.orders
select i, i % 50, i * 1.5, (array['new','paid','sent'])[1 + i % 3], 'note ' || i,
       array['a', 'b'], jsonb_build_object('n', i),
       timestamptz '2024-01-01' + i * interval '1 hour', date '2024-01-01' + i % 300
from generate_series(1, 3000) i;
create table shop.customers (id int primary key, name text, region text, ssn text, id_card text);
insert into shop.customers
select i, 'Customer ' || i, 'north', 'CANARY-ssn-' || i, 'CANARY-card-' || i
from generate_series(1, 50) i;
create table shop.base_regions (id int, name text, country text, budget text);
insert into shop.base_regions values
    (1, 'Nord', 'SE', 'CANARY-budget'), (2, 'Sur', 'ES', 'CANARY-b');
create view shop.regions as select id, name, country from shop.base_regions;
create table shop."Odd Names" ("Id Name!" text, "select" boolean);
insert into shop."Odd Names" values ('one', true);
create table shop.leads (id int, name text, tenant text, owner text);
insert into shop.leads values
    (1, 'Ours', 'acme', 'ana'), (2, 'CANARY-lead', 'globex', 'bo'), (3, 'Too', 'acme', 'cy');
create table shop.people (
    id int, name text, email text, born date, pay numeric, phone text
);
insert into shop.people values
    (1, 'Ada', 'ada@example.org', '1990-05-17', 4321.5, '555-1'),
    (2, 'Bo', 'bo@example.org', '1984-11-02', 1234, null), (3, null, null, null, null, null);
create table shop.staff (id int, name text, manager_id int);
insert into shop.staff select i, 'S' || i, nullif(i / 3, 0) from generate_series(1, 30) i;
create type shop.tier as enum ('gold', 'silver');
create domain public.domain_of_text as text;
create table shop.tiers (id int, tier shop.tier, old public.domain_of_text, tiers shop.tier[]);
insert into shop.tiers values (1, 'gold', 'x', '{gold,silver}');
create table shop.vault (id int, secret text);
insert into shop.vault values (1, 'CANARY-vault');
create table shop.closed (id int);
create table archive.orders (id int);
create table shop.tenant_rows (id int, tenant text);
insert into shop.tenant_rows values (1, 'acme'), (2, 'globex');
alter table shop.tenant_rows enable row level security;
create policy own on shop.tenant_rows using (tenant = current_setting('clearway.tenant'));
create table shop.written (at timestamptz default now());
create function shop.write_row() returns int language sql volatile security definer
    as $$ insert into shop.written default values; select 1 $$;
analyze;
"""


@pytest.fixture(scope="session")
def warehouse(server: EmbeddedPostgres) -> Iterator[str]:
    """Connection string of the filled warehouse, as its owner."""
    conninfo = create_database(server)
    with psycopg.connect(conninfo, autocommit=True) as connection:
        connection.execute(_TABLES)
    asyncio.run(_grant(conninfo))
    yield conninfo


async def _grant(conninfo: str) -> None:
    database = psycopg.conninfo.conninfo_to_dict(conninfo)["dbname"]
    async with await psycopg.AsyncConnection.connect(conninfo, autocommit=True) as connection:
        await apply_reader(connection, SHOP, READER, str(database), revoke_public=True)
        await connection.execute(f"grant select on shop.tenant_rows to {READER}")


@pytest.fixture
def reader(warehouse: str) -> str:
    """Connection string of the reader role."""
    return make_conninfo(warehouse, user=READER)


@pytest.fixture
async def pool(reader: str) -> AsyncIterator[Pool]:
    """A pool of reader connections."""
    async with open_warehouse_pool(reader, size=4) as opened:
        yield opened


@pytest.fixture
async def owner(warehouse: str) -> AsyncIterator[psycopg.AsyncConnection[tuple[object, ...]]]:
    """A connection of the owner, to look from outside."""
    async with await psycopg.AsyncConnection.connect(warehouse, autocommit=True) as connection:
        yield connection
