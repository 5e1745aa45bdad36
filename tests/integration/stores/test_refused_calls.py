"""What Postgres will never take harms nobody but whoever brought it, and not for ever."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from decimal import Decimal
from secrets import token_hex

import pytest

from clearway.errors import StoreUnavailable
from clearway.llm.ports import Pass
from clearway.stores.models import admission_postgres
from clearway.stores.models.admission_postgres import PostgresAdmission
from clearway.stores.postgres import Database
from tests.attempts import DAY, DONE, attempt

from .conftest import as_owner, without

pytestmark = [pytest.mark.integration, pytest.mark.anyio]

MUCH = replace(DAY, limit_usd=Decimal(10))
TOO_MANY = replace(DONE, prompt_tokens=2**63)


@pytest.fixture
async def admission(database: Database) -> AsyncIterator[PostgresAdmission]:
    admission = PostgresAdmission(database.pool, database.addresses.app)
    yield admission
    await admission.close()


async def test_of_calls_that_begin_together_only_those_that_are_refused_fail(
    admission: PostgresAdmission,
) -> None:
    names = ["t1", "t\0", token_hex(10_000), "t4"]
    begun = await asyncio.gather(
        *(admission.enter(attempt(trace_id=name, purses=[MUCH])) for name in names),
        return_exceptions=True,
    )

    assert [type(each) for each in begun] == [Pass, StoreUnavailable, StoreUnavailable, Pass]
    assert await admission.sweep() == 0


async def test_a_result_that_is_refused_holds_up_no_other_and_is_swept(
    admission: PostgresAdmission, database: Database
) -> None:
    for name in "abcd":
        await admission.enter(attempt(name, purses=[MUCH]))
    await asyncio.gather(
        *(admission.leave(name, TOO_MANY if name == "b" else DONE) for name in "abcd")
    )

    assert await admission.spent(MUCH) == (Decimal("0.03"), Decimal("0.10"))
    as_owner(database, "update clearway.llm_attempt set lease_until = now() - interval '1 s'")
    assert await admission.sweep() == 1
    assert await admission.spent(MUCH) == (Decimal("0.13"), 0)


async def test_what_is_owed_is_written_though_one_of_it_is_refused(
    admission: PostgresAdmission, database: Database
) -> None:
    for name in "ab":
        await admission.enter(attempt(name, purses=[MUCH]))
    with without(database, "llm_leave"):
        await admission.leave("a", TOO_MANY)
        await admission.leave("b", DONE)

    await admission.sweep()

    assert await admission.spent(MUCH) == (Decimal("0.01"), Decimal("0.10"))


async def test_calls_that_were_not_made_are_owed_up_to_a_number(
    admission: PostgresAdmission, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(admission_postgres, "MOST_OWED", 3)
    with without(database, "llm_enter"):
        for _ in range(5):
            with pytest.raises(StoreUnavailable):
                await admission.enter(attempt())

    assert len(admission._owed) == 3
    await admission.sweep()
    assert not admission._owed
