"""Bounded read sessions on the warehouse: what holds for every statement that runs there.

Each statement runs in a read-only transaction of its own, set up with SET LOCAL semantics, through
the extended protocol (one statement per message), and ends in ROLLBACK. Between uses a connection
is reset with DISCARD ALL, off the caller's path. `jit` is off because statement_timeout does not
interrupt compiled code.
"""

from __future__ import annotations

import secrets
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import psycopg
from psycopg import AsyncConnection
from psycopg.pq import TransactionStatus
from psycopg.rows import TupleRow
from psycopg_pool import AsyncConnectionPool, PoolTimeout

from clearway.errors import RequestTimeoutError, StoreUnavailable
from clearway.identity import Principal
from clearway.resilience import connections
from clearway.tools.sql.guard.policy import MASK_KEY_SETTING
from clearway.tools.sql.result import read_exactly

Connection = AsyncConnection[TupleRow]
Pool = AsyncConnectionPool[Connection]

VARIABLE = "CLEARWAY_WAREHOUSE_URL"

SHORT_S = 1.0
"""A wait shorter than this says more about the request's deadline than about the warehouse."""

GRACE_S = 1.0
"""How long after its statement's timeout a transaction is ended by the server, whatever it does."""

TRANSACTION_TIMEOUT = "transaction_timeout"
_KNOWS_TRANSACTION_TIMEOUT = 170_000

_BEGIN = "BEGIN TRANSACTION READ ONLY"
_SET = (
    "SELECT set_config(s.name, s.value, true) FROM unnest(%b::text[], %b::text[]) AS s(name, value)"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionSettings:
    """What every read on the warehouse is held to."""

    role: str | None = None
    """Role to take on; None where the connection is already the reader's."""
    statement_timeout_s: float = 30.0
    lock_timeout_s: float = 2.0
    idle_timeout_s: float = 15.0
    """How long a transaction may wait for its client before the server ends it."""
    work_mem: str = "16MB"
    temp_file_limit: str | None = None
    """Only a superuser may set it in a session; the grant script sets it on the role."""
    mask_key: str = field(default_factory=lambda: secrets.token_hex(32), repr=False)
    """Key of the hash mask; the same key gives the same pseudonyms. A new one unless given."""
    extra: Mapping[str, str] = field(default_factory=dict)

    def values(self, principal: Principal, *, trace_id: str, timeout_s: float) -> dict[str, str]:
        """Return every setting of one statement, by name."""
        timeout_ms = max(1, round(min(self.statement_timeout_s, timeout_s) * 1000))
        optional = {"temp_file_limit": self.temp_file_limit, "role": self.role}
        return {
            **_FIXED,
            "statement_timeout": str(timeout_ms),
            TRANSACTION_TIMEOUT: str(timeout_ms + round(GRACE_S * 1000)),
            "lock_timeout": str(round(self.lock_timeout_s * 1000)),
            "idle_in_transaction_session_timeout": str(round(self.idle_timeout_s * 1000)),
            "work_mem": self.work_mem,
            "application_name": f"clearway {trace_id}"[:63],
            "clearway.user": principal.user,
            "clearway.tenant": principal.tenant,
            "clearway.roles": ",".join(sorted(principal.roles)),
            MASK_KEY_SETTING: self.mask_key,
            **self.extra,
            **{name: value for name, value in optional.items() if value is not None},
        }


_FIXED = {
    "search_path": "pg_catalog, pg_temp",
    "jit": "off",
    "max_parallel_workers_per_gather": "0",
    "cursor_tuple_fraction": "1.0",
    "standard_conforming_strings": "on",
    "DateStyle": "ISO, YMD",
    "IntervalStyle": "postgres",
    "TimeZone": "UTC",
    "bytea_output": "hex",
    "extra_float_digits": "1",
}


@asynccontextmanager
async def open_warehouse_pool(
    conninfo: str, *, size: int = 8, connect_timeout_s: float = 5.0
) -> AsyncIterator[Pool]:
    """Open a pool of connections for reads; closes it on leaving.

    Raises `StoreUnavailable`, naming the variable to set, when the warehouse cannot be reached.
    """
    pool: Pool = AsyncConnectionPool(
        connections.kept_alive(conninfo),
        open=False,
        min_size=1,
        max_size=size,
        timeout=connect_timeout_s,
        reconnect_timeout=connections.RECONNECT_S,
        configure=_configure,
        reset=_reset,
        kwargs={
            "autocommit": True,
            "prepare_threshold": None,
            "connect_timeout": max(2, round(connect_timeout_s)),
        },
    )
    try:
        await pool.open(wait=True, timeout=connect_timeout_s)
    except PoolTimeout:
        await pool.close()
        raise unavailable() from None
    try:
        yield pool
    finally:
        await pool.close()


async def _configure(connection: Connection) -> None:
    read_exactly(connection.adapters)


async def _reset(connection: Connection) -> None:
    await connection.execute("DISCARD ALL")


def unavailable() -> StoreUnavailable:
    """Return the error of a warehouse that cannot be reached."""
    return StoreUnavailable(
        "The warehouse does not answer, or refuses the login. Check that it runs, and that host, "
        f"database, user and password in {VARIABLE} are right.",
        variable=VARIABLE,
    )


@asynccontextmanager
async def lend(pool: Pool, *, timeout_s: float) -> AsyncIterator[Connection]:
    """Lend a connection; whatever transaction it is in at the end is rolled back."""
    try:
        connection = await pool.getconn(timeout=timeout_s)
    except PoolTimeout:
        if timeout_s < SHORT_S:
            raise RequestTimeoutError(
                "The request's time ran out before the data was asked."
            ) from None
        raise unavailable() from None
    except psycopg.OperationalError:
        raise unavailable() from None
    try:
        yield connection
    finally:
        await pool.putconn(connection)


async def begin(connection: Connection, values: Mapping[str, str]) -> None:
    """Open the bounded read; inside a pipeline this only queues."""
    await connection.execute(_BEGIN)
    if connection.info.server_version < _KNOWS_TRANSACTION_TIMEOUT:
        values = {name: value for name, value in values.items() if name != TRANSACTION_TIMEOUT}
    await connection.execute(_SET, [list(values), list(values.values())])


async def end(connection: Connection) -> None:
    """Roll back what `begin` opened; without a transaction, do nothing.

    Not for a cancelled call: the pool resets or drops the connection then.
    """
    if not connection.closed and connection.info.transaction_status != TransactionStatus.IDLE:
        await connection.execute("ROLLBACK")
