"""A process that is alive, as the database can tell: an advisory lock that ends with it."""

from __future__ import annotations

import asyncio
import secrets
from contextlib import suppress
from types import TracebackType
from typing import Self

import psycopg
from psycopg import AsyncConnection
from psycopg.rows import DictRow

from clearway.stores.connect import connect, store_errors


class Instance:
    """A random id, locked in the database on a connection of its own for as long as we live.

    Whoever can take the lock of an id knows that its process is gone, however it ended. Losing the
    connection ends the id: whoever asks next gets another.
    """

    def __init__(self, conninfo: str, variable: str) -> None:
        """Nothing is connected until someone asks; `variable` is the setting `conninfo` is from."""
        self._conninfo = conninfo
        self._variable = variable
        self._held: tuple[AsyncConnection[DictRow], int] | None = None
        self._turn = asyncio.Lock()

    async def __aenter__(self) -> Self:
        """Take the lock."""
        await self.connection()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Give the lock back at once: a server ends sessions in its own time."""
        if self._held is None:
            return
        connection, number = self._held
        with suppress(psycopg.Error):
            await connection.execute("select pg_advisory_unlock(%s::bigint)", [number])
        await connection.close()

    async def current(self) -> int:
        """Return the id, a positive number of 63 bits; a new one if the lock was lost."""
        return (await self.connection())[1]

    async def connection(self) -> tuple[AsyncConnection[DictRow], int]:
        """Return the connection that holds the lock, in autocommit mode, and the id."""
        held = self._held
        if held is None or held[0].closed:
            async with self._turn:
                held = self._held
                if held is None or held[0].closed:
                    held = self._held = await self._take()
        return held

    async def _take(self) -> tuple[AsyncConnection[DictRow], int]:
        connection = await connect(self._conninfo, self._variable)
        connection.prepare_threshold = 0
        number = secrets.randbits(62) + 1
        with store_errors("lock this process's id"):
            await connection.execute("select pg_advisory_lock(%s::bigint)", [number])
        return connection, number
