"""Money under fire: ten thousand calls that are cancelled, cut, repeated and killed."""

from __future__ import annotations

import asyncio
import random
import tempfile
import time
from contextlib import suppress
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import psycopg

from clearway.evals.bench.admission_worker import DONE, LEASE_S, started
from clearway.resilience.clock import SystemClock
from clearway.stores.models.admission import open_admission
from clearway.stores.postgres import Database

CALLS = 10_000
PROCESSES = 4
CHUNK = 500
KILLED_SHARE = 0.6

_SUMS = """
select
    (select count(*) from clearway.llm_attempt),
    (select sum(cost_usd) from clearway.llm_attempt),
    (select sum(cost_usd) from clearway.llm_spend where by = 'user'),
    (select settled_usd from clearway.llm_purse where key = 'global'),
    (select reserved_usd from clearway.llm_purse where key = 'global'),
    (select count(*) from clearway.llm_attempt where ended_at is null)
"""


async def soak(database: Database, *, redis_url: str | None) -> None:
    """Print what the ledger and the provider say; raise where they differ by any amount."""
    where = "Postgres" if redis_url is None else "Redis, money in Postgres"
    with (
        tempfile.TemporaryDirectory() as folder,
        psycopg.connect(database.addresses.admin, autocommit=True) as owner,
    ):
        owner.execute(
            "truncate clearway.llm_attempt, clearway.llm_spend, clearway.llm_purse, "
            "clearway.llm_window, clearway.llm_circuit"
        )
        book = Path(folder) / "book"
        kills = await asyncio.to_thread(_run, database.addresses.app, redis_url, book)
        bills = _bills(book)
        swept = await _sweep(database)
        before = owner.execute(_SUMS).fetchone()
        await _reconcile(database, owner, bills)
        after = owner.execute(_SUMS).fetchone()
        assert before is not None
        assert after is not None
    attempts, ledger, reports, settled, reserved, still_open = after
    billed = sum(bills.values(), Decimal(0))
    print(
        f"soak, {where}: n={len(bills)} calls billed, {attempts} attempts on record, {kills} kills"
    )
    print(
        f"soak, {where}: {swept} attempts swept; ledger before their bills {before[1]}, "
        f"bill {billed}"
    )
    print(
        f"soak, {where}: ledger {ledger}, reports {reports}, purse {settled}, reserved {reserved}"
    )
    assert ledger == billed == reports == settled
    assert (reserved, still_open) == (0, 0)
    assert before[1] >= billed


def _run(conninfo: str, redis_url: str | None, book: Path) -> int:
    """Let processes make calls until there are enough; some are killed at any moment."""
    chance, kills, seed, began = random.Random(7), 0, 0, time.monotonic()
    while len(_bills(book)) < CALLS:
        assert time.monotonic() - began < 600, "the soak does not come to its end"
        workers = []
        for _ in range(PROCESSES):
            seed += 1
            told = ("soak", str(book), str(seed), str(CHUNK))
            workers.append(started(conninfo, *told, redis_url=redis_url))
        for worker in workers:
            if chance.random() < KILLED_SHARE:
                with suppress(Exception):
                    worker.wait(timeout=0.6 + 2 * chance.random())
                if worker.poll() is None:
                    worker.kill()
                    kills += 1
            worker.communicate()
    return kills


def _bills(book: Path) -> dict[str, Decimal]:
    if not book.exists():
        return {}
    lines = (line.split() for line in book.read_text().splitlines())
    return {attempt_id: Decimal(bill) for attempt_id, bill in lines}


async def _sweep(database: Database) -> int:
    """Wait until the last dead owner's lease is over, and close what they left."""
    await asyncio.sleep(LEASE_S + 0.5)
    app = database.addresses.app
    async with open_admission(database.pool, app, SystemClock()) as admission:
        return await admission.sweep()


async def _reconcile(
    database: Database, owner: psycopg.Connection[tuple[object, ...]], bills: dict[str, Decimal]
) -> None:
    """Put the provider's bill in the place of every guess of the sweeper."""
    guesses = owner.execute("select attempt_id from clearway.llm_attempt where swept").fetchall()
    app = database.addresses.app
    async with open_admission(database.pool, app, SystemClock()) as admission:
        for (name,) in guesses:
            bill = bills.get(str(name), Decimal(0))
            await admission.leave(
                str(name), replace(DONE, status="interrupted", verdict="ignored", cost_usd=bill)
            )
