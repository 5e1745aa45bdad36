"""LangGraph checkpoints in Postgres."""

from __future__ import annotations

from contextlib import nullcontext
from typing import Any

from langgraph.checkpoint.postgres.aio import AsyncPostgresSaver
from psycopg import AsyncConnection
from psycopg_pool import AsyncConnectionPool


def checkpointer(pool: AsyncConnectionPool[AsyncConnection[dict[str, Any]]]) -> AsyncPostgresSaver:
    """Return a saver that uses the whole pool.

    The saver takes one lock around every statement, which makes a pool act as a single
    connection. Each statement uses a connection of its own, so the lock guards nothing when there
    is a pool; tests/integration/stores/test_checkpoints.py fails should an upgrade change that.
    """
    saver = AsyncPostgresSaver(pool)
    saver.lock = nullcontext()  # type: ignore[assignment]  # used only in `async with`
    return saver
