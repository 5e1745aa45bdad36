"""The router under fire: four vendors, cancels, cuts, fail-overs and killed processes.

`python -m clearway.evals.bench.router_soak [CALLS]`. In the end the ledger is what the vendors
bill, to the last digit. They are simulated, in the process of their callers; their book is on disk.
"""

from __future__ import annotations

import asyncio
import os
import random
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

import psycopg

from clearway.evals.bench import admission_worker
from clearway.llm.ports import Result
from clearway.resilience.clock import SystemClock
from clearway.stores.models.admission import open_admission
from clearway.stores.postgres import Database

CALLS = 10_000
PROCESSES = 4
CHUNK = 500
KILLED_SHARE = 0.5

_TOTALS = """
select
    (select coalesce(sum(cost_usd), 0) from clearway.llm_attempt),
    (select coalesce(sum(cost_usd), 0) from clearway.llm_spend where by = 'model'),
    (select coalesce(sum(settled_usd), 0) from clearway.llm_purse where key = 'global'),
    (select coalesce(sum(settled_usd), 0) from clearway.llm_purse where key like 'user:%'),
    (select coalesce(sum(reserved_usd), 0) from clearway.llm_purse),
    (select count(*) from clearway.llm_attempt),
    (select count(*) from clearway.llm_attempt where ended_at is null)
"""
_EXPIRE = """
update clearway.llm_attempt set lease_until = clock_timestamp() - interval '1 second'
where ended_at is null
"""
_ENDINGS = "select status, count(*) from clearway.llm_attempt group by 1 order by 1"
_BY_ATTEMPT = "select attempt_id, trace_id, provider, cost_usd, swept from clearway.llm_attempt"

Bills = Mapping[tuple[str, str], Decimal]
"""Request and vendor -> what was billed; a vendor is asked once for one request."""


@dataclass(frozen=True, kw_only=True)
class Books:
    """What every account says in the end, in USD."""

    billed: Decimal
    ledger: Decimal
    reports: Decimal
    purse: Decimal
    user_purses: Decimal
    reserved: Decimal
    attempts: int
    still_open: int
    swept: int
    before_bills: Decimal
    """The ledger while dead owners' calls stood at their worst case."""
    endings: tuple[tuple[str, int], ...]
    """Status -> attempts."""
    wrong: int
    """Attempts whose cost is not what the vendor billed for them."""

    def check(self) -> None:
        """Raise where any account differs from another by any amount."""
        accounts = {self.billed, self.ledger, self.reports, self.purse, self.user_purses}
        assert len(accounts) == 1, self
        assert not (self.reserved or self.still_open or self.wrong), self
        assert self.before_bills >= self.billed, self


def started(conninfo: str, book: Path, seed: int, calls: int) -> subprocess.Popen[str]:
    """Start a process that makes calls."""
    module = "clearway.evals.bench.router_soak_worker"
    return admission_worker.started(conninfo, str(book), str(seed), str(calls), module=module)


def bills_of(book: Path) -> Bills:
    """Return what was billed so far."""
    bills: dict[tuple[str, str], Decimal] = defaultdict(Decimal)
    for line in book.read_text("utf-8").splitlines() if book.exists() else ():
        request, vendor, usd = line.split()
        bills[request, vendor] += Decimal(usd)
    return bills


async def close_books(database: Database, book: Path) -> Books:
    """Sweep what dead owners left, put their bills in place of the guesses, and read all accounts.

    Leases are taken for over: nobody of those who began is alive.
    """
    bills, app = bills_of(book), database.addresses.app
    with psycopg.connect(database.addresses.admin, autocommit=True) as owner:
        owner.execute(_EXPIRE)
        async with open_admission(database.pool, app, SystemClock()) as admission:
            swept = await admission.sweep()
            before = owner.execute(_TOTALS).fetchone()
            for name, request, vendor, _, guessed in owner.execute(_BY_ATTEMPT).fetchall():
                if guessed:
                    billed = bills.get((request, vendor), Decimal(0))
                    await admission.leave(name, _ended(billed))
        after = owner.execute(_TOTALS).fetchone()
        told = owner.execute(_BY_ATTEMPT).fetchall()
        endings = owner.execute(_ENDINGS).fetchall()
    assert before is not None
    assert after is not None
    ledger, reports, purse, user_purses, reserved, attempts, still_open = after
    on_record = {(request, vendor): cost for _, request, vendor, cost, _ in told}
    wrong = sum(cost != bills.get(of, 0) for of, cost in on_record.items())
    return Books(
        billed=sum(bills.values(), Decimal(0)),
        ledger=ledger,
        reports=reports,
        purse=purse,
        user_purses=user_purses,
        reserved=reserved,
        attempts=attempts,
        still_open=still_open,
        swept=swept,
        before_bills=before[0],
        endings=tuple((status, count) for status, count in endings),
        wrong=wrong + sum(of not in on_record for of in bills),
    )


def _ended(billed: Decimal) -> Result:
    return Result(status="interrupted", verdict="ignored", cost_usd=billed)


def _run(conninfo: str, book: Path, calls: int) -> int:
    """Let processes ask until there were enough calls; half of them are killed at any moment."""
    chance, kills, seed = random.Random(7), 0, 0
    while len(bills_of(book)) < calls:
        workers = []
        for _ in range(PROCESSES):
            seed += 1
            workers.append(started(conninfo, book, seed, CHUNK))
        for worker in workers:
            if chance.random() < KILLED_SHARE:
                with suppress(subprocess.TimeoutExpired):
                    worker.wait(timeout=2 + 6 * chance.random())
                if worker.poll() is None:
                    worker.kill()
                    kills += 1
            worker.communicate()
    return kills


async def main(calls: int = CALLS) -> None:
    """Print what every account says; raise where they differ by any amount."""
    from clearway.evals.bench.admission import own_database

    async with own_database() as database:
        with tempfile.TemporaryDirectory() as folder:
            book, began = Path(folder) / "book", time.monotonic()
            kills = await asyncio.to_thread(_run, database.addresses.app, book, calls)
            took = time.monotonic() - began
            books = await close_books(database, book)
            n = len(bills_of(book))
    print(f"{n} calls billed by {PROCESSES} x {CHUNK}, {kills} processes killed, {took:.0f} s")
    print(f"{books.attempts} attempts on the ledger, {books.swept} of dead owners swept")
    print(f"how they ended: {dict(books.endings)}")
    print(f"ledger before their bills {books.before_bills}, after {books.ledger}")
    print(f"vendors billed {books.billed}; attempts whose cost is another: {books.wrong}")
    print(f"load average at the end {os.getloadavg()[0]:.1f}")
    books.check()


if __name__ == "__main__":
    asyncio.run(main(*map(int, sys.argv[1:])))
