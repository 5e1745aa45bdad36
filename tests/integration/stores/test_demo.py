from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
import pytest

from clearway.errors import ConfigurationError
from clearway.stores.connect import connect, with_settings
from clearway.stores.demo import refresh_demo
from clearway.stores.migrate import migrate
from clearway.stores.postgres import VARIABLE, open_database
from tests.integration.conftest import settings_for

pytestmark = [pytest.mark.integration, pytest.mark.anyio]

NOON = datetime(2026, 3, 10, 12, 0, tzinfo=UTC)

FINGERPRINT = """
select md5(string_agg(t::text, '|' order by t::text)) as print from demo.{table} as t
where {column} < '2026-03-09' and {column} >= '{since}'
"""


async def refreshed(conninfo: str, until: datetime) -> bool:
    async with await connect(conninfo, VARIABLE) as connection:
        await migrate(connection)
        return await refresh_demo(connection, until)


def ask(conninfo: str, statement: str, role: str = "clearway_reader") -> list[Any]:
    with psycopg.connect(with_settings(conninfo, {"role": role})) as connection:
        return connection.execute(statement.encode()).fetchall()


def fingerprint(conninfo: str) -> list[Any]:
    sales = FINGERPRINT.format(table="sales_fact", column="sale_date", since="2023-01-01")
    runs = FINGERPRINT.format(table="job_runs", column="created_at", since="2025-12-20")
    return [ask(conninfo, sales), ask(conninfo, runs)]


async def test_it_has_what_people_ask_about(demo_url: str) -> None:
    (facts,) = ask(
        demo_url,
        "select count(*), count(distinct region), count(distinct product), "
        "count(distinct channel), count(distinct quarter), count(distinct year), "
        "min(revenue) > 0, bool_and(units_sold > 0) from demo.sales_fact",
    )
    (runs,) = ask(
        demo_url,
        "select count(*), count(distinct job_name), array_agg(distinct status order by status), "
        "count(*) filter (where created_at > now() - interval '24 hours') >= 200, "
        "bool_or(created_at > now() - interval '24 hours' and status = 'failed'), "
        "max(created_at) <= now() from demo.job_runs",
    )

    assert facts[0] >= 50_000
    assert facts[1:5] == (5, 12, 3, 4)
    assert facts[5] >= 3
    assert facts[6:] == (True, True)
    assert runs[0] >= 20_000
    assert runs[1:] == (10, ["cancelled", "failed", "success", "timeout"], True, True, True)


async def test_sales_agree_with_themselves(demo_url: str) -> None:
    assert ask(
        demo_url,
        "select count(*) from demo.sales_fact where "
        "revenue <> round(units_sold * unit_price * (1 - discount), 2) "
        "or year <> extract(year from sale_date) or month <> extract(month from sale_date) "
        "or quarter <> 'Q' || extract(quarter from sale_date)",
    ) == [(0,)]


async def test_the_reader_reads_the_catalog_and_nothing_else(demo_url: str) -> None:
    async with open_database(settings_for(demo_url, demo=True)) as database:
        reader = database.warehouse
    with psycopg.connect(reader, autocommit=True) as connection:
        assert connection.execute("show default_transaction_read_only").fetchone() == ("on",)
        assert connection.execute("select count(*) from audit_log").fetchone() == (0,)
        for statement in (
            "select * from demo.customers",
            "select * from clearway.audit_record",
            "select * from clearway.secret",
            "set transaction read write; create table demo.mine ()",
            "begin read write; delete from demo.sales_fact",
        ):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                connection.execute(statement.encode())
            connection.rollback()


async def test_the_personal_table_is_there_and_invented(demo_url: str) -> None:
    (row,) = ask(
        demo_url,
        "select count(*), bool_and(email like '%@example.com'), count(distinct email) "
        "from demo.customers",
        role="clearway_owner",
    )
    assert row == (500, True, 500)


async def test_every_table_and_column_people_may_read_is_described(demo_url: str) -> None:
    assert (
        ask(
            demo_url,
            "select attrelid::regclass::text, attname from pg_attribute "
            "where attrelid = any('{demo.sales_fact,demo.job_runs,demo.audit_log}'::regclass[])"
            " and attnum > 0 and (col_description(attrelid, attnum) is null "
            "or obj_description(attrelid, 'pg_class') is null)",
        )
        == []
    )


async def test_a_day_looks_the_same_whenever_it_is_loaded(
    database_url: str, server: Any, migrated: str
) -> None:
    from tests.integration.conftest import create_database

    other = create_database(server, template=migrated)
    await refreshed(database_url, NOON)
    await refreshed(other, NOON - timedelta(days=30))
    await refreshed(other, NOON - timedelta(days=1, hours=5))
    await refreshed(other, NOON)

    assert fingerprint(other) == fingerprint(database_url)


async def test_a_refresh_adds_what_is_new_and_drops_what_is_old(database_url: str) -> None:
    assert await refreshed(database_url, NOON)
    assert not await refreshed(database_url, NOON + timedelta(minutes=50))
    later = NOON + timedelta(days=300)
    assert await refreshed(database_url, later)

    (row,) = ask(
        database_url,
        f"select (select max(sale_date) from demo.sales_fact) = '{later:%Y-%m-%d}', "
        f"(select min(sale_date) from demo.sales_fact) = '2024-01-01', "
        f"(select max(created_at) from demo.job_runs) > '{later - timedelta(minutes=30)}', "
        f"(select min(created_at) from demo.job_runs) >= '{later - timedelta(days=90)}', "
        "(select count(*) from demo.job_runs) >= 20000",
    )
    assert row == (True, True, True, True, True)


async def test_a_clock_set_back_changes_nothing(database_url: str) -> None:
    await refreshed(database_url, NOON)
    before = fingerprint(database_url)

    assert not await refreshed(database_url, NOON - timedelta(days=400))
    assert fingerprint(database_url) == before


async def test_a_schema_of_that_name_that_is_not_ours_is_left_alone(database_url: str) -> None:
    with psycopg.connect(database_url, autocommit=True) as connection:
        connection.execute("create schema demo")
        connection.execute("create table demo.precious as select 1 as n")

    with pytest.raises(ConfigurationError, match="CLEARWAY_WAREHOUSE_URL"):
        await refreshed(database_url, NOON)

    with psycopg.connect(database_url) as connection:
        assert connection.execute("select n from demo.precious").fetchall() == [(1,)]


async def test_with_a_warehouse_of_ones_own_no_demo_is_made(database_url: str) -> None:
    async with open_database(settings_for(database_url)):
        pass
    with psycopg.connect(database_url) as connection:
        assert connection.execute("select to_regnamespace('demo')").fetchone() == (None,)
