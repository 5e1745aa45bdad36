"""Pools of connections to Postgres that are kept for days, over restarts and silences."""

from __future__ import annotations

import select
import time
from typing import Any
from weakref import WeakKeyDictionary

from psycopg import AsyncConnection
from psycopg.conninfo import conninfo_to_dict, make_conninfo
from psycopg_pool import AsyncConnectionPool

RECONNECT_S = 5.0
"""How long a pool tries by itself to replace what it lost; after it, whoever asks next has it try.

It waits twice as long after each failure, and while it does nobody has it try: left to its five
minutes, a pool is of no use for as long again as its server was away.
"""
KEEPALIVES = {
    "keepalives_idle": "30",
    "keepalives_interval": "10",
    "keepalives_count": "3",
    "tcp_user_timeout": "30000",
}
"""What lies between does not forget an idle connection, and a dead one is known within a minute.

The system's own would be two hours; what was sent meanwhile would wait for a quarter of one.
"""
ASK_AFTER_S = 2.0
_seen: WeakKeyDictionary[AsyncConnection[Any], float] = WeakKeyDictionary()


def kept_alive(conninfo: str) -> str:
    """Return the connection string with keepalives where it says nothing of them."""
    asked = conninfo_to_dict(conninfo)
    return make_conninfo(
        conninfo, **{name: value for name, value in KEEPALIVES.items() if name not in asked}
    )


async def check_idle(connection: AsyncConnection[Any]) -> None:
    """Raise where a pooled connection is dead; without a round trip where it was used just now.

    A server that closed it has left the end of the stream to read, and an idle connection has
    nothing else to say. One that was idle for longer is asked.
    """
    now = time.monotonic()
    fresh = now - _seen.get(connection, float("-inf")) < ASK_AFTER_S
    _seen[connection] = now
    if not fresh or _has_something_to_say(connection):
        await AsyncConnectionPool.check_connection(connection)


def _has_something_to_say(connection: AsyncConnection[Any]) -> bool:
    if connection.closed:
        return True
    watched = select.poll()
    watched.register(connection.fileno(), select.POLLIN | select.POLLHUP | select.POLLERR)
    return bool(watched.poll(0))
