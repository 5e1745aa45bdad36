"""Runs a checked statement as a bounded read.

One round trip opens the transaction, sets it up, declares a server-side cursor and fetches the
first rows; one ends it. More rows come in a stream, a few at a time, until the row or byte cap: the
driver never holds more than those few, however wide they are.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import AbstractAsyncContextManager, aclosing, nullcontext
from typing import cast

import psycopg
from psycopg.rows import TupleRow, tuple_row

from clearway.errors import RequestTimeoutError
from clearway.graph.ports import Rows
from clearway.identity import Principal
from clearway.outcome import ResultColumn
from clearway.plans import CheckedSql
from clearway.resilience.bulkhead import Bulkhead
from clearway.tools.sql.costs import PlanCosts
from clearway.tools.sql.failures import is_connection_lost, translate
from clearway.tools.sql.result import TYPE_NAMES, ResultBuilder
from clearway.tools.sql.session import Connection, Pool, SessionSettings, begin, end, lend

FIRST_ROWS = 20
"""Rows fetched with the statement itself; most answers are complete with them."""
CHUNK_ROWS = 20
"""Rows that the driver holds at a time after those."""
_CANCEL_GRACE_S = 1.0
_TYPE_NAME = "SELECT pg_catalog.format_type(%s::oid, NULL)"


class PostgresExecutor:
    """Implements `SqlExecutor` on a pool of reader connections."""

    def __init__(
        self,
        pool: Pool,
        *,
        session: SessionSettings | None = None,
        result_bytes_limit: int = 10_000_000,
        costs: PlanCosts | None = None,
        costly: float = 20_000.0,
        bulkhead: Bulkhead | None = None,
    ) -> None:
        """Hold the pool; its owner closes it.

        Statements that cost more than `costly`, or were never proven, go through the bulkhead, so
        that they cannot take every connection from the cheap ones.
        """
        self._costs = costs or PlanCosts()
        self._costly = costly
        self._bulkhead = bulkhead or Bulkhead("costly questions", limit=2, queue=8, wait_s=10.0)
        self._pool = pool
        self._session = session or SessionSettings()
        self._byte_limit = result_bytes_limit
        self._type_names = dict(TYPE_NAMES)

    async def run(
        self, checked: CheckedSql, principal: Principal, *, trace_id: str, timeout_s: float
    ) -> Rows:
        """Return the rows; raise `ExecutionError`, `RequestTimeoutError` or `StoreUnavailable`.

        Raises `RateLimitError` when too many costly statements run already. A cancelled call
        cancels the statement on the server. A connection found dead before any row came is
        replaced once: a read is safe to repeat.
        """
        try:
            async with asyncio.timeout(timeout_s + _CANCEL_GRACE_S):
                async with self._place(checked.sql):
                    return await self._attempts(checked, principal, trace_id, timeout_s)
        except TimeoutError:
            raise RequestTimeoutError(
                "The statement took longer than the request may; narrow it."
            ) from None

    def _place(self, sql: str) -> AbstractAsyncContextManager[None]:
        cost = self._costs.of(sql)
        cheap = cost is not None and cost <= self._costly
        return nullcontext() if cheap else self._bulkhead.place()

    async def _attempts(
        self, checked: CheckedSql, principal: Principal, trace_id: str, timeout_s: float
    ) -> Rows:
        for last in (False, True):
            try:
                async with lend(self._pool, timeout_s=timeout_s) as connection:
                    values = self._session.values(principal, trace_id=trace_id, timeout_s=timeout_s)
                    return await self._read(connection, checked, values)
            except psycopg.Error as error:
                if last or not is_connection_lost(error):
                    raise translate(error) from None
            await self._pool.check()
        raise AssertionError("the second attempt returns or raises")

    async def _read(
        self, connection: Connection, checked: CheckedSql, values: dict[str, str]
    ) -> Rows:
        cursor = connection.cursor(row_factory=tuple_row)
        first = min(checked.limit, FIRST_ROWS) + 1
        try:
            async with connection.pipeline():
                await begin(connection, values)
                await connection.execute(
                    f"DECLARE rows NO SCROLL CURSOR FOR {checked.sql}".encode()
                )
                await cursor.execute(f"FETCH FORWARD {first} FROM rows".encode())
            result = await self._collect(connection, cursor, checked, first)
        except psycopg.Error:
            await end(connection)
            raise
        await end(connection)
        return result

    async def _collect(
        self,
        connection: Connection,
        cursor: psycopg.AsyncCursor[TupleRow],
        checked: CheckedSql,
        first: int,
    ) -> Rows:
        description = cursor.description or []
        oids = [column.type_code for column in description]
        columns = [
            ResultColumn(name=column.name, type=await self._type_name(connection, column.type_code))
            for column in description
        ]
        builder = ResultBuilder(columns, oids, row_limit=checked.limit, byte_limit=self._byte_limit)
        batch = await cursor.fetchall()
        if builder.add(batch) and len(batch) == first and checked.limit > FIRST_ROWS:
            await _stream(cursor, builder, checked.limit + 1 - first)
        return Rows(
            columns=builder.columns,
            rows=builder.rows,
            truncated=builder.truncated,
            result_hash=builder.result_hash,
            size_bytes=builder.size_bytes,
        )

    async def _type_name(self, connection: Connection, oid: int) -> str:
        known = self._type_names.get(oid)
        if known is None:
            cursor = connection.cursor(row_factory=tuple_row)
            await cursor.execute(_TYPE_NAME, [oid])
            row = await cursor.fetchone()
            known = self._type_names[oid] = str(row[0]) if row else "unknown"
        return known


async def _stream(cursor: psycopg.AsyncCursor[TupleRow], builder: ResultBuilder, left: int) -> None:
    """Add rows until no more may come; leaving the stream early cancels it on the server."""
    rows = cursor.stream(f"FETCH FORWARD {left} FROM rows".encode(), size=CHUNK_ROWS)
    async with aclosing(cast("AsyncGenerator[TupleRow, None]", rows)):
        async for row in rows:
            if not builder.add((row,)):
                return
