"""The corpora on a real server: benign rows unchanged, accepted attacks without effect."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator

import psycopg
import pytest
from psycopg.conninfo import make_conninfo

from clearway.errors import ClearwayError, RequestTimeoutError
from clearway.evals.bench.endings import endings
from clearway.evals.bench.mutants import mutants
from clearway.plans import CheckedSql, Rejection
from clearway.stores.embedded.server import EmbeddedPostgres
from clearway.tools.sql.costs import PlanCosts
from clearway.tools.sql.execute import PostgresExecutor
from clearway.tools.sql.guard import SqlInterlock
from clearway.tools.sql.prover import Ceiling, PostgresProver
from clearway.tools.sql.session import Pool, SessionSettings, open_warehouse_pool
from tests.integration.conftest import create_database
from tests.unit.tools.corpus import FOLDER, IN_BOUNDS, READER, corpus_catalog, entries

pytestmark = [pytest.mark.integration, pytest.mark.slow]

GUARD = SqlInterlock(corpus_catalog())
SESSION = SessionSettings(statement_timeout_s=1.0)
UNSTEADY = ("random()", "clock_timestamp", "TABLESAMPLE", "now()", "CURRENT_", "LOCALTIME")
"""What gives another answer each time it is asked."""
OUT_OF_TIME = "out of time"
"""What a machine makes of a statement, not the data."""


@pytest.fixture(scope="module")
def variants(server: EmbeddedPostgres) -> Iterator[tuple[str, str]]:
    """Two databases that differ only in what may not be seen."""
    fixture = (FOLDER / "fixture.sql").read_bytes()
    conninfos = []
    for variant in ("a", "b"):
        conninfo = create_database(server)
        options = make_conninfo(conninfo, options=f"-c corpus.variant={variant}")
        with psycopg.connect(options, autocommit=True) as loader:
            loader.execute(fixture)
        conninfos.append(make_conninfo(conninfo, user="corpus_reader"))
    yield conninfos[0], conninfos[1]


@pytest.fixture
async def pools(variants: tuple[str, str]) -> AsyncIterator[tuple[Pool, Pool]]:
    async with (
        open_warehouse_pool(variants[0], size=2) as first,
        open_warehouse_pool(variants[1], size=2) as second,
    ):
        yield first, second


Session = psycopg.Connection[tuple[object, ...]]


def session(conninfo: str, search_path: str) -> Session:
    options = f"-c search_path={search_path} -c TimeZone=UTC -c jit=off"
    return psycopg.connect(make_conninfo(conninfo, options=options))


def raw_rows(connection: Session, sql: str) -> tuple[list[str], list[list[bytes | None]]]:
    """Return the names and the cells as the server writes them, rows sorted."""
    with connection.transaction(force_rollback=True):
        cursor = connection.execute(sql.encode())
        result = cursor.pgresult
        assert result is not None
        rows = [
            [result.get_value(row, column) for column in range(result.nfields)]
            for row in range(result.ntuples)
        ]
    return [column.name for column in cursor.description or ()], sorted(rows, key=repr)


def test_rewriting_never_changes_the_rows_of_a_benign_query(variants: tuple[str, str]) -> None:
    changed = {}
    with (
        session(variants[0], "analytics,public") as as_written,
        session(variants[0], "pg_catalog") as as_checked,
    ):
        for entry in entries("benign"):
            verdict = GUARD.check(entry["sql"], READER)
            if isinstance(verdict, Rejection):
                continue
            if raw_rows(as_checked, verdict.sql) != raw_rows(as_written, entry["sql"]):
                changed[entry["id"]] = verdict.sql
    assert not changed


async def outcome(pool: Pool, verdict: CheckedSql) -> str:
    """Return everything a caller gets to see of a statement."""
    costs = PlanCosts()
    prover = PostgresProver(pool, session=SESSION, ceiling=Ceiling(cost=5e5), costs=costs)
    proof = await prover.prove(verdict, READER, timeout_s=5.0)
    if isinstance(proof, Rejection):
        return OUT_OF_TIME if "planning" in proof.rule else "refused by the database layer"
    executor = PostgresExecutor(pool, session=SESSION, costs=costs)
    try:
        rows = await executor.run(verdict, READER, trace_id="t", timeout_s=5.0)
    except RequestTimeoutError:
        return OUT_OF_TIME
    except ClearwayError as error:
        return str(error.to_dict() | {"timestamp": ""})
    # Rows that tie in ORDER BY come in any order, which two databases need not share.
    return f"{rows.columns} {sorted(rows.rows, key=repr)}"


@pytest.mark.anyio
async def test_what_the_tree_accepts_of_attacks_is_about_time_and_ends(
    variants: tuple[str, str],
) -> None:
    ended = await endings(variants[0], entries("attacks"), grace_s=60.0)
    assert ended
    assert {one.category for one in ended} <= IN_BOUNDS
    assert not [one for one in ended if one.by == "nothing"]


@pytest.mark.anyio
async def test_an_accepted_attack_reads_nothing_denied(pools: tuple[Pool, Pool]) -> None:
    """Non-interference: the answer is the same whatever the denied data are."""
    leaks = {}
    accepted = 0
    for entry in entries("attacks"):
        verdict = GUARD.check(entry["sql"], READER)
        if isinstance(verdict, Rejection):
            continue
        accepted += 1
        first = await outcome(pools[0], verdict)
        second = await outcome(pools[1], verdict)
        random = "random()" in verdict.sql
        if "CANARY" in first.replace(entry["sql"], "") and "CANARY" not in entry["sql"]:
            leaks[entry["id"]] = first[:200]
        elif OUT_OF_TIME not in (first, second) and first != second and not random:
            leaks[entry["id"]] = f"{first[:200]} / {second[:200]}"
    assert accepted
    assert not leaks


@pytest.mark.anyio
async def test_accepted_mutants_read_nothing_denied(pools: tuple[Pool, Pool]) -> None:
    """Effects planted in benign statements: what still passes runs, and shows no canary."""
    leaks = {}
    ran = 0
    for sql in mutants(1500, 20260116, FOLDER):
        verdict = GUARD.check(sql, READER)
        if isinstance(verdict, Rejection):
            continue
        ran += 1
        first, second = await outcome(pools[0], verdict), await outcome(pools[1], verdict)
        steady = not any(word in verdict.sql for word in UNSTEADY)
        steady = steady and OUT_OF_TIME not in (first, second)
        if "CANARY" in first or (steady and first != second):
            leaks[sql] = f"{first[:200]} / {second[:200]}"
    assert ran > 100
    assert not leaks
