"""Checkpoints in Postgres for the LangGraph server (langgraph.json)."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from langgraph.checkpoint.postgres.aio import AsyncPostgresSaver

from clearway.server.process import process


@asynccontextmanager
async def postgres() -> AsyncIterator[AsyncPostgresSaver]:
    """Open everything this process needs, and close it when the server stops."""
    async with process().opened() as wired:
        yield wired.checkpointer
