"""A process that is alive, as the database can tell: an advisory lock that ends with it."""

from __future__ import annotations

import asyncio
import secrets
from types import TracebackType
from typing import Self

from psycopg import AsyncConnection
from psycopg.rows import DictRow

from clearway.stores.connect import connect, store_errors


class Instance:
    """A random id, locked in the database on a connection of its own for as long as we live.

    Whoever can take the lock of an id knows that its process is gone, however it ended. Losing the
    connection ends the id: the next call gets another.
    """

    def __init__(self, conninfo: str, variable: str) -> None:
        """Nothing is connected until the first call of `current`."""
        self._conninfo = conninfo
        self._variable = variable
        self._connection: AsyncConnection[DictRow] | None = None
        self._id = 0
        self._turn = asyncio.Lock()

    async def __aenter__(self) -> Self:
        """Take the lock."""
        await self.current()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Give the lock back."""
        await self._disconnect()

    async def current(self) -> int:
        """Return the id, a positive 63-bit number; a new one if the lock was lost."""
        if self._connection is None:
            async with self._turn:
                if self._connection is None:
                    await self._connect()
        return self._id

    async def _connect(self) -> None:
        connection = await connect(self._conninfo, self._variable)
        number = secrets.randbits(62) + 1
        with store_errors("lock this process's id"):
            await connection.execute("select pg_advisory_lock(%s::bigint)", [number])
        # An idle connection has nothing to read until the server ends it.
        asyncio.get_running_loop().add_reader(connection.fileno(), self._lost)
        self._connection, self._id = connection, number

    def _lost(self) -> None:
        if self._connection is not None:
            asyncio.get_running_loop().remove_reader(self._connection.fileno())
            self._connection.pgconn.finish()
            self._connection = None

    async def _disconnect(self) -> None:
        if self._connection is not None:
            connection, self._connection = self._connection, None
            asyncio.get_running_loop().remove_reader(connection.fileno())
            await connection.close()
