"""Each request may send its write once, whichever process asks."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime

import pytest

from clearway.stores.postgres import Database
from clearway.stores.writes import PostgresWriteGuard

pytestmark = [pytest.mark.integration, pytest.mark.anyio]

NOW = datetime(2026, 5, 20, tzinfo=UTC)


async def test_of_many_who_claim_at_once_one_may_write(database: Database) -> None:
    guards = [PostgresWriteGuard(database.pool) for _ in range(5)]
    claims = await asyncio.gather(*(each.claim("r-1", at=NOW) for each in guards))
    assert sorted(claims) == [False, False, False, False, True]
    assert not await guards[0].claim("r-1", at=NOW)
    assert await guards[0].claim("r-2", at=NOW)
