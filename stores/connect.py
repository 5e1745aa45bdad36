"""Connecting to Postgres, and saying in one sentence why it did not work."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
from psycopg.conninfo import conninfo_to_dict, make_conninfo
from psycopg.rows import DictRow, dict_row
from psycopg_pool import PoolClosed, PoolTimeout, TooManyRequests

from clearway.errors import ConfigurationError, StoreUnavailable

OLDEST = 150000
"""Postgres 15: the oldest whose default privileges and functions are relied on."""

# What libpq says while connecting carries no code; these are the server's and libpq's own words.
_SIGNS = (
    ("password authentication failed", "its user name or password is wrong"),
    ("no password supplied", "it has no password"),
    ("no pg_hba.conf entry", "the server does not admit this user from here"),
    ("authentication failed", "the server does not admit this user"),
    ("permission denied to set role", "its login may not become the role Clearway works as"),
    ("could not translate host name", "its host name is not known"),
    ("failed to resolve host", "its host name is not known"),
    ("Name or service not known", "its host name is not known"),
    ("Connection refused", "nothing listens at its host and port"),
    ("No such file or directory", "nothing listens at its socket"),
    ("Permission denied", "its socket is closed to this user"),
    ("timeout expired", "its host does not answer"),
    ("connection timeout", "its host does not answer"),
    ("SSL", "the server and the URL disagree about encryption (sslmode)"),
    ("too many clients", "the server has no connection to spare"),
    ("starting up", "the server is still starting"),
    ("shutting down", "the server is shutting down"),
    ("unsupported startup parameter", "it is a pooler that passes no settings on to the server"),
)


def address(conninfo: str, variable: str) -> dict[str, Any]:
    """Return the parts of a URL or key/value string, or raise `ConfigurationError`."""
    try:
        return dict(conninfo_to_dict(conninfo))
    except psycopg.ProgrammingError:
        raise ConfigurationError(
            f"{variable} is not a Postgres URL: write it as "
            "postgresql://user:password@host:5432/database.",
            variable=variable,
        ) from None


def with_settings(conninfo: str, settings: dict[str, str]) -> str:
    """Return the connection string with server settings added to what it asks for already."""
    asked = str(conninfo_to_dict(conninfo).get("options") or "")
    added = " ".join(f"-c {name}={_escaped(value)}" for name, value in settings.items())
    return make_conninfo(conninfo, options=f"{asked} {added}".strip())


def _escaped(value: str) -> str:
    return value.replace("\\", "\\\\").replace(" ", "\\ ")


async def connect(conninfo: str, variable: str) -> psycopg.AsyncConnection[DictRow]:
    """Return an autocommit connection, or raise without a password or a raw server message."""
    parts = address(conninfo, variable)
    try:
        connection = await psycopg.AsyncConnection.connect(
            make_conninfo(conninfo, connect_timeout=parts.get("connect_timeout", 10)),
            autocommit=True,
            row_factory=dict_row,
        )
    except psycopg.OperationalError as error:
        raise _unreachable(str(error), parts, variable) from None
    if connection.info.server_version < OLDEST:
        version = connection.info.server_version // 10000
        await connection.close()
        raise ConfigurationError(
            f"{variable} points to Postgres {version}, and Clearway needs 15 or newer.",
            variable=variable,
        )
    return connection


@contextmanager
def store_errors(doing: str) -> Iterator[None]:
    """Turn what the driver or the pool raises into `StoreUnavailable`; `doing` names the task."""
    try:
        yield
    except (psycopg.Error, PoolTimeout, PoolClosed, TooManyRequests, OSError) as error:
        state = error.sqlstate if isinstance(error, psycopg.Error) else None
        raise StoreUnavailable(
            f"Postgres could not {doing}: {_reason(state)}. Look after the server that "
            "CLEARWAY_DATABASE_URL names (the embedded one under CLEARWAY_HOME when it is unset).",
            variable="CLEARWAY_DATABASE_URL",
            sqlstate=state,
        ) from error


def is_refused(error: Exception) -> bool:
    """Return whether Postgres was there and would not take what it was given.

    Told again it refuses again, and nothing of the transaction was done.
    """
    state = error.details.get("sqlstate") if isinstance(error, StoreUnavailable) else None
    # Of the data, of what must hold of it, and of what is too long for an index.
    return str(state)[:2] in {"22", "23", "54"}


def _reason(state: str | None) -> str:
    if state is None:
        return "it cannot be reached, or has no connection to spare"
    return _STATES.get(state, f"it refused (SQLSTATE {state})")


_STATES = {
    "25006": "it is read-only",
    "53100": "its disk is full",
    "53200": "it is out of memory",
    "53300": "it has no connection to spare",
    "57014": "it took too long",
    "57P01": "it is shutting down",
    "57P03": "it is still starting",
}


def _unreachable(said: str, parts: dict[str, Any], variable: str) -> StoreUnavailable:
    host = parts.get("hostaddr") or parts.get("host") or "localhost"
    place = f"{host}:{parts.get('port') or 5432}"
    if 'database "' in said and "does not exist" in said:
        reason = "its database does not exist"
    elif 'role "' in said and "does not exist" in said:
        reason = "its user does not exist"
    else:
        reason = next((why for sign, why in _SIGNS if sign in said), "the connection failed")
    return StoreUnavailable(
        f"Postgres at {place} cannot be used: {reason}. Correct {variable}, or start the server.",
        variable=variable,
    )
