from __future__ import annotations

import asyncio

import psycopg
import pytest

from clearway.identity import Principal
from clearway.plans import CheckedSql, Proof, Rejection
from clearway.tools.sql.costs import PlanCosts
from clearway.tools.sql.prover import Ceiling, PostgresProver
from clearway.tools.sql.session import Pool, SessionSettings
from tests.unit.tools.shop import ANALYST, checked

pytestmark = [pytest.mark.integration, pytest.mark.anyio]

PATIENCE_S = 30.0
LONG_TO_FOLD = "length(repeat(repeat('x', 10000), 10000))"
"""100 MB, which the server builds and forgets while it plans."""


async def prove(prover: PostgresProver, statement: CheckedSql, who: Principal = ANALYST) -> object:
    return await prover.prove(statement, who, timeout_s=PATIENCE_S)


async def test_a_proof_has_cost_rows_and_relations(pool: Pool) -> None:
    costs = PlanCosts()
    statement = checked("select status, sum(total) from orders group by status")
    proof = await prove(PostgresProver(pool, costs=costs), statement)
    assert isinstance(proof, Proof)
    assert proof.relations == ("shop.orders",)
    assert 0 < proof.cost < 1000
    assert costs.of(statement.sql) == proof.cost


async def test_nothing_is_executed(
    pool: Pool, owner: psycopg.AsyncConnection[tuple[object, ...]]
) -> None:
    statement = CheckedSql(
        source_id="warehouse", sql="select shop.write_row()", relations=(), limit=1
    )
    await owner.execute("grant execute on function shop.write_row to shop_reader")
    try:
        assert isinstance(await prove(PostgresProver(pool), statement), Proof)
    finally:
        await owner.execute("revoke execute on function shop.write_row from shop_reader")
    cursor = await owner.execute("select count(*) from shop.written")
    assert await cursor.fetchone() == (0,)


async def test_a_view_may_read_what_it_is_made_of(pool: Pool) -> None:
    proof = await prove(PostgresProver(pool), checked("select name from regions"))
    assert isinstance(proof, Proof)
    assert proof.relations == ("shop.base_regions",)


async def test_a_plan_that_reads_more_than_was_named_is_refused(pool: Pool) -> None:
    statement = checked("select id from orders")
    lying = statement.model_copy(update={"sql": "select id from shop.customers limit 1"})
    verdict = await prove(PostgresProver(pool), lying)
    assert isinstance(verdict, Rejection)
    assert verdict.rule == "sql.database.relations"
    assert "customers" not in verdict.reason


async def test_a_plan_that_calls_something_unknown_is_refused(pool: Pool) -> None:
    statement = CheckedSql(
        source_id="warehouse", sql="select * from pg_ls_tmpdir()", relations=(), limit=1
    )
    verdict = await prove(PostgresProver(pool), statement)
    assert isinstance(verdict, Rejection)
    called = statement.model_copy(update={"sql": "select * from pg_get_keywords()"})
    verdict = await prove(PostgresProver(pool), called)
    assert isinstance(verdict, Rejection)
    assert verdict.rule == "sql.database.functions"


async def test_cost_has_a_ceiling_by_role(pool: Pool) -> None:
    statement = checked("select count(*) from orders a join orders b on a.status = b.status")
    strict = PostgresProver(
        pool, ceiling=Ceiling(cost=10_000), role_ceilings={"finance": Ceiling(cost=1e9)}
    )
    verdict = await prove(strict, statement)
    assert isinstance(verdict, Rejection)
    assert verdict.rule == "sql.database.cost"
    trusted = Principal(user="fin", tenant="acme", roles=frozenset({"analyst", "finance"}))
    assert isinstance(await prove(strict, statement, trusted), Proof)


async def test_rows_have_a_ceiling(pool: Pool) -> None:
    statement = checked("select a.id from orders a join orders b on a.status = b.status")
    prover = PostgresProver(pool, ceiling=Ceiling(cost=1e12, rows=1e6))
    verdict = await prove(prover, statement)
    assert isinstance(verdict, Rejection)
    assert verdict.rule == "sql.database.rows"


@pytest.mark.parametrize(
    "listed",
    [
        "string_agg(a.note, ',')",
        "array_agg(a.note order by a.id)",
        "json_agg(a.payload)",
        "jsonb_object_agg(a.id, a.note)",
        "array_agg(a.note) over ()",
    ],
)
async def test_what_lists_collect_has_a_ceiling(pool: Pool, listed: str) -> None:
    statement = checked(f"select {listed} from orders a join orders b on a.status = b.status")
    prover = PostgresProver(pool, ceiling=Ceiling(collected_bytes=1e6))
    verdict = await prove(prover, statement)
    assert isinstance(verdict, Rejection)
    assert verdict.rule == "sql.database.size"
    counted = checked("select count(*) from orders a join orders b on a.status = b.status")
    assert isinstance(await prove(prover, counted), Proof)


@pytest.mark.parametrize(
    "listed",
    [
        "select string_agg(repeat('x', 9000), '') from orders group by status",
        "select length(string_agg(lpad(note, 9000), '') over (partition by status)) from orders",
        "select array_agg(repeat('x', 400)) from generate_series(1, 90000) g",
    ],
)
async def test_what_is_built_before_it_is_collected_counts_as_wide_as_it_is(
    pool: Pool, listed: str
) -> None:
    prover = PostgresProver(pool, ceiling=Ceiling(collected_bytes=1e7))
    verdict = await prove(prover, checked(listed))
    assert isinstance(verdict, Rejection)
    assert verdict.rule == "sql.database.size"
    short = listed.replace("9000)", "9)").replace("400)", "9)")
    assert isinstance(await prove(prover, checked(short)), Proof)


async def test_what_the_database_refuses_is_said_in_our_words(pool: Pool) -> None:
    verdict = await prove(PostgresProver(pool), checked("select id + note from orders"))
    assert isinstance(verdict, Rejection)
    assert verdict.rule == "sql.database.refused"
    assert "types" in verdict.reason


async def test_a_cancelled_proof_is_cancelled_and_keeps_the_pool(
    pool: Pool, owner: psycopg.AsyncConnection[tuple[object, ...]]
) -> None:
    statement = CheckedSql(
        source_id="warehouse",
        sql="select " + " + ".join([LONG_TO_FOLD] * 500),
        relations=(),
        limit=1,
    )
    task = asyncio.create_task(prove(PostgresProver(pool), statement))
    planning = (
        "select count(*) from pg_stat_activity where application_name = 'clearway explain' "
        "and state = 'active' and query like 'EXPLAIN%'"
    )
    while await (await owner.execute(planning)).fetchone() != (1,):
        assert not task.done()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert isinstance(await prove(PostgresProver(pool), checked("select 1 as one")), Proof)


async def test_constants_are_folded_within_the_timeout(pool: Pool) -> None:
    statement = CheckedSql(
        source_id="warehouse",
        sql="select " + " + ".join([LONG_TO_FOLD] * 500),
        relations=(),
        limit=1,
    )
    prover = PostgresProver(pool, session=SessionSettings(statement_timeout_s=0.2))
    verdict = await prove(prover, statement)
    assert isinstance(verdict, Rejection)
    assert verdict.rule == "sql.database.planning_time"
    assert isinstance(await prove(PostgresProver(pool), checked("select 1 as one")), Proof)
