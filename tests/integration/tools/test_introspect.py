"""A Catalog read out of a real database, as a plain login sees it."""

from __future__ import annotations

from typing import Any

import psycopg
import pytest
from psycopg.conninfo import make_conninfo

from clearway.identity import Principal
from clearway.plans import CheckedSql, Rejection
from clearway.semantics.types import Catalog, Column, Table
from clearway.stores.embedded.server import EmbeddedPostgres
from clearway.tools.sql.guard import SqlInterlock
from clearway.tools.sql.introspect import MAX_VALUES, introspect
from tests.integration.conftest import create_database

pytestmark = [pytest.mark.integration, pytest.mark.anyio]

WAREHOUSE = """
do $$ begin
    if to_regrole('looker') is null then create role looker login; end if;
end $$;
create schema mart;
create schema hidden;
create type mart.state as enum ('new', 'paid', 'sent');
create domain mart.money_amount as numeric(12, 2) check (value >= 0);
create table mart.customers (
    customer_id int primary key, full_name text, email text, city text, api_token text
);
comment on table mart.customers is 'Who buys.';
comment on column mart.customers.city is 'Where they live.';
create table mart.orders (
    order_id bigint primary key,
    customer_id int references mart.customers,
    status mart.state, total mart.money_amount, coupon varchar(20), note text,
    rush smallint, tags text[], ordered_at timestamptz
);
insert into mart.customers select i, 'P' || i, 'p' || i || '@example.org',
    (array['Cork', 'Lima'])[1 + i % 2], 'CANARY' || i from generate_series(1, 60) i;
insert into mart.orders select i, 1 + i % 60, (enum_range(null::mart.state))[1 + i % 3], i,
    'c' || i % 7, 'note ' || i, i % 2, array['a'], now() from generate_series(1, 3000) i;
create view mart.order_totals as
    select customer_id, sum(total) as spent from mart.orders group by 1;
create table hidden.base (id int, city text);
create view mart.outside as select id, city from hidden.base;
create materialized view mart.cities as select distinct city from mart.customers;
create table mart.events (id int, at date) partition by range (at);
create table mart.events_2026 partition of mart.events
    for values from ('2026-01-01') to ('2027-01-01');
create table mart.parent (id int, kind text);
create table mart.child () inherits (mart.parent);
create table mart.closed (id int);
create table mart."Odd Table" ("select" text, id int);
grant usage on schema mart to looker;
grant select on all tables in schema mart to looker;
revoke select on mart.closed from looker;
revoke select on mart."Odd Table" from looker;
grant select (id) on mart."Odd Table" to looker;
"""


@pytest.fixture(scope="module")
def dsn(server: EmbeddedPostgres) -> str:
    url = create_database(server)
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(WAREHOUSE)
    return make_conninfo(url, user="looker")


async def read(dsn: str) -> Catalog:
    async with await psycopg.AsyncConnection.connect(dsn) as connection:
        return await introspect(connection, source_id="mart")


def table(catalog: Catalog, name: str) -> Table:
    return catalog.by_name[f"mart.{name}"]


def column(catalog: Catalog, name: str) -> Column:
    owner, _, bare = name.partition(".")
    return table(catalog, owner).by_name[bare]


async def test_what_the_role_may_read_is_there_and_nothing_else(dsn: str) -> None:
    catalog = await read(dsn)

    assert {t.qualified for t in catalog.tables} == {
        f"mart.{name}"
        for name in (
            "customers", "orders", "order_totals", "outside", "cities", "events", "parent",
            "Odd Table",
        )
    }  # fmt: skip
    columns = table(catalog, "Odd Table").columns
    assert [c.name for c in columns if c.allow] == ["id"]


async def test_a_column_without_a_right_to_it_is_known_and_hidden(dsn: str) -> None:
    """A star over its table would stand for it; nothing else may name it."""
    catalog = await read(dsn)
    asker = Principal(user="ana")
    guard = SqlInterlock(catalog)
    star = guard.check('select * from mart."Odd Table"', asker)
    assert isinstance(star, Rejection)
    assert star.rule == "sql.names.whole_row"
    assert star.remedy.endswith("write those you need: id.")
    named = guard.check('select "select" from mart."Odd Table"', asker)
    assert isinstance(named, Rejection)
    assert named.reason == "There is no column `select` here."
    assert isinstance(guard.check('select id from mart."Odd Table"', asker), CheckedSql)


async def test_kinds_keys_and_comments(dsn: str) -> None:
    catalog = await read(dsn)
    orders = table(catalog, "orders")

    assert [table(catalog, n).kind for n in ("orders", "order_totals", "cities", "events")] == [
        "table", "view", "materialized view", "partitioned table",
    ]  # fmt: skip
    assert orders.primary_key == ("order_id",)
    assert (orders.foreign_keys[0].columns, orders.foreign_keys[0].to_table) == (
        ("customer_id",), "customers",
    )  # fmt: skip
    assert orders.time_column == "ordered_at"
    assert table(catalog, "customers").description == "Who buys."
    assert column(catalog, "customers.city").description == "Where they live."


async def test_a_view_over_what_is_known_repeats_it(dsn: str) -> None:
    catalog = await read(dsn)

    assert table(catalog, "order_totals").derived
    assert not table(catalog, "outside").derived


async def test_types_are_postgres_own_and_domains_are_what_they_hold(dsn: str) -> None:
    catalog = await read(dsn)

    assert column(catalog, "orders.total").type == "numeric(12,2)"
    assert column(catalog, "orders.status").values == ("new", "paid", "sent")
    assert column(catalog, "orders.tags").type == "text[]"


async def test_secrets_are_denied_and_persons_never_sampled(dsn: str) -> None:
    catalog = await read(dsn)
    token = column(catalog, "customers.api_token")

    assert (token.sensitivity, token.allow, token.values) == ("secret", False, ())
    for name in ("full_name", "email"):
        assert column(catalog, f"customers.{name}").sensitivity == "personal"
        assert column(catalog, f"customers.{name}").values == ()
    assert "CANARY" not in str(catalog)
    assert "example.org" not in str(catalog)


async def test_dimensions_keep_all_their_values_and_long_columns_none(dsn: str) -> None:
    catalog = await read(dsn)

    assert column(catalog, "customers.city").values == ("Cork", "Lima")
    assert column(catalog, "customers.city").role == "dimension"
    assert len(column(catalog, "orders.coupon").values) == 7
    note = column(catalog, "orders.note")
    assert (note.values, note.sensitivity) == ((), "internal")
    assert MAX_VALUES < 3000


async def test_a_number_with_two_values_is_a_flag_even_without_statistics(dsn: str) -> None:
    assert column(await read(dsn), "orders.rush").distinct == 2


async def test_rows_are_estimated_for_tables_never_analysed(dsn: str) -> None:
    rows = table(await read(dsn), "orders").row_estimate

    assert rows is not None
    assert rows > 500


async def test_the_version_is_that_of_the_content(dsn: str) -> None:
    assert (await read(dsn)).version == (await read(dsn)).version


async def test_only_the_schemas_asked_for(dsn: str) -> None:
    async with await psycopg.AsyncConnection.connect(dsn) as connection:
        catalog = await introspect(connection, source_id="none", schemas=["public"])

    assert catalog.tables == ()


async def test_two_hundred_tables_take_a_handful_of_statements(server: EmbeddedPostgres) -> None:
    url = create_database(server)
    with psycopg.connect(url, autocommit=True) as connection:
        for number in range(200):
            connection.execute(f"create table t{number} (id int primary key, kind text)")
    Counting.executed = 0
    async with await psycopg.AsyncConnection.connect(url, cursor_factory=Counting) as connection:
        catalog = await introspect(connection, source_id="many")

    assert len(catalog.tables) == 200
    assert Counting.executed < 60


class Counting(psycopg.AsyncCursor[Any]):
    """Counts what is sent to the server."""

    executed = 0

    async def execute(self, *args: Any, **kwargs: Any) -> Any:
        Counting.executed += 1
        return await super().execute(*args, **kwargs)
