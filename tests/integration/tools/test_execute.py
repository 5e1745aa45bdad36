from __future__ import annotations

import asyncio
import json
import tracemalloc
from dataclasses import replace
from typing import Any

import psycopg
import pytest

from clearway.errors import ExecutionError, RateLimitError, RequestTimeoutError, StoreUnavailable
from clearway.graph.ports import Rows
from clearway.identity import Principal
from clearway.plans import CheckedSql
from clearway.resilience.bulkhead import Bulkhead
from clearway.tools.sql.costs import PlanCosts
from clearway.tools.sql.execute import PostgresExecutor
from clearway.tools.sql.session import Pool, SessionSettings, open_warehouse_pool
from tests.unit.tools.shop import ANALYST, checked

pytestmark = [pytest.mark.integration, pytest.mark.anyio]

SLOW = (
    "select count(*) from shop.orders a, shop.orders b, shop.orders c "
    "where a.total + b.total + c.total = -1"
)


def unchecked(sql: str, limit: int = 1000) -> CheckedSql:
    """Return a statement as if it had been checked: the session must hold by itself."""
    return CheckedSql(source_id="warehouse", sql=sql, relations=(), limit=limit)


async def run(
    pool: Pool, sql: str | CheckedSql, principal: Principal = ANALYST, **more: Any
) -> Rows:
    statement = checked(sql, principal) if isinstance(sql, str) else sql
    timeout_s = more.pop("timeout_s", 60.0)
    executor = PostgresExecutor(pool, **more)
    return await executor.run(statement, principal, trace_id="t-1", timeout_s=timeout_s)


async def test_rows_come_with_names_types_and_a_hash(pool: Pool) -> None:
    result = await run(pool, "select id, name as who from customers order by id limit 2")
    assert [(column.name, column.type) for column in result.columns] == [
        ("id", "integer"),
        ("who", "text"),
    ]
    assert result.rows == ((1, "Customer 1"), (2, "Customer 2"))
    assert not result.truncated
    again = await run(pool, "select c.id, c.name who from customers c order by 1 limit 2")
    other = await run(pool, "select id, name as who from customers order by id limit 3")
    assert result.result_hash == again.result_hash != other.result_hash


async def test_cells_follow_one_rule_per_type(pool: Pool) -> None:
    result = await run(
        pool,
        """select 7::int2, 9007199254740991, 9007199254740993, 12::numeric, 1.50, 'NaN'::numeric,
        2.5::float8, 'NaN'::float8, '-Infinity'::float4, true, null, 'x', date '2024-02-29',
        timestamp '2024-02-29 12:00', timestamptz '2024-02-29 12:00:00.5+02',
        'infinity'::timestamp, time '08:30', interval '1 year 2 months 3 days 4 hours 5.25 seconds',
        interval '-90 minutes',
        '\\x00ff'::bytea, '{"a": [1.50, 12345678901234567890, null, 0.1]}'::jsonb,
        array[1.5, null, 2], array[['a', 'b']], int4range(1, 3), row(1, 'x'),
        '0d0e4f2a-0000-4000-8000-000000000001'::uuid""",
    )
    assert result.rows == (
        (
            7, 9007199254740991, "9007199254740993", 12, "1.50", "NaN",
            2.5, "NaN", "-Infinity", True, None, "x", "2024-02-29",
            "2024-02-29T12:00:00", "2024-02-29T10:00:00.5+00:00", "infinity",
            "08:30:00", "P1Y2M3DT4H5.25S", "PT-1H-30M",
            {"$base64": "AP8="}, {"a": [1.5, "12345678901234567890", None, 0.1]},
            ["1.5", None, 2], [["a", "b"]], "[1,3)", "(1,x)",
            "0d0e4f2a-0000-4000-8000-000000000001",
        ),
    )  # fmt: skip
    json.dumps(result.rows, allow_nan=False)


async def test_a_long_number_in_json_stays_text_however_long(pool: Pool) -> None:
    """Reading digits as a number takes the square of their count, beyond any deadline."""
    result = await run(pool, "select jsonb_build_array(1e5000, -0, 3) as numbers")
    assert result.rows == ((["1" + "0" * 5000, 0, 3],),)


async def test_rows_stop_at_the_byte_cap(pool: Pool) -> None:
    sql = "select id, repeat('x', 1000) from orders order by id"
    result = await run(pool, sql, result_bytes_limit=20_000)
    assert result.truncated
    assert 15 <= len(result.rows) < 20


async def test_later_batches_are_as_large_as_the_cap_has_room_for(pool: Pool) -> None:
    sql = "select repeat('x', 10000) from shop.orders limit 3000"
    result = await run(pool, unchecked(sql, 3000), result_bytes_limit=6_000_000)
    assert result.truncated
    assert 590 <= len(result.rows) <= 600


@pytest.mark.parametrize("narrow", [0, 300])
async def test_wide_rows_pass_through_a_few_at_a_time(pool: Pool, narrow: int) -> None:
    width = f"case when id <= {narrow} then 1 else 100000 end"
    sql = f"select repeat('x', {width}) from shop.orders order by id limit 1000"
    tracemalloc.start()
    try:
        result = await run(pool, unchecked(sql), result_bytes_limit=1_000_000)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert result.truncated
    assert narrow + 5 < len(result.rows) < narrow + 10
    assert peak < 10_000_000
    assert (await run(pool, "select 1 as one")).rows == ((1,),)


async def test_a_cell_larger_than_the_cap_is_left_out(pool: Pool) -> None:
    result = await run(pool, unchecked("select repeat('x', 30000000) as big"))
    assert (result.rows, result.truncated) == ((), True)
    assert (await run(pool, "select 1 as one")).rows == ((1,),)


async def test_rows_stop_at_the_limit_even_of_a_statement_without_one(pool: Pool) -> None:
    result = await run(pool, unchecked("select id from shop.orders", limit=700))
    assert (len(result.rows), result.truncated) == (700, True)


async def test_more_rows_than_one_fetch_arrive_in_order(pool: Pool) -> None:
    result = await run(pool, unchecked("select id from shop.orders order by id limit 2600", 2600))
    assert [row[0] for row in result.rows] == list(range(1, 2601))
    assert not result.truncated


@pytest.mark.parametrize(
    "sql",
    [
        "insert into shop.orders (id) values (-1)",
        "select 1; drop table shop.orders",
        "select shop.write_row()",
        "select * from shop.orders for update",
        "select lo_create(0)",
        "select nextval('shop.s')",
        "select ssn from shop.customers",
        "select * from shop.vault_of_nobody",
        "create table shop.x (id int)",
        "select * from orders",
    ],
)
async def test_the_session_alone_lets_nothing_be_changed_or_seen(
    pool: Pool, owner: psycopg.AsyncConnection[Any], sql: str
) -> None:
    with pytest.raises(ExecutionError) as caught:
        await run(pool, unchecked(sql))
    assert "CANARY" not in str(caught.value)
    cursor = await owner.execute(
        "select count(*), (select count(*) from shop.written) from shop.orders"
    )
    assert await cursor.fetchone() == (3000, 0)


async def test_settings_are_those_of_one_statement(pool: Pool) -> None:
    sql = """select current_setting('jit'), current_setting('transaction_read_only'),
        current_setting('search_path'), current_setting('application_name'),
        current_setting('clearway.user'), current_setting('clearway.tenant'),
        current_setting('statement_timeout'), current_setting('work_mem')"""
    result = await run(pool, unchecked(sql), timeout_s=7.0)
    assert result.rows == (
        ("off", "on", "pg_catalog, pg_temp", "clearway t-1", "ana", "acme", "7s", "16MB"),
    )
    kept = "select current_setting('clearway.user', true), current_setting('application_name')"
    async with pool.connection() as connection:
        row = await (await connection.execute(kept.encode())).fetchone()
    assert row is not None
    assert row[0] in (None, "")
    assert not str(row[1]).startswith("clearway t-1")


async def test_row_security_of_the_database_sees_who_asks(pool: Pool) -> None:
    sql = unchecked("select id from shop.tenant_rows")
    assert (await run(pool, sql)).rows == ((1,),)
    other = replace(ANALYST, tenant="globex")
    assert (await run(pool, sql, other)).rows == ((2,),)


async def test_row_filters_and_masks_hold_on_real_rows(pool: Pool) -> None:
    assert (await run(pool, "select id, name from leads order by id")).rows == (
        (1, "Ours"),
        (3, "Too"),
    )
    result = await run(pool, "select name, email, born, pay, phone from people order by id")
    assert result.rows[0][0] == "A***"
    assert result.rows[0][2:] == ("1990-01-01", 4320, None)
    assert result.rows[2] == (None, None, None, None, None)
    hashed = result.rows[0][1]
    assert isinstance(hashed, str)
    assert len(hashed) == 16
    kept = SessionSettings(mask_key="kept")
    first = await run(pool, "select email from people order by id limit 1", session=kept)
    pseudonym = first.rows[0][0]
    assert pseudonym != hashed
    sql = f"select id from people where email = '{pseudonym}'"
    assert (await run(pool, sql, session=kept)).rows == ((1,),)


async def test_types_of_the_database_are_named_and_read_as_text(pool: Pool) -> None:
    result = await run(pool, "select tier, tiers, old::text from tiers where tier = 'gold'")
    assert [column.type for column in result.columns] == ["shop.tier", "shop.tier[]", "text"]
    assert result.rows == (("gold", "{gold,silver}", "x"),)


async def test_an_error_of_the_asker_does_not_reveal_filtered_rows(pool: Pool) -> None:
    result = await run(pool, "select id from leads where 1 / (id - 2) is not null order by id")
    assert result.rows == ((1,), (3,))


async def test_a_raw_message_never_reaches_the_caller(pool: Pool) -> None:
    for sql in ("select note::int from orders", "select 1 / (id - 1) from orders order by id"):
        with pytest.raises(ExecutionError) as caught:
            await run(pool, sql)
        assert "note 1" not in caught.value.message
        assert set(caught.value.details) == {"sqlstate"}


async def test_the_statement_ends_with_the_deadline(pool: Pool) -> None:
    with pytest.raises(RequestTimeoutError):
        await run(pool, unchecked(SLOW), timeout_s=0.3)
    assert (await run(pool, "select 1 as one")).rows == ((1,),)


async def _waiting(owner: psycopg.AsyncConnection[Any], wanted: int) -> None:
    query = (
        "select count(*) from pg_stat_activity where application_name = 'clearway t-1' "
        "and state = 'active'"
    )
    while (await (await owner.execute(query)).fetchone()) != (wanted,):
        pass


async def test_a_cancelled_call_cancels_the_statement_and_keeps_the_pool(
    pool: Pool, owner: psycopg.AsyncConnection[Any]
) -> None:
    task = asyncio.create_task(run(pool, unchecked(SLOW)))
    await _waiting(owner, 1)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    await _waiting(owner, 0)
    results = await asyncio.gather(*(run(pool, "select 1 as one") for _ in range(8)))
    assert all(result.rows == ((1,),) for result in results)


async def test_a_dead_connection_is_replaced(
    pool: Pool, owner: psycopg.AsyncConnection[Any]
) -> None:
    await asyncio.gather(*(run(pool, "select 1 as one") for _ in range(4)))
    await owner.execute(
        "select pg_terminate_backend(pid, 60000) from pg_stat_activity "
        "where usename = 'shop_reader'"
    )
    assert (await run(pool, "select 2 as two")).rows == ((2,),)


async def test_a_warehouse_that_is_down_names_its_variable() -> None:
    with pytest.raises(StoreUnavailable, match="CLEARWAY_WAREHOUSE_URL"):
        async with open_warehouse_pool("host=127.0.0.1 port=1 dbname=x", connect_timeout_s=0.5):
            pass


async def test_costly_statements_wait_and_cheap_ones_do_not(
    pool: Pool, owner: psycopg.AsyncConnection[Any]
) -> None:
    costs = PlanCosts()
    bulkhead = Bulkhead("costly questions", limit=1, queue=0, wait_s=5.0)
    executor = PostgresExecutor(pool, costs=costs, bulkhead=bulkhead)
    cheap = checked("select id from customers limit 1")
    costs.note(cheap.sql, 1.0)
    slow = asyncio.create_task(
        executor.run(unchecked(SLOW), ANALYST, trace_id="t-1", timeout_s=60.0)
    )
    await _waiting(owner, 1)
    with pytest.raises(RateLimitError) as caught:
        await executor.run(unchecked("select 1"), ANALYST, trace_id="t-2", timeout_s=5.0)
    assert caught.value.retry_after_s == 5.0
    rows = await executor.run(cheap, ANALYST, trace_id="t-3", timeout_s=60.0)
    assert rows.rows == ((1,),)
    slow.cancel()
    with pytest.raises(asyncio.CancelledError):
        await slow
    assert bulkhead.stats().running == 0
