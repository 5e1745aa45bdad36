"""What is particular to admission over Redis: it is lost, and the money is not."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from decimal import Decimal

import pytest

from clearway.llm.ports import Pass, Turned
from clearway.stores.models.admission_redis import RedisAdmission
from clearway.stores.postgres import Database
from tests.attempts import DAY, DONE, attempt, let_in
from tests.integration.stores.conftest import admission_over
from tests.redis_server import RedisServer, redis_server

pytestmark = [pytest.mark.integration, pytest.mark.anyio]


@pytest.fixture
def mortal() -> Iterator[RedisServer]:
    """A Redis of the test's own, to be killed."""
    with redis_server() as server:
        yield server


@pytest.fixture
async def admission(database: Database, mortal: RedisServer) -> AsyncIterator[RedisAdmission]:
    async with admission_over(database, mortal) as opened:
        yield opened


async def test_without_redis_everything_is_counted_in_postgres_and_said_so(
    admission: RedisAdmission, mortal: RedisServer
) -> None:
    begun = attempt("begun with it", worst_case_usd=Decimal("0.25"))
    await admission.enter(begun)
    assert admission.degraded is None
    mortal.kill()

    refused = await admission.enter(attempt())
    assert isinstance(refused, Turned)
    assert refused.reason == "budget"
    assert admission.degraded is not None
    await admission.leave("begun with it", DONE)
    assert isinstance(await admission.enter(attempt("begun without")), Pass)
    await admission.leave("begun without", DONE)

    assert await admission.spent(DAY) == (Decimal("0.02"), 0)
    assert [each.total_requests for each in await admission.health()] == [1]


async def test_a_redis_that_dies_hands_over_without_reserving_twice(
    admission: RedisAdmission, mortal: RedisServer
) -> None:
    await let_in(admission)
    mortal.kill()

    assert isinstance(await admission.enter(attempt("without")), Pass)

    assert admission.degraded is not None
    assert await admission.spent(DAY) == (0, Decimal("0.10"))
    await admission.leave("without", DONE)
    assert await admission.spent(DAY) == (Decimal("0.01"), 0)
