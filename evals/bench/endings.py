"""Where attacks end that the tree layers accept: by cost, by time, by size, or by the row limit.

python -m clearway.evals.bench.endings      (from the root of a checkout)

Each one is proven and run on a real server exactly as a question would be. Past the limits means
2 s and a grace, 256 MB more memory in the server's process, or 16 MB of answer.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter
from typing import Any

from clearway.errors import ClearwayError
from clearway.evals.bench.fixture import fixture_database
from clearway.evals.bench.sql_corpus import READER, corpus_catalog, entries
from clearway.plans import CheckedSql, Rejection
from clearway.tools.sql.costs import PlanCosts
from clearway.tools.sql.execute import PostgresExecutor
from clearway.tools.sql.guard import SqlInterlock
from clearway.tools.sql.prover import PostgresProver
from clearway.tools.sql.session import Pool, SessionSettings, open_warehouse_pool

LIMIT_S = 2.0
GRACE_S = 0.5
MEMORY_KB = 256 * 1024
ANSWER_BYTES = 16_000_000


@dataclass(frozen=True, kw_only=True)
class Ending:
    """How one accepted attack ended."""

    id: str
    category: str
    by: str
    """`cost`, `time`, `row limit`, or `nothing`: it ran past a limit."""
    how: str


async def endings(
    reader: str, attacks: Sequence[dict[str, Any]], *, grace_s: float = GRACE_S
) -> list[Ending]:
    """Run every attack that the tree layers accept, and say what ended it.

    `grace_s` is how much later than its limit it may end: a machine under load needs more.
    """
    guard = SqlInterlock(corpus_catalog())
    accepted = [
        (entry, verdict)
        for entry in attacks
        if isinstance(verdict := guard.check(entry["sql"], READER), CheckedSql)
    ]
    async with open_warehouse_pool(reader, size=1) as pool:
        return [await _ending(pool, entry, verdict, grace_s) for entry, verdict in accepted]


async def _ending(pool: Pool, entry: dict[str, Any], verdict: CheckedSql, grace_s: float) -> Ending:
    def ended(by: str, how: str) -> Ending:
        return Ending(id=entry["id"], category=entry["category"], by=by, how=how)

    session, costs = SessionSettings(statement_timeout_s=LIMIT_S), PlanCosts()
    proof = await PostgresProver(pool, session=session, costs=costs).prove(
        verdict, READER, timeout_s=LIMIT_S
    )
    if isinstance(proof, Rejection):
        return ended("time" if "planning" in proof.rule else "cost", proof.rule)
    executor = PostgresExecutor(pool, session=session, costs=costs)
    async with pool.connection() as connection:
        pid = connection.info.backend_pid
    before, started = _peak_kb(pid), perf_counter()
    by, how = "row limit", ""
    try:
        rows = await executor.run(verdict, READER, trace_id="endings", timeout_s=LIMIT_S)
        how = f"{len(rows.rows)} rows, {rows.size_bytes} bytes"
        if rows.size_bytes > ANSWER_BYTES:
            by = "nothing"
    except ClearwayError as error:
        by, how = "time", type(error).__name__
    spent, grown = perf_counter() - started, _peak_kb(pid) - before
    if spent > LIMIT_S + grace_s or grown > MEMORY_KB:
        by = "nothing"
    return ended(by, f"{how}, {spent:.2f} s, {grown // 1024} MB")


def _peak_kb(pid: int) -> int:
    """Return the most memory a server process ever held; 0 where /proc does not tell."""
    try:
        lines = Path(f"/proc/{pid}/status").read_text("ascii").splitlines()
    except OSError:
        return 0
    return next((int(line.split()[1]) for line in lines if line.startswith("VmHWM")), 0)


def table(found: Iterable[Ending]) -> list[str]:
    """Return the endings as lines of a table."""
    rows = [f"| {one.id} | {one.by} | {one.how} |" for one in found]
    return ["| accepted attack | ended by | how |", "| --- | --- | --- |", *rows]


if __name__ == "__main__":
    with fixture_database() as url:
        print("\n".join(table(asyncio.run(endings(url, entries("attacks"))))))
