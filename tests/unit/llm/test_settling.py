"""Settlement behind the answer: sooner for the caller, the same for the books."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from decimal import Decimal

import pytest

from clearway.errors import StoreUnavailable
from clearway.llm.admission.in_process import MemoryAdmission
from clearway.llm.admission.settling import AT_MOST, Settling
from clearway.llm.ports import Pass, Purse, Result
from clearway.resilience.clock import FakeClock
from tests.attempts import DAY, DONE, FAILED, attempt

pytestmark = pytest.mark.unit

ONE_CALL = [Purse(key="user:north/ada", period="day", limit_usd=Decimal("0.10"))]
"""Room for the worst case of one call, or for what many really cost and one worst case."""


class Slow(MemoryAdmission):
    """Closes no books until told to."""

    def __init__(self) -> None:
        super().__init__(FakeClock())
        self.told = asyncio.Event()
        self.closed: list[str] = []

    async def leave(self, attempt_id: str, result: Result) -> None:
        await self.told.wait()
        self.closed.append(attempt_id)
        await super().leave(attempt_id, result)


class Gone(MemoryAdmission):
    """Lost its store after the call began."""

    async def leave(self, attempt_id: str, result: Result) -> None:
        raise StoreUnavailable("gone", variable="CLEARWAY_DATABASE_URL")


@pytest.mark.anyio
async def test_an_answer_does_not_wait_for_the_books() -> None:
    books = Slow()
    settling = Settling(books)
    await settling.enter(attempt("a"))

    await settling.leave("a", DONE)

    assert books.closed == []
    books.told.set()
    await settling.settled()
    assert books.closed == ["a"]


@pytest.mark.anyio
async def test_a_refusal_stands_only_when_nothing_is_about_to_be_released() -> None:
    books = Slow()
    settling = Settling(books)
    cheap = replace(DONE, cost_usd=Decimal(0))
    await settling.enter(attempt("a", purses=ONE_CALL))
    await settling.leave("a", cheap)

    deciding = asyncio.ensure_future(settling.enter(attempt("b", purses=ONE_CALL)))
    await asyncio.sleep(0)
    books.told.set()

    assert isinstance(await deciding, Pass)


@pytest.mark.anyio
async def test_what_is_read_is_what_is_settled() -> None:
    books = Slow()
    settling = Settling(books)
    await settling.enter(attempt("a"))
    await settling.leave("a", DONE)

    reading = asyncio.ensure_future(settling.spent(DAY))
    await asyncio.sleep(0)
    books.told.set()

    assert await reading == (DONE.cost_usd, Decimal(0))


@pytest.mark.anyio
async def test_a_failure_is_settled_before_the_next_attempt() -> None:
    books = Slow()
    settling = Settling(books)
    await settling.enter(attempt("a"))

    leaving = asyncio.ensure_future(settling.leave("a", FAILED))
    await asyncio.sleep(0)
    assert not leaving.done()
    books.told.set()
    await leaving

    assert books.closed == ["a"]


@pytest.mark.anyio
async def test_a_caller_waits_where_too_much_is_under_way() -> None:
    books = Slow()
    settling = Settling(books)
    for number in range(AT_MOST):
        await settling.leave(str(number), DONE)

    leaving = asyncio.ensure_future(settling.leave("one more", DONE))
    await asyncio.sleep(0)
    assert not leaving.done()
    books.told.set()
    await leaving
    await settling.settled()

    assert len(books.closed) == AT_MOST + 1


@pytest.mark.anyio
async def test_books_that_are_lost_do_not_cost_the_answer(caplog: pytest.LogCaptureFixture) -> None:
    settling = Settling(Gone(FakeClock()))
    await settling.enter(attempt("a"))

    await settling.leave("a", DONE)
    await settling.settled()

    assert [record.message for record in caplog.records] == ["attempt_not_settled"]
