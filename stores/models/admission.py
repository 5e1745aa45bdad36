"""Who counts model calls: Postgres, with Redis before it where there is one."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager

from clearway.graph.ports import Clock
from clearway.llm.admission.alerts import Failing
from clearway.llm.admission.settling import Settling
from clearway.llm.ports import Admission
from clearway.stores.models.admission_postgres import PostgresAdmission
from clearway.stores.models.admission_redis import RedisAdmission
from clearway.stores.postgres import Pool
from clearway.stores.redis_client import open_redis


@asynccontextmanager
async def open_admission(
    pool: Pool,
    conninfo: str,
    clock: Clock,
    *,
    redis_url: str | None = None,
    failing: Failing | None = None,
) -> AsyncIterator[Settling]:
    """Yield the admission all processes of this database share; `conninfo` is the pool's.

    With a Redis, circuits and windows are counted there; money never is. Successes are settled
    while their answers go out; on leaving, everything is.
    """
    async with AsyncExitStack() as stack:
        books = PostgresAdmission(pool, conninfo, failing=failing)
        stack.push_async_callback(books.close)
        if redis_url is None:
            yield _settling(books, stack)
            return
        redis = await stack.enter_async_context(open_redis(redis_url, clock, patient=True))
        shared = RedisAdmission(redis, books, failing=failing)
        stack.push_async_callback(shared.close)
        yield _settling(shared, stack)


def _settling(books: Admission, stack: AsyncExitStack) -> Settling:
    settling = Settling(books)
    stack.push_async_callback(settling.settled)
    return settling
