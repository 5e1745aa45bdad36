"""A connection of one's own: lost, slow, and in a circle of locks."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from contextlib import suppress

import psycopg
import pytest

from clearway.errors import StoreUnavailable
from clearway.stores.gather import Gather
from clearway.stores.models.line import Line
from clearway.stores.postgres import VARIABLE, Database

pytestmark = [pytest.mark.integration, pytest.mark.anyio]

PATIENCE_S = 120
"""Less than what was ended would have taken, and more than any machine needs."""


async def test_what_takes_too_long_is_ended_and_the_next_is_not_held_up(
    database: Database,
) -> None:
    line = Line(database.addresses.app, VARIABLE, timeout_s=0.3)

    with pytest.raises(StoreUnavailable, match=r"could not wait within 0\.3 s"):
        await line.ask("select pg_sleep(600)::text || %s", "", doing="wait")

    async with asyncio.timeout(PATIENCE_S):
        assert await answer(line, "next") == "next"
    await line.close()


async def answer(line: Line, value: str) -> object:
    """Ask until the new connection was made within the line's short time."""
    while True:
        with suppress(StoreUnavailable):
            return await line.ask("select %s::text", value, doing="answer")


async def test_a_connection_that_was_lost_is_made_again(database: Database) -> None:
    line = Line(database.addresses.app, VARIABLE)
    pid = await line.ask("select pg_backend_pid() || %s", "", doing="answer")
    with psycopg.connect(database.addresses.admin, autocommit=True) as admin:
        admin.execute("select pg_terminate_backend(%s::integer, 5000)", [pid])

    assert await line.ask("select %s::text", "again", doing="answer") == "again"
    await line.close()


async def test_a_refusal_is_told_as_one(database: Database) -> None:
    line = Line(database.addresses.app, VARIABLE)

    with pytest.raises(StoreUnavailable, match="could not divide"):
        await line.ask("select 1 / %s::integer", "0", doing="divide")

    await line.close()


async def test_calls_that_come_meanwhile_are_sent_together() -> None:
    batches: list[list[int]] = []
    go = asyncio.Event()

    async def send(asked: object) -> list[int]:
        assert isinstance(asked, list)
        batches.append(asked)
        await go.wait()
        if 3 in asked:
            raise StoreUnavailable("gone")
        return [2 * each for each in asked]

    gather = Gather[int, int](send, at_most=3)
    first = gather.ask(0)
    await asyncio.sleep(0)
    rest = [gather.ask(number) for number in range(1, 6)]
    rest[0].cancel()
    go.set()

    answers = await asyncio.gather(first, *rest[1:], return_exceptions=True)

    assert batches == [[0], [1, 2, 3], [4, 5]]
    assert (answers[0], answers[3:]) == (0, [8, 10])
    assert all(isinstance(answer, StoreUnavailable) for answer in answers[1:3])


async def test_whatever_goes_wrong_with_a_batch_each_of_its_callers_is_told() -> None:
    async def send(asked: Sequence[int]) -> list[int]:
        if 1 in asked:
            raise ValueError("nobody expected this")
        return [2 * each for each in asked if each != 4]

    gather = Gather[int, int](send, at_most=2)
    answers = await asyncio.gather(*map(gather.ask, range(1, 7)), return_exceptions=True)

    assert [type(answer) for answer in answers[:4]] == [ValueError] * 2 + [RuntimeError] * 2
    assert answers[4:] == [10, 12]
    assert await gather.ask(7) == 14


async def test_when_sending_is_stopped_nobody_waits_for_an_answer() -> None:
    async def send(asked: Sequence[int]) -> list[int]:
        raise asyncio.CancelledError  # as a loop that ends has it

    gather = Gather[int, int](send, at_most=2)
    answers = await asyncio.gather(*map(gather.ask, range(3)), return_exceptions=True)

    assert [type(answer) for answer in answers] == [StoreUnavailable] * 3
