"""Money through the whole router, over several vendors and processes, one of which is killed."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from clearway.evals.bench.router_soak import close_books, started
from clearway.stores.postgres import Database

pytestmark = [pytest.mark.integration, pytest.mark.anyio]

CALLS = 60
KILLED_AFTER = 20
"""Calls of the process that is killed; it would make more than anybody waits for."""


def _fire(conninfo: str, book: Path) -> None:
    dying = started(conninfo, book, seed=1, calls=100_000)
    living = started(conninfo, book, seed=2, calls=CALLS)
    assert dying.stdout is not None
    for _ in range(KILLED_AFTER):
        assert dying.stdout.readline() == "asked\n"
    dying.kill()
    for each in (dying, living):
        each.communicate()
    assert living.returncode == 0


async def test_the_ledger_is_the_vendors_bill_to_the_last_digit(
    database: Database, tmp_path: Path
) -> None:
    book = tmp_path / "book"
    await asyncio.to_thread(_fire, database.addresses.app, book)
    books = await close_books(database, book)
    books.check()
    assert books.attempts > CALLS
    assert {"succeeded", "failed", "cancelled", "abandoned"} <= {name for name, _ in books.endings}
