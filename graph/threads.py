"""Threads when embedded: each belongs to somebody, and runs one turn at a time.

LangGraph lets concurrent runs on one thread all succeed and lose updates, and streams a thread's
history before the first node runs; both are settled here, before the graph is entered. On the
LangGraph server the server itself does (its run queue, and `auth`).
"""

from __future__ import annotations

import asyncio
import copy
import uuid
from collections.abc import AsyncIterator
from contextlib import (
    AbstractAsyncContextManager,
    aclosing,
    asynccontextmanager,
    nullcontext,
)
from dataclasses import replace
from typing import Any, Protocol

from langchain_core.runnables.config import merge_configs
from langgraph.graph.state import CompiledStateGraph
from langgraph.types import Command

from clearway.graph.context import Context
from clearway.graph.ports import Services
from clearway.graph.record import cancelled, closed
from clearway.graph.runs import Runs
from clearway.graph.state import Input, Output, State
from clearway.identity import Principal


class Threads(Protocol):
    """The owners of threads, and their locks, shared by all processes."""

    def turn(self, thread_id: str, principal: Principal) -> AbstractAsyncContextManager[None]:
        """Hold the thread for one turn; `IdentityError` where it is somebody else's."""
        ...


class ThreadGraph(CompiledStateGraph[State, Context, Input, Output]):
    """A compiled graph that takes its thread's lock around every run, however it is called."""

    threads: Threads
    services: Services
    runs: Runs
    default_durability: Any

    @classmethod
    def over(
        cls,
        compiled: CompiledStateGraph[State, Context, Input, Output],
        *,
        threads: Threads,
        services: Services,
        runs: Runs,
        durability: str,
    ) -> ThreadGraph:
        """Return the same graph, guarded; `runs` are those it was built with.

        `compile()` offers no place for a class of ours.
        """
        guarded = cls.__new__(cls)
        guarded.__dict__.update(compiled.__dict__)
        guarded.threads, guarded.services, guarded.runs = threads, services, runs
        guarded.default_durability = durability
        return guarded

    def copy(self, update: dict[str, Any] | None = None) -> ThreadGraph:
        """Return a shallow copy with some attributes replaced, the guard kept."""
        clone = copy.copy(self)
        clone.__dict__.update(update or {})
        return clone

    async def astream(
        self, input: Any, config: Any = None, *, context: Any = None, **options: Any
    ) -> AsyncIterator[Any]:
        """Stream a run while its thread is held; `ainvoke` comes through here too.

        Without a thread id the run has a new thread, which nobody else can know or wait for.
        """
        options["durability"] = options.get("durability") or self.default_durability
        thread_id = ((config or {}).get("configurable") or {}).get("thread_id")
        turn: AbstractAsyncContextManager[None] = nullcontext()
        if thread_id is None:
            thread_id = uuid.uuid4().hex
            config = merge_configs(config, {"configurable": {"thread_id": thread_id}})
        else:
            turn = self.threads.turn(str(thread_id), self._asker(context))
        async with turn, self._closed(str(thread_id)):
            given = await self._to_each(input, config)
            run: Any = super().astream(given, config, context=context, **options)
            async with aclosing(run):  # it is a generator, which its type leaves out
                async for chunk in run:
                    yield chunk

    async def _to_each(self, input: Any, config: Any) -> Any:
        """Return the input; one word for several that wait is said to each, as LangGraph asks."""
        if not isinstance(input, Command) or input.resume is None:
            return input
        waiting = {each.id for each in (await self.aget_state(config)).interrupts}
        by_id = isinstance(input.resume, dict) and input.resume.keys() <= waiting
        if by_id or len(waiting) < 2:
            return input
        return replace(input, resume=dict.fromkeys(waiting, input.resume))

    @asynccontextmanager
    async def _closed(self, thread_id: str) -> AsyncIterator[None]:
        """Close the record of a turn whose caller goes away, before the next may begin."""
        try:
            yield
        except (asyncio.CancelledError, GeneratorExit):
            for request, ran in await self.runs.left_open(thread_id):
                await closed(self.services, *ran, cancelled(request, self.services))
            raise

    def _asker(self, context: Any) -> Principal:
        caller = self.services.identity.caller()
        user = context.get("user") if isinstance(context, dict) else getattr(context, "user", None)
        # A caller who may not act for `user` is turned away by `admit`, on their own thread.
        return caller.on_behalf_of(user) or caller
