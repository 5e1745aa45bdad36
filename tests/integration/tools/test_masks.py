"""Row filters, row-level security and masks on real rows, wherever a statement puts the table."""

from __future__ import annotations

from dataclasses import replace

import psycopg
import pytest

from clearway.graph.ports import Rows
from clearway.identity import Principal
from clearway.sql_wiring import read_session
from clearway.stores.keys import load_keys
from clearway.stores.postgres import Database
from clearway.tools.sql.execute import PostgresExecutor
from clearway.tools.sql.session import Pool, SessionSettings
from tests.integration.conftest import settings_for
from tests.unit.tools.shop import ADMIN, ANALYST, checked, refused

pytestmark = [pytest.mark.integration, pytest.mark.anyio]

KEYED = SessionSettings(mask_key="the key of this test")


async def run(pool: Pool, sql: str, principal: Principal = ANALYST) -> Rows:
    executor = PostgresExecutor(pool, session=KEYED)
    return await executor.run(checked(sql, principal), principal, trace_id="masks", timeout_s=10.0)


OURS = "Ours,Too"
EVERYWHERE = [
    ("select string_agg(name, ',' order by id) from leads", OURS),
    ("select string_agg(name, ',' order by id) from (select * from leads) q", OURS),
    ("with w as (select * from leads) select string_agg(name, ',' order by id) from w", OURS),
    ("with w as materialized (table leads) select string_agg(name, ',' order by id) from w", OURS),
    ("select count(*) from (select id from leads union all select id from leads) q", 4),
    ("select count(*) from (select id from leads except select 1) q", 1),
    ("select max(n) from (select count(*) over () as n from leads) q", 2),
    ("select max(r) from (select row_number() over (order by id) as r from leads) q", 2),
    ("select count(*) from customers c where exists (select 1 from leads l where l.id = c.id)", 2),
    ("select count(*) from customers where id in (select id from leads)", 2),
    ("select (select count(*) from leads)", 2),
    ("select count(l.id) from customers c left join leads l on l.id = c.id", 2),
    ("select count(*) from customers c join lateral (select 1 from leads l where l.id = c.id) x "
     "on true", 2),
    ("select count(*) from leads a join leads b on a.tenant = b.tenant", 4),
    ("select array_length(array(select id from leads), 1)", 2),
    ("with recursive t as (select id from leads union select l.id from leads l join t "
     "on t.id = l.id) select count(*) from t", 2),
    ("select sum(n) from (select tenant, count(*) as n from leads group by rollup (tenant)) q", 4),
    ("select count(*) from leads where tenant = 'globex'", 0),
    ("select count(*) filter (where name like 'C%') from leads", 0),
]  # fmt: skip


@pytest.mark.parametrize(("sql", "answer"), EVERYWHERE)
async def test_a_row_filter_holds_on_rows(pool: Pool, sql: str, answer: object) -> None:
    assert (await run(pool, sql)).rows[0][0] == answer


@pytest.mark.parametrize(
    "source",
    [
        "{} t",
        "(select * from {}) t",
        "(select id from {} union all select id from {}) t",
        "(select id, count(*) over () as n from {}) t",
        "(select id from {} group by id) t",
        "(select x.id from {} x where exists (select 1 from {} y where y.id = x.id)) t",
    ],
)
async def test_row_security_of_the_database_holds_in_the_same_places(
    pool: Pool, owner: psycopg.AsyncConnection[tuple[object, ...]], source: str
) -> None:
    from clearway.plans import CheckedSql

    text = source.replace("{}", "shop.tenant_rows")
    statement = CheckedSql(
        source_id="warehouse", sql=f"select distinct t.id from {text}", relations=(), limit=10
    )
    executor = PostgresExecutor(pool, session=KEYED)
    for tenant, seen in (("acme", 1), ("globex", 2), ("nobody", None)):
        rows = await executor.run(
            statement, replace(ANALYST, tenant=tenant), trace_id="rls", timeout_s=10.0
        )
        assert rows.rows == (() if seen is None else ((seen,),))


@pytest.mark.parametrize(
    ("sql", "raw"),
    [
        ("select id from people where name = 'Ada'", 0),
        ("select id from people where pay > 4320 and pay < 4330", 0),
        ("select id from people where born = '1990-05-17'", 0),
        ("select id from people where phone is not null", 0),
        ("select id from people where email like '%@example.org'", 0),
        ("select a.id from people a join (values ('ada@example.org')) v(e) on a.email = v.e", 0),
        ("select id from people join (values ('Ada')) v(name) using (name)", 0),
        ("select born from people group by born having extract(day from born) > 1", 0),
        ("select 1 from people where exists (select 1 from people p where p.name = 'Bo')", 0),
        ("select max(pay) from people having max(pay) = 4321.5", 0),
        ("with w as (select * from people) select id from w where pay = 4321.5", 0),
    ],
)
async def test_a_masked_column_is_not_compared_raw(pool: Pool, sql: str, raw: int) -> None:
    assert len((await run(pool, sql)).rows) == raw
    assert (await run(pool, sql, ADMIN)).rows != () or "values" in sql


async def test_each_mask_gives_what_it_says(pool: Pool) -> None:
    rows = (await run(pool, "select name, born, pay, phone from people order by id")).rows
    assert rows == (
        ("A***", "1990-01-01", 4320, None),
        ("B***", "1984-01-01", 1230, None),
        (None, None, None, None),
    )


async def test_a_hash_joins_and_counts_but_says_nothing(pool: Pool) -> None:
    counted = await run(pool, "select count(distinct email), max(length(email)) from people")
    assert counted.rows == ((2, 16),)
    joined = "select count(*) from people a join people b on a.email = b.email"
    assert (await run(pool, joined)).rows == ((2,),)
    assert refused("select current_setting('clearway.mask_key')").rule == "sql.functions"


async def test_hashes_are_those_of_the_deployment(pool: Pool, database: Database) -> None:
    """Two processes over one database agree; another secret does not."""
    settings = settings_for(database.addresses.app)

    async def hashed(session: SessionSettings) -> object:
        executor = PostgresExecutor(pool, session=session)
        statement = checked("select email from people where id = 1")
        rows = await executor.run(statement, ANALYST, trace_id="masks", timeout_s=10.0)
        return rows.rows[0][0]

    first = await hashed(read_session(settings, await load_keys(database.pool)))
    again = await hashed(read_session(settings, await load_keys(database.pool)))
    assert first == again
    assert first != await hashed(SessionSettings())
    assert first != await hashed(KEYED)
