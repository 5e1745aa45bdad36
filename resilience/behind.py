"""Work that nobody waits for but who reads what it is about."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any


class Behind:
    """Tasks that go on behind whoever began them, and can be waited for. They must not raise."""

    def __init__(self) -> None:
        """Begin with none."""
        self._tasks: set[asyncio.Task[None]] = set()

    def __len__(self) -> int:
        """Return how many go on."""
        return len(self._tasks)

    def do(self, work: Coroutine[Any, Any, None]) -> None:
        """Begin, and keep hold of it until it is done."""
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def one_done(self) -> None:
        """Return when the first of them is."""
        if self._tasks:
            await asyncio.wait(self._tasks, return_when=asyncio.FIRST_COMPLETED)

    async def all_done(self) -> None:
        """Return when all that were begun so far are."""
        if self._tasks:
            await asyncio.wait(self._tasks)
