"""The Clearway database: who connects as what, and the pool the application works with."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime

from psycopg import AsyncConnection
from psycopg.rows import DictRow, dict_row
from psycopg_pool import AsyncConnectionPool, PoolTimeout

from clearway.errors import ClearwayError
from clearway.resilience import connections
from clearway.settings import Settings
from clearway.stores.connect import address, connect, store_errors, with_settings
from clearway.stores.conversations.checkpoint_schema import prepare_checkpoints
from clearway.stores.demo import refresh_demo
from clearway.stores.embedded.server import EmbeddedPostgres, join
from clearway.stores.migrate import migrate

logger = logging.getLogger("clearway.stores")

VARIABLE = "CLEARWAY_DATABASE_URL"
LOOK_AFTER_S = 1.0
"""How often the embedded server is looked after; a look is one connection to its socket."""

Pool = AsyncConnectionPool[AsyncConnection[DictRow]]


@dataclass(frozen=True, kw_only=True, repr=False)
class Addresses:
    """Connection strings, by what they may do. They may hold a password: never logged or shown."""

    admin: str
    """The login as given: migrates, and nothing else."""
    owner: str
    """Works as `clearway_owner`, in schema `clearway`."""
    app: str
    """Works as `clearway_app`, in schema `clearway`."""
    reader: str
    """Works as `clearway_reader`, read-only, in schema `demo`."""


@dataclass(frozen=True, kw_only=True, repr=False)
class Database:
    """An open database: migrated, and with a pool of connections that work as the application."""

    addresses: Addresses
    pool: Pool
    embedded: bool

    @property
    def warehouse(self) -> str:
        """Where the demo warehouse is read from."""
        return self.addresses.reader

    async def refresh_demo(self, now: datetime) -> bool:
        """Let the demo warehouse reach `now`; return whether anything had to be done."""
        async with await connect(self.addresses.admin, VARIABLE) as connection:
            with store_errors("refresh the demo warehouse"):
                return await refresh_demo(connection, now)


@asynccontextmanager
async def open_database(
    settings: Settings, *, now: datetime | None = None
) -> AsyncIterator[Database]:
    """Yield the database of these settings, ready for work; its connections close afterwards.

    Starts the embedded server when no URL is set, migrates when the schema is behind, and loads or
    refreshes the demo warehouse when no other warehouse is set (as of `now`). Raises
    `ConfigurationError` or `StoreUnavailable` with one sentence naming the variable to set.
    """
    async with _server(settings) as (addresses, embedded):
        await _prepare(addresses, None if settings.warehouse_url else now or datetime.now(UTC))
        pool = _pool(addresses.app, settings.pool_size)
        try:
            await _opened(pool, addresses.app)
            yield Database(addresses=addresses, pool=pool, embedded=embedded)
        finally:
            await pool.close()


@asynccontextmanager
async def _server(settings: Settings) -> AsyncIterator[tuple[Addresses, bool]]:
    if settings.database_url is not None:
        yield _external(settings.database_url.get_secret_value()), False
        return
    # Both wait for processes and locks: never in the event loop.
    server = await asyncio.to_thread(join, settings.home)
    keeper = asyncio.create_task(_keep_alive(server))
    try:
        yield _own(server), True
    finally:
        keeper.cancel()
        await asyncio.to_thread(server.leave)


async def _keep_alive(server: EmbeddedPostgres) -> None:
    """Start the embedded server again when it dies under us: nobody else looks after it."""
    while True:
        await asyncio.sleep(LOOK_AFTER_S)
        with suppress(ClearwayError):  # a full disk, say: the next look may find room
            if await asyncio.to_thread(server.revive):
                logger.warning("the embedded Postgres had died and was started again")


async def _prepare(addresses: Addresses, demo_until: datetime | None) -> None:
    connection = await connect(addresses.admin, VARIABLE)
    async with connection:
        with store_errors("prepare its schema"):
            await migrate(connection)
            await prepare_checkpoints(connection)
            if demo_until is not None:
                await refresh_demo(connection, demo_until)


def _pool(conninfo: str, size: int) -> Pool:
    return AsyncConnectionPool(
        conninfo,
        open=False,
        min_size=1,
        max_size=size,
        timeout=10,
        check=connections.check_idle,
        reconnect_timeout=connections.RECONNECT_S,
        kwargs={"autocommit": True, "prepare_threshold": 0, "row_factory": dict_row},
    )


async def _opened(pool: Pool, conninfo: str) -> None:
    """Open the pool; it does not say why it could not, so one connection is asked."""
    try:
        await pool.open(wait=True, timeout=10)
    except PoolTimeout:
        await (await connect(conninfo, VARIABLE)).close()
        with store_errors("open enough connections"):
            raise


_COMMON = {
    "application_name": "clearway",
    # A machine that lost its power must not be taken for a living one for hours.
    "tcp_keepalives_idle": "30",
    "tcp_keepalives_interval": "10",
    "tcp_keepalives_count": "3",
}
_WORK = {**_COMMON, "search_path": "clearway"}
_READ = {
    **_COMMON,
    "search_path": "demo",
    "default_transaction_read_only": "on",
    "jit": "off",
}


def _external(url: str) -> Addresses:
    """One login for all; it becomes the role each task needs."""
    address(url, VARIABLE)
    url = connections.kept_alive(url)
    return Addresses(
        admin=url,
        owner=with_settings(url, {"role": "clearway_owner", **_WORK}),
        app=with_settings(url, {"role": "clearway_app", **_WORK}),
        reader=with_settings(url, {"role": "clearway_reader", **_READ}),
    )


def _own(server: EmbeddedPostgres) -> Addresses:
    """Each role logs in as itself, so that no session is a superuser's underneath."""
    return Addresses(
        admin=server.conninfo(),
        owner=with_settings(server.conninfo(), {"role": "clearway_owner", **_WORK}),
        app=with_settings(server.conninfo(user="clearway_app"), _WORK),
        reader=with_settings(server.conninfo(user="clearway_reader"), _READ),
    )
