"""Whose turn it is in a conversation, while the connection that holds it may be lost."""

from __future__ import annotations

import asyncio

import pytest

from clearway.identity import Principal
from clearway.stores.conversations.threads import open_threads
from clearway.stores.postgres import Database

from .test_audit import disconnect

pytestmark = [pytest.mark.integration, pytest.mark.anyio]

ADA = Principal(user="ada", tenant="north")


async def test_a_turn_that_is_over_is_no_failure_though_its_connection_was_lost(
    database: Database,
) -> None:
    done = []
    async with open_threads(database.addresses.app, size=1) as threads:
        for turn in range(2):
            async with threads.turn("t", ADA):
                done.append(turn)
                await asyncio.to_thread(disconnect, database)
    assert done == [0, 1]


async def test_a_thread_is_free_again_however_often_its_turn_is_cancelled(
    database: Database,
) -> None:
    async with (
        open_threads(database.addresses.app, size=1) as ours,
        open_threads(database.addresses.app, size=1) as theirs,
    ):
        holds = asyncio.Event()

        async def turn() -> None:
            async with ours.turn("t", ADA):
                holds.set()
                await asyncio.Event().wait()

        running = asyncio.create_task(turn())
        await holds.wait()
        while not running.done():
            running.cancel()
            await asyncio.sleep(0)
        async with theirs.turn("t", ADA):
            pass
    assert running.cancelled()
