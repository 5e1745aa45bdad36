"""What one server process holds open, shared by its graph and its checkpointer."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from functools import cache

from langgraph.graph.state import CompiledStateGraph

from clearway.graph.build import build_graph
from clearway.graph.context import Context
from clearway.graph.ports import Services
from clearway.graph.state import Input, Output, State
from clearway.llm.guards.guardrails import PatternRedactor
from clearway.server.identity import ServerCaller
from clearway.settings import Settings, load_settings
from clearway.telemetry import configure_logging
from clearway.wiring import Wired, open_parts


class Process:
    """Opens once; the graph is built before there is a loop to open anything in."""

    def __init__(self, settings: Settings) -> None:
        """Nothing is opened yet."""
        self._settings = settings
        self._wired: Wired | None = None
        self._opening = asyncio.Lock()
        self._stack = AsyncExitStack()

    def graph(self) -> CompiledStateGraph[State, Context, Input, Output]:
        """Return the graph without a checkpointer: the server brings its own."""
        timeout_s = self._settings.request_timeout_s
        return build_graph(self.services, request_timeout_s=timeout_s).compile(name="clearway")

    async def services(self) -> Services:
        """Return the ports, opening them on the first call."""
        return (await self._open()).services

    @asynccontextmanager
    async def opened(self) -> AsyncIterator[Wired]:
        """Hold everything open inside the block, and close it afterwards."""
        try:
            yield await self._open()
        finally:
            self._wired = None
            await self._stack.aclose()

    async def _open(self) -> Wired:
        async with self._opening:
            if self._wired is None:
                parts = open_parts(self._settings, identity=ServerCaller())
                self._wired = await self._stack.enter_async_context(parts)
        return self._wired


@cache
def process() -> Process:
    """Return this process's one instance, by the environment's settings."""
    settings = load_settings()
    configure_logging(settings.log_level, PatternRedactor())
    return Process(settings)
