"""One secret per deployment, and the keys derived from it."""

from __future__ import annotations

import hashlib
import hmac
import secrets

from psycopg import AsyncConnection
from psycopg.rows import DictRow
from psycopg_pool import AsyncConnectionPool

from clearway.stores.connect import store_errors

_INSERT = "insert into clearway.secret (name, value) values ('root', %s) on conflict do nothing"
_SELECT = "select value from clearway.secret where name = 'root'"


class Keys:
    """Derives a key per purpose, so that a digest made for one proves nothing for another."""

    def __init__(self, secret: bytes) -> None:
        """Hold the deployment's secret; it is never shown."""
        self._secret = secret

    def derive(self, purpose: str) -> bytes:
        """Return the key for one purpose, always the same."""
        return hmac.digest(self._secret, f"clearway/{purpose}".encode(), "sha256")


async def load_keys(pool: AsyncConnectionPool[AsyncConnection[DictRow]]) -> Keys:
    """Return the deployment's keys; the first process ever makes the secret they come from."""
    with store_errors("read its keys"):
        async with pool.connection() as connection:
            found = await (await connection.execute(_SELECT)).fetchall()
            if not found:
                await connection.execute(_INSERT, [secrets.token_bytes(32)])
                # Another process may have been faster: what counts is what is there now.
                found = await (await connection.execute(_SELECT)).fetchall()
    return Keys(bytes(found[0]["value"]))


def keyed_digest(key: bytes, text: str) -> str:
    """Return HMAC-SHA-256 of the text, hexadecimal."""
    return hmac.new(key, text.encode("utf-8", "surrogatepass"), hashlib.sha256).hexdigest()
