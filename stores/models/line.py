"""A connection of one's own: no waiting for the pool, and no look before each use."""

from __future__ import annotations

import asyncio
from typing import LiteralString

from psycopg import AsyncCursor, OperationalError, errors
from psycopg.rows import scalar_row

from clearway.errors import StoreUnavailable
from clearway.stores.connect import connect, store_errors

TIMEOUT_S = 5.0
"""What one statement may take, waiting for others' locks included."""

_AGAIN = (errors.DeadlockDetected, errors.SerializationFailure, errors.UniqueViolation)
"""Two came at once; the second time, one of them is first."""


class Line:
    """One statement after the other, each its own transaction. Statements must bear repetition."""

    def __init__(self, conninfo: str, variable: str, *, timeout_s: float = TIMEOUT_S) -> None:
        """Nothing is connected until someone asks; `variable` is the setting `conninfo` is from."""
        self._conninfo = conninfo
        self._variable = variable
        self._timeout_s = timeout_s
        self._cursor: AsyncCursor[object] | None = None
        self._turn = asyncio.Lock()

    async def ask(self, statement: LiteralString, value: str, *, doing: str) -> object:
        """Return the one value of the one row; `doing` names the task in `StoreUnavailable`.

        A connection that was lost, perhaps long ago, is tried once more on a new one.
        """
        try:
            # Outside, for a timeout is an OSError too, and this one is ours.
            async with asyncio.timeout(self._timeout_s), self._turn:
                with store_errors(doing):
                    return await self._tried(statement, value)
        except TimeoutError:
            await self.close()  # the statement may still be under way on it
            raise StoreUnavailable(
                f"Postgres could not {doing} within {self._timeout_s:g} s.",
                variable=self._variable,
            ) from None

    async def close(self) -> None:
        """Give the connection back; the next to ask gets another."""
        held, self._cursor = self._cursor, None
        if held is not None:
            await held.connection.close()

    async def _tried(self, statement: LiteralString, value: str) -> object:
        try:
            return await self._asked(statement, value)
        except (OperationalError, *_AGAIN) as error:
            if self._connected() is not None and not isinstance(error, _AGAIN):
                raise
            return await self._asked(statement, value)

    async def _asked(self, statement: LiteralString, value: str) -> object:
        cursor = self._connected()
        if cursor is None:
            connection = await connect(self._conninfo, self._variable)
            connection.prepare_threshold = 0
            cursor = self._cursor = connection.cursor(row_factory=scalar_row)
        await cursor.execute(statement, [value])
        return await cursor.fetchone()

    def _connected(self) -> AsyncCursor[object] | None:
        held = self._cursor
        return None if held is None or held.connection.closed else held
